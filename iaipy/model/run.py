"""What was measured: results, failures, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from iaipy.model.benchmark import Kind, Limits, Mode
from iaipy.model.metrics import Counters, Events

OTHERS = "(others)"
"""Stands for all functions that are not told apart."""

Functions = Mapping[str, Mapping[str, int]]
"""Program or library, "" where it isn't known → C function → instructions."""


@dataclass(frozen=True)
class Result:
    """The numbers of one benchmark.

    Parameters:
        counters, events: totals over the measured region (all its iterations).
        spread: counter name → largest less smallest value over the repeats; all nought when exact.
        iterations: calls inside the region.
        repeats: how many separate measurements agreed, or spread.
        warmup: calls before the region; another number of them is another measurement.
        minus: id of the command whose counters were subtracted; "" for none.
        path, line: where it is declared.
        limits: the benchmark's own limits, kept so that stored runs gate as the live ones do.
        notes: remarks on how it was measured, one sentence each.
        functions: the C functions that executed most in one of the measurements, with what measuring takes.
        group, extra_info: what a test has said of its benchmark, for reports; both can be JSON.
    """

    id: str
    kind: Kind
    counters: Counters
    events: Events
    spread: Counters
    iterations: int = 1
    repeats: int = 2
    warmup: int = 0
    minus: str = ""
    mode: Mode = "instructions"
    path: str = ""
    line: int = 1
    limits: Limits = field(default_factory=Limits)
    notes: tuple[str, ...] = ()
    functions: Functions = field(default_factory=dict)
    group: str = ""
    extra_info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether all repeats gave the same counters."""
        return not any(self.spread.values())


@dataclass(frozen=True)
class Timing:
    """The wall-clock samples of one benchmark.

    Parameters:
        samples_ns: process by process, the nanoseconds per iteration of each round, less the overhead and
            what else was subtracted; none is below nought, unless another command's time was subtracted.
        iterations: calls in a round, by process.
        overhead_ns: what the harness took per iteration, by process; it has been subtracted.
        peak_rss_bytes: the most memory in RAM, by process; 0 where it wasn't measured.
        elements: things that one iteration deals with; None where a throughput has no sense.
        minus: id of the command whose median time, process by process, was subtracted; "" for none.
        path, line: where it is declared.
        notes: remarks on how it was measured, one sentence each.
    """

    id: str
    kind: Kind
    samples_ns: tuple[tuple[float, ...], ...]
    iterations: tuple[int, ...]
    overhead_ns: tuple[float, ...]
    peak_rss_bytes: tuple[int, ...]
    elements: float | None = None
    minus: str = ""
    mode: Mode = "walltime"
    path: str = ""
    line: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A benchmark, or a whole benchmark file, that gave no numbers.

    Parameters:
        id: of the benchmark, or the file's path.
        reason: what happened, one sentence.
        details: the traceback or the last lines of output; may be empty.
        mode: in which way it was to be measured.
    """

    id: str
    reason: str
    details: str = ""
    mode: Mode = "instructions"


Outcome = Result | Timing | Failure


@dataclass(frozen=True)
class Environment:
    """Where a run was made.

    Parameters:
        fingerprint: what makes counts incomparable when it differs.
        notes: what may explain a change but is no reason to refuse: distributions, kernel, system.
    """

    fingerprint: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def differences(self, other: "Environment") -> list[tuple[str, str, str]]:
        """The rows (what, here, there) in which the fingerprints differ; "-" where one says nothing."""
        return _rows(self.fingerprint, other.fingerprint)

    def noted_differences(self, other: "Environment") -> list[tuple[str, str, str]]:
        """The same of the notes."""
        return _rows(self.notes, other.notes)


def _rows(here: Mapping[str, str], there: Mapping[str, str]) -> list[tuple[str, str, str]]:
    rows = [(key, here.get(key, "-"), there.get(key, "-")) for key in sorted({*here, *there})]
    return [row for row in rows if row[1] != row[2]]


@dataclass(frozen=True)
class Run:
    """All results of one `iaipy run`.

    Parameters:
        created_utc: ISO 8601, to the second, ending in Z.
        commit: of the project; "" outside version control; "+dirty" behind it when files were changed.
        environment: where instructions were counted.
        machine: where wall-clock time was measured.
        shard: which of how many shards of the suite, from 1; None for the whole suite.
    """

    created_utc: str
    commit: str = ""
    environment: Environment = field(default_factory=Environment)
    benchmarks: tuple[Result, ...] = ()
    failures: tuple[Failure, ...] = ()
    timings: tuple[Timing, ...] = ()
    machine: Environment = field(default_factory=Environment)
    shard: tuple[int, int] | None = None
