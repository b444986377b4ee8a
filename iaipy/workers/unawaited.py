"""Notices coroutines that are thrown away before anybody has awaited them."""

import warnings

_thrown_away: "list[str]" = []


def watch() -> None:
    """Notice them from now on.

    The interpreter tells a function of `warnings` about each, which a benchmark's own filters come after.
    """
    warnings._warn_unawaited_coroutine = _note  # type: ignore[attr-defined]


def found() -> str:
    """The name of the first coroutine function whose coroutine was thrown away; "" while there is none."""
    return _thrown_away[0] if _thrown_away else ""


def _note(coroutine: object) -> None:
    if not _thrown_away:
        _thrown_away.append(coroutine.__qualname__)  # type: ignore[attr-defined]
