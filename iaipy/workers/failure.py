"""A benchmark's traceback, without the frames that are iaipy's."""

from __future__ import annotations

_OURS = __file__.rpartition("/")[0]
_IMPORT = "<frozen importlib"


def described(error: BaseException) -> str:
    """The traceback from the benchmark's first frame on."""
    import traceback

    inner = error.__traceback__
    while inner is not None and inner.tb_frame.f_code.co_filename.startswith((_OURS, _IMPORT)):
        inner = inner.tb_next
    return "".join(traceback.format_exception(type(error), error, inner))
