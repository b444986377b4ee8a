"""What keeps results apart: conditions that differ, and benchmarks that one side lacks."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from iaipy.model.run import Result, Run, Timing

Row = tuple[str, str, str]

_OF_THE_MACHINE = ("architecture", "cpu", "cores")
"""What of a machine's fingerprint makes it another one; the rest is how it was used."""

Measured = TypeVar("Measured", Result, Timing)


def obstacle(base: Result | Timing, head: Result | Timing, conditions: Iterable[str]) -> str:
    """Why two measurements of one benchmark can't be compared; "" where they can.

    Parameters:
        conditions: the fields that must be equal.
    """
    for what in conditions:
        before, now = getattr(base, what), getattr(head, what)
        if before != now:
            return f"measured differently: {what} was {before or 'none'} and is {now or 'none'}"
    return ""


def elsewhere(rows: Sequence[Row]) -> str:
    """What differs between the places of two runs; "" where nothing does.

    Parameters:
        rows: what, how it was in the base, and how it is in head.
    """
    if not rows:
        return ""
    machine = any(what in _OF_THE_MACHINE for what, _, _ in rows)
    differing = "; ".join(f"{what} was {before} and is {now}" for what, before, now in rows)
    return f"measured {'on another machine' if machine else 'under other conditions'}: {differing}"


def missing(
    head: Run, known: Iterable[Measured], present: Iterable[Measured], asked_for: Callable[[str], bool]
) -> list[Measured]:
    """What only the base has, unless its failure, or its whole file's, explains that.

    Parameters:
        known, present: what the base and the run have of one mode.
        asked_for: whether the run was to cover an id; only then can it be missing.
    """
    accounted = {each.id for each in present} | {failure.id for failure in head.failures}
    return [
        each
        for each in known
        if each.id not in accounted and each.id.partition("::")[0] not in accounted and asked_for(each.id)
    ]
