"""What a suite claims of its benchmarks, and what became of it."""

from dataclasses import dataclass
from typing import Literal

from iaipy.model.benchmark import Mode
from iaipy.model.metrics import COUNTERS
from iaipy.model.timing import Estimate

Unit = Literal["duration", "size", "count"]

NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9}
BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

TIME = "time"
"""The metric of a speed-up on the clock; all others are counters."""


@dataclass(frozen=True)
class Metric:
    """A figure that can have a budget.

    Parameters:
        key: its name in a suite.
        label: its name in reports.
        unit: what its limits are written in: nanoseconds, bytes and whole numbers are what is stored.
        mode: how it is measured.
    """

    key: str
    label: str
    unit: Unit
    mode: Mode


METRICS = {
    metric.key: metric
    for metric in (
        Metric("mean_ns", "Mean time", "duration", "walltime"),
        Metric("p50_ns", "P50", "duration", "walltime"),
        Metric("p95_ns", "P95", "duration", "walltime"),
        Metric("p99_ns", "P99", "duration", "walltime"),
        Metric("max_ns", "Longest time", "duration", "walltime"),
        Metric("per_element_ns", "Mean time per element", "duration", "walltime"),
        Metric("peak_rss", "Peak memory", "size", "walltime"),
        *(Metric(counter.key, counter.label, "count", "instructions") for counter in COUNTERS),
    )
}


@dataclass(frozen=True)
class Stated:
    """What all claims have.

    Parameters:
        name: what the suite calls it.
        path: the suite, from the project's root, with forward slashes.
        line: from 1.
    """

    name: str
    path: str
    line: int

    @property
    def id(self) -> str:
        """How it is named on the command line."""
        return f"{self.path}::{self.name}"

    @property
    def where(self) -> str:
        """How errors name it."""
        return f"{self.path}:{self.line}: {self.name}"


@dataclass(frozen=True)
class Reference:
    """What a benchmark is held against.

    Parameters:
        benchmark: its id.
        baseline: the stored run that it is taken from; "" for the run that is judged.
    """

    benchmark: str
    baseline: str = ""


@dataclass(frozen=True)
class Speedup(Stated):
    """One benchmark is so many times as fast as another.

    Parameters:
        faster: id of the one.
        than: the other.
        by: the other's time, or counter, is at least so many times the one's.
        metric: TIME, or a counter.
    """

    faster: str
    than: Reference
    by: float
    metric: str = TIME

    @property
    def mode(self) -> Mode:
        """How its benchmarks are measured."""
        return "walltime" if self.metric == TIME else "instructions"

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """Ids of what the judged run must hold."""
        return (self.faster,) if self.than.baseline else (self.faster, self.than.benchmark)


@dataclass(frozen=True)
class Budget(Stated):
    """A figure of one benchmark is below a limit.

    Parameters:
        benchmark: its id.
        metric: a key of METRICS.
        below: in nanoseconds, in bytes, or a number.
    """

    benchmark: str
    metric: str
    below: float

    @property
    def mode(self) -> Mode:
        """How its benchmark is measured."""
        return METRICS[self.metric].mode

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """Ids of what the judged run must hold."""
        return (self.benchmark,)


Claim = Speedup | Budget

ClaimVerdict = Literal["holds", "fails", "not shown", "not measured", "incomparable"]

Basis = Literal["interval", "exact", "spread", "observed"]
"""What the ends of a measured figure are: of a confidence interval; the figure itself, its repeats having
agreed; how far its repeats let it vary; the figure itself, since it is judged as it was observed."""


@dataclass(frozen=True)
class WelchTest:
    """Welch's test of two benchmarks for equal times.

    Parameters:
        t: positive where the first is faster, as `cohens_d` is.
        df, p: as of `Figures`.
    """

    t: float
    df: float
    p: float
    cohens_d: float


@dataclass(frozen=True)
class Side:
    """What one benchmark contributes.

    Parameters:
        value: nanoseconds or a count, per call; for a budget the figure itself.
        samples: how many there are; for counts, repeats.
        processes: how many they come from.
    """

    value: float
    samples: int
    processes: int


@dataclass(frozen=True)
class Finding:
    """What became of one claim.

    Parameters:
        verdict: holds (all of the measured range meets what is required), fails (nothing of it does), not
            shown (some of it does, or too little was measured); not measured (a benchmark gave no numbers);
            incomparable (two benchmarks measured under conditions that differ).
        why: what the last three rest on, one sentence; "" where the range says it.
        measured: the speed-up, or the figure in its unit, and what it may be; None where there is none. The
            ends can be 0 and infinite.
        basis: what its ends are.
        confidence: of the interval.
        sides: the benchmarks compared, the one claimed to be faster first; one for a budget.
        test: of a speed-up in time.
        remarks: what else is to be known, one sentence each.
    """

    claim: Claim
    verdict: ClaimVerdict
    why: str = ""
    measured: Estimate | None = None
    basis: Basis = "interval"
    confidence: float = 0.95
    sides: tuple[Side, ...] = ()
    test: WelchTest | None = None
    remarks: tuple[str, ...] = ()
