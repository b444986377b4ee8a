"""Changes of C functions as lines of text."""

from collections.abc import Sequence

from iaipy.compare.native import by_object
from iaipy.model.difference import NativeChange
from iaipy.model.run import OTHERS
from iaipy.report.numbers import percent
from iaipy.report.plain import one_line

_SMALLEST_SHARE = 0.005


def sentences(changes: Sequence[NativeChange], most: int) -> list[str]:
    """The first so many, but for those that are next to nothing of the change."""
    total = sum(change.amount for change in changes)
    return [
        f"{_named(change)} {change.amount:+,} instructions ({_size(change)})"
        + (f", {change.amount / total:.0%} of the change" if total else "")
        for change in changes[:most]
        if abs(change.amount) >= _SMALLEST_SHARE * abs(total)
    ]


def objects(changes: Sequence[NativeChange]) -> str:
    """What changed in each program or library, in one line; "" where that isn't known."""
    known = [(name, amount) for name, amount in by_object(tuple(changes)) if name]
    return "; ".join(f"{one_line(name)} {amount:+,}" for name, amount in known)


def _named(change: NativeChange) -> str:
    if change.function == OTHERS:
        return "all other functions together"
    return one_line(change.function) + (f" in {one_line(change.object)}" if change.object else "")


def _size(change: NativeChange) -> str:
    if change.before is None:
        return "new among the costliest"
    if change.now is None:
        return "no longer among the costliest"
    return percent(change.amount / change.before)
