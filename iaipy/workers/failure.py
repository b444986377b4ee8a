"""A benchmark's traceback, without the frames that are iaipy's."""

from __future__ import annotations

_OURS = __file__.rpartition("/workers/")[0] + "/"
_IMPORT = "<frozen importlib"


def described(error: BaseException) -> str:
    """The traceback, with the frames of the benchmark and of what it calls."""
    import traceback

    told = traceback.TracebackException.from_exception(error)
    frames = [frame for frame in told.stack if not frame.filename.startswith((_OURS, _IMPORT))]
    told.stack = traceback.StackSummary.from_list(frames)
    return "".join(told.format())
