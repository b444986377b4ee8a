"""What became of each counter since the baseline."""

from dataclasses import dataclass
from typing import Literal

from iaipy.model.difference import Explanation
from iaipy.model.timing import Judgement, Summary

DEFAULT_LIMIT = 0.1
"""Each counter may move by 10 %, either way."""

DEFAULT_MIN_CHANGE = 0.001
"""Below 0.1 % of the estimated cycles a change doesn't matter: 2 → 3 RAM accesses are +50 % and nothing."""

Verdict = Literal["unchanged", "within", "regression", "improvement"]
Status = Literal["pass", "fail", "improved", "new", "missing", "failed", "incomparable"]

TimingStatus = Literal["pass", "fail", "improved", "inconclusive", "new", "missing", "failed", "incomparable"]


@dataclass(frozen=True)
class Change:
    """One counter, before and after.

    Parameters:
        counter: its key.
        base, head: the two values; base is None where there is nothing to compare with.
        ratio: relative change, 0.049 for +4.9 %; inf from nought; None without a base.
        limit: allowed relative change; None where the counter does not gate.
        hard_limit: allowed absolute value; None where there is none.
        verdict: unchanged (equal), within (moved, but not beyond the limit, the spread or what is
            material), regression, improvement.
        why: what the verdict rests on, for a person; empty where the limit alone decided.
    """

    counter: str
    base: int | None
    head: int
    ratio: float | None
    limit: float | None
    hard_limit: int | None
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class Entry:
    """One benchmark, before and after.

    Parameters:
        status: fail when a counter regressed, improved when one improved and none regressed; new (no
            base), missing (no head), failed (gave no numbers), incomparable (measured differently).
        why: one sentence for the last four; empty otherwise.
        path, line: where it is declared.
    """

    id: str
    status: Status
    changes: tuple[Change, ...] = ()
    why: str = ""
    path: str = ""
    line: int = 1


@dataclass(frozen=True)
class TimingEntry:
    """The wall-clock time of one benchmark, before and after.

    Parameters:
        status: fail (slower), improved (faster), pass (unchanged), inconclusive; or new (no base), missing
            (no head), failed (gave no samples), incomparable (measured differently, or on another machine).
        summary: of its samples; None where it is missing or failed.
        judgement: None where there is nothing to compare with.
        why: what the status rests on, one sentence; empty without a baseline.
        path, line: where it is declared.
    """

    id: str
    status: TimingStatus
    summary: Summary | None = None
    judgement: Judgement | None = None
    why: str = ""
    path: str = ""
    line: int = 1


@dataclass(frozen=True)
class Comparison:
    """A run held against a baseline (or against its hard limits alone).

    Parameters:
        base_name: what the baseline is called; "" where there is none.
        environment_changes: rows (what, base, head) of differing fingerprints that were allowed.
        machine_changes: the same of where times were taken, whether or not times were compared.
        noted_changes: the same of the notes: possible causes, nothing more.
        timings: the wall-clock results; they gate only if asked to.
        explanations: of benchmarks that regressed, where they were asked for.
    """

    base_name: str
    entries: tuple[Entry, ...] = ()
    environment_changes: tuple[tuple[str, str, str], ...] = ()
    noted_changes: tuple[tuple[str, str, str], ...] = ()
    timings: tuple[TimingEntry, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    machine_changes: tuple[tuple[str, str, str], ...] = ()

    def of(self, status: Status) -> list[Entry]:
        """The entries with one status."""
        return [entry for entry in self.entries if entry.status == status]
