"""What is kept of every run, and what becomes of a benchmark over many of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from iaipy.model.metrics import Counters

TIME = "time"
"""The measure that is no counter."""


@dataclass(frozen=True)
class Count:
    """The counters of one benchmark in one run.

    Parameters:
        counters, spread: as of `Result`.
        conditions: how it was measured, where that isn't the usual: only equals are compared.
    """

    counters: Counters
    spread: Counters
    conditions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Time:
    """The wall-clock time of one benchmark in one run.

    Parameters:
        typical_ns: the trimmed mean of the processes' medians, which is what verdicts compare.
        mean_ns: mean of the processes' means.
        low_ns, high_ns: its 95 % interval; None with one process.
        processes: how many there were.
        conditions: as of `Count`.
    """

    typical_ns: float
    mean_ns: float
    low_ns: float | None
    high_ns: float | None
    processes: int
    conditions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """What is kept of a run.

    Parameters:
        created_utc, commit: as of `Run`.
        environment: fingerprint of where instructions were counted.
        machine: fingerprint of where times were taken.
        counts, times: by the benchmark's id.
    """

    created_utc: str
    commit: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Count] = field(default_factory=dict)
    times: Mapping[str, Time] = field(default_factory=dict)


@dataclass(frozen=True)
class Point:
    """A benchmark's figure in one run.

    Parameters:
        value: a count, or nanoseconds.
        spread: how far a count's repeats lay apart; 0 for a time.
    """

    created_utc: str
    commit: str
    value: float
    spread: float = 0.0


@dataclass(frozen=True)
class Step:
    """A change of level.

    Parameters:
        index: of the first point at the new level.
        before, after: the two levels, in the unit of the points.
        ratio: relative change, 0.049 for +4.9 %; inf from nought.
        p: of the test that found it; None where counts leave nothing to test.
    """

    index: int
    before: float
    after: float
    ratio: float
    p: float | None = None


@dataclass(frozen=True)
class Trend:
    """One figure of one benchmark over the runs that can be compared with the latest.

    Parameters:
        id: of the benchmark.
        measure: a counter's key, or TIME.
        points: in the order of time; at least one.
        steps: in the order of time.
        elsewhere: how many earlier or other runs were measured under other conditions, and aren't shown.
        differences: rows (what, there, here): in what the latest of these differed.
    """

    id: str
    measure: str
    points: tuple[Point, ...]
    steps: tuple[Step, ...] = ()
    elsewhere: int = 0
    differences: tuple[tuple[str, str, str], ...] = ()
