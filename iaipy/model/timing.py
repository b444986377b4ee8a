"""What wall-clock samples amount to: figures, and the verdict on two sets of them."""

import math
from dataclasses import dataclass
from typing import Literal

TimeVerdict = Literal["regression", "improvement", "unchanged", "inconclusive"]
Location = Literal["mean", "median"]
"""What stands for a process: the mean or the median of its samples."""

DEFAULT_ALPHA = 0.05
LEAST_ALPHA = 1e-6
"""Far below it, the search for the least detectable change no longer ends."""

DEFAULT_THRESHOLD = 0.10
DEFAULT_LOCATION: Location = "median"
DEFAULT_TRIM = 0.3


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """What the samples of one benchmark look like.

    Parameters:
        mean_ns: mean of the processes' means.
        stddev_ns: standard deviation of the pooled samples, over n − 1; None with one sample.
        min_ns, max_ns, p50_ns, p95_ns, p99_ns: of the pooled samples.
        n: samples in all.
        processes: how many processes they come from.
        low_ns, high_ns: 95 % t-interval of the mean, from the processes' means; None with one process.
        mild_outliers: pooled samples beyond Tukey's inner fences, but not beyond the outer.
        severe_outliers: pooled samples beyond his outer fences.
    """

    mean_ns: float
    stddev_ns: float | None
    min_ns: float
    max_ns: float
    p50_ns: float
    p95_ns: float
    p99_ns: float
    n: int
    processes: int
    low_ns: float | None
    high_ns: float | None
    mild_outliers: int
    severe_outliers: int

    @property
    def interval_ns(self) -> tuple[float, float] | None:
        """The interval as it is told: no time is below nought, so it begins there at the earliest.

        Only where a sample is below nought, as a difference of two times can be, it may begin below, too.
        """
        if self.low_ns is None or self.high_ns is None:
            return None
        return self.low_ns if self.min_ns < 0 else max(0.0, self.low_ns), self.high_ns


@dataclass(frozen=True)
class Rule:
    """By what samples are judged.

    Parameters:
        alpha: p must be below it, and 1 − alpha is the confidence of the intervals.
        threshold: the relative change that matters, 0.1 for 10 %.
        location: what stands for a process.
        trim: share of the processes left out at either end, rounded down to whole processes; location
            "mean" with trim 0, and not in turn, is Welch's test on the process means.
        in_turn: base was measured in another stretch of time than head, each process after the last, so that
            processes alike because of their moment are worth fewer. Not where the two took turns.

    Raises:
        ValueError: alpha or threshold out of range.
    """

    alpha: float = DEFAULT_ALPHA
    threshold: float = DEFAULT_THRESHOLD
    location: Location = DEFAULT_LOCATION
    trim: float = DEFAULT_TRIM
    in_turn: bool = True

    def __post_init__(self) -> None:
        if not LEAST_ALPHA <= self.alpha < 1:
            raise ValueError(f"alpha {self.alpha!r}: a probability from {LEAST_ALPHA:g} to below 1 is wanted")
        if not 0 <= self.threshold < math.inf:
            raise ValueError(f"threshold {self.threshold!r}: a ratio of at least 0 is wanted, 0.1 for 10 %")


DEFAULT_RULE = Rule()


@dataclass(frozen=True)
class Figures:
    """What two sets of processes say about each other.

    Parameters:
        speedup: base / head, above 1 where head is faster, with its interval of confidence 1 − alpha.
        change: head / base − 1, 0.12 for +12 %, with the same interval.
        t, df, p: Welch's test.
        cohens_d: the difference in standard deviations between processes; positive where head is slower.
        least_detectable: the least true slowdown, relative to base, that four times out of five would be
            found a regression with processes as scattered as these.
    """

    speedup: Estimate
    change: Estimate
    t: float
    df: float
    p: float
    cohens_d: float
    least_detectable: float


@dataclass(frozen=True)
class Judgement:
    """What became of one benchmark's time.

    Parameters:
        verdict: regression (p_adjusted below alpha, the change above the threshold, and its whole interval
            above 0), improvement (likewise, below minus the threshold and below 0), unchanged (the whole
            interval of the change lies within ± the threshold, and so does the change of the means), or else
            inconclusive.
        why: what the verdict rests on, one sentence.
        base_processes, head_processes: how many processes were compared.
        base_ns, head_ns: what was compared: the trimmed mean of the processes' values.
        change: head / base − 1; None where a side takes no measurable time.
        figures: None where there are too few processes, or no measurable time, to say more.
        p_adjusted: what was held against alpha: p, or its adjustment for the number of benchmarks.
        rule: by what it was judged.
        remark: a caveat that goes with the figures; empty where there is none.
        mean_change: the same as change, of the means; these follow what strikes few samples, too.
    """

    verdict: TimeVerdict
    why: str
    base_processes: int
    head_processes: int
    base_ns: float
    head_ns: float
    change: float | None
    figures: Figures | None
    p_adjusted: float | None
    rule: Rule
    remark: str = ""
    mean_change: float | None = None
