"""What went wrong in a benchmark, told without the frames that are iaipy's."""

from __future__ import annotations

import sys

_OURS = __file__.rpartition("/workers/")[0] + "/"
_IMPORT = "<frozen importlib"
_LONGEST_SUMMARY = 200


def described(error: BaseException) -> tuple[str, str]:
    """One line that says what it is, and the traceback through the benchmark; "" if it has no frame there."""
    del sys.path[
        :2
    ]  # the benchmark's folder and root: a file there must not stand in for the standard library's
    import traceback

    told = traceback.TracebackException.from_exception(error)
    frames = [frame for frame in told.stack if not frame.filename.startswith((_OURS, _IMPORT))]
    told.stack = traceback.StackSummary.from_list(frames)
    first_line = str(error).strip().partition("\n")[0]
    summary = f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
    return summary[:_LONGEST_SUMMARY], "".join(told.format()) if frames or isinstance(
        error, SyntaxError
    ) else ""
