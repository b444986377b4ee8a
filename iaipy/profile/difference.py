"""What changed between two profiles: function by function, and frame by frame.

Functions are matched by their qualified names, so that moved lines and files don't matter.
"""

from dataclasses import dataclass
from typing import Literal

from iaipy.model.profile import Function, Profile
from iaipy.profile.sums import Sum, by_name

Kind = Literal["new", "gone", "dearer", "cheaper", "same"]


@dataclass(frozen=True)
class Change:
    """A function's change.

    Parameters:
        function: as it is now, or as it was if it is gone.
        before, now: its sums; None where it isn't there.
    """

    function: Function
    before: Sum | None
    now: Sum | None

    @property
    def own(self) -> int:
        """By how many of its own instructions it changed."""
        return (self.now.own if self.now else 0) - (self.before.own if self.before else 0)

    @property
    def inclusive(self) -> int:
        """By how many it changed with what it called."""
        return (self.now.inclusive if self.now else 0) - (self.before.inclusive if self.before else 0)

    @property
    def calls(self) -> tuple[int, int]:
        """How often it was called before and now."""
        return (self.before.calls if self.before else 0), (self.now.calls if self.now else 0)

    @property
    def kind(self) -> Kind:
        """In a word, what happened to it."""
        if self.before is None:
            return "new"
        if self.now is None:
            return "gone"
        if self.own == 0:
            return "same"
        return "dearer" if self.own > 0 else "cheaper"


@dataclass(frozen=True)
class Difference:
    """Two profiles of one benchmark, and what changed.

    Parameters:
        before, now: the profiles, both with C functions or both without.
        changes: functions whose own instructions or calls changed, the largest share of the change first.
    """

    before: Profile
    now: Profile
    changes: tuple[Change, ...]

    @property
    def total(self) -> int:
        """By how many instructions the benchmark changed."""
        return self.now.total - self.before.total

    def share(self, change: Change) -> float | None:
        """What part of the whole change a function's is; None where the whole is nought."""
        return change.own / self.total if self.total else None


def difference(before: Profile, now: Profile) -> Difference:
    """Hold one profile against another.

    Changes are ranked by what they contribute to the whole change: where the benchmark has become dearer,
    the functions that became dearer come first, by how much.
    """
    old, new = by_name(before), by_name(now)
    changes = [
        Change((new.get(name) or old[name]).function, old.get(name), new.get(name))
        for name in dict.fromkeys((*new, *old))
    ]
    direction = 1 if now.total >= before.total else -1
    changes = [change for change in changes if change.own or change.calls[0] != change.calls[1]]
    changes.sort(
        key=lambda change: (
            -direction * change.own,
            -abs(change.calls[1] - change.calls[0]),
            change.function.name,
        )
    )
    return Difference(before, now, tuple(changes))
