"""What changed between two profiles of one benchmark, and what it is put down to."""

from dataclasses import dataclass
from typing import Literal

from iaipy.model.profile import Function, Profile

Kind = Literal["new", "gone", "dearer", "cheaper", "same"]
Reason = Literal["own", "calls", "new", "gone", "within"]


@dataclass(frozen=True)
class Sum:
    """A function over all paths that lead to it.

    Parameters:
        function: the function; the first, where several share a name.
        own: instructions in it alone.
        inclusive: instructions in it and in what it called, each once however deep it recurses.
        calls: how often it was entered.
    """

    function: Function
    own: int
    inclusive: int
    calls: int


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
class Cause:
    """A function that a part of the change is put down to.

    Parameters:
        function: the function.
        amount: instructions; over all causes they are the whole change, but for rounding.
        before: what it took: its own instructions if they are what changed, else those below it too.
        reason: what most of the amount comes from: its own code, being called more or less often, being
            new or gone, or what it calls taking more or less although it is called as often.
        calls: how often it was called before and now.
        caller: by whom it is called more or less often, for the reasons calls, new and gone.
        caller_calls: how often it was called by that one.
        place: the function below it that changed, for the reason within.
        instead: a function that it stands in the place of; "" for none.
    """

    function: Function
    amount: int
    before: int
    reason: Reason
    calls: tuple[int, int]
    caller: str = ""
    caller_calls: tuple[int, int] = (0, 0)
    place: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Difference:
    """Two profiles of one benchmark, and what changed.

    Parameters:
        before, now: the profiles, both with C functions or both without.
        changes: functions whose own instructions or calls changed, the largest share of the change first.
        causes: what a person would name, the largest share of the change first.
    """

    before: Profile
    now: Profile
    changes: tuple[Change, ...]
    causes: tuple[Cause, ...]

    @property
    def total(self) -> int:
        """By how many instructions the benchmark changed."""
        return self.now.total - self.before.total

    def share(self, instructions: int) -> float | None:
        """What part of the whole change so many instructions are; None where the whole is nought."""
        return instructions / self.total if self.total else None


@dataclass(frozen=True)
class NativeChange:
    """A C function's change from run to run, as cachegrind counts.

    Parameters:
        function: as valgrind names it.
        object: the program or library that it is in; "" where that isn't known.
        before, now: instructions; None where a run doesn't tell it apart.
    """

    function: str
    object: str
    before: int | None
    now: int | None

    @property
    def amount(self) -> int:
        """By how many instructions it changed."""
        return (self.now or 0) - (self.before or 0)


@dataclass(frozen=True)
class Explanation:
    """Why a benchmark changed.

    Parameters:
        benchmark: its id.
        difference: between its profile in the baseline and now; None where there is none.
        lacking: why there is none, and what helps, one sentence; or what is to be known of the difference.
        native: what changed among C functions, the most first; none where a run doesn't tell them apart.
    """

    benchmark: str
    difference: Difference | None
    lacking: str = ""
    native: tuple[NativeChange, ...] = ()
