"""What changed among the C functions that two runs have told apart."""

from iaipy.model.difference import NativeChange
from iaipy.model.run import OTHERS, Functions


def changes(before: Functions, now: Functions) -> tuple[NativeChange, ...]:
    """The functions whose instructions changed, the largest part of the change first, all others last.

    A run tells apart those that executed most. One that only one of the runs has was below that in the
    other, or not there. Functions are matched by name; the object is that of now.
    """
    old, new = _flat(before), _flat(now)
    found = []
    for name in dict.fromkeys((*new, *old)):
        object_, count = new.get(name, ("", None))
        was = old.get(name, ("", None))
        if count != was[1]:
            found.append(NativeChange(name, object_ or was[0], was[1], count))
    direction = 1 if sum(change.amount for change in found) >= 0 else -1
    return tuple(
        sorted(
            found, key=lambda change: (change.function == OTHERS, -direction * change.amount, change.function)
        )
    )


def by_object(found: tuple[NativeChange, ...]) -> list[tuple[str, int]]:
    """What changed in each program or library, as far as functions are told apart, the most first."""
    sums: dict[str, int] = {}
    for change in found:
        if change.function != OTHERS:
            sums[change.object] = sums.get(change.object, 0) + change.amount
    return sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))


def _flat(functions: Functions) -> dict[str, tuple[str, int | None]]:
    return {name: (object_, count) for object_, inside in functions.items() for name, count in inside.items()}
