"""Descriptive statistics, tests and intervals for samples of time.

Samples are nanoseconds per iteration, one sequence per process. Iterations of one process share its memory
layout and its moment, so they are no independent evidence: tests and intervals take one value per process.
Only what describes single iterations (percentiles, extremes, outliers) uses the pooled samples.

A *trim* of 0.2 leaves out the lowest and the highest 20 % of the values; 0 is the plain mean and the plain
test. docs/statistics.md says why, and names the sources in full.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special  # scipy.stats holds the same distributions and takes three times as long to import

from iaipy.model.timing import Estimate, Location, Summary

Samples = Sequence[Sequence[float]]
"""Nanoseconds per iteration: one sequence per process."""

MILD, SEVERE = 1.5, 3.0
"""Tukey's fences: so many interquartile ranges beyond the quartiles."""

_MOST_ALIKE = 0.9
"""An autocorrelation above it, of few values, says no more than that they are alike."""

_Floats = NDArray[np.float64]
Values = Sequence[float] | _Floats
"""Plain numbers, one after the other."""


@dataclass(frozen=True)
class Welch:
    """Welch's t-test of head against base.

    Parameters:
        t: the statistic; positive where head is larger; infinite where two samples without any variance
            differ.
        df: degrees of freedom after Welch and Satterthwaite.
        p: two-sided.
        difference: head − base, in the unit of the values.
        low, high: its interval.
    """

    t: float
    df: float
    p: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class _Centre:
    """The trimmed mean of some values, and what its uncertainty is made of.

    Parameters:
        mean: the trimmed mean.
        squares: sum of squared deviations of the winsorised values from their mean.
        n: values in all.
        kept: values that the mean is taken of.
        inflation: how much likeness of neighbours widens the squared error.
        squared_error: squared standard error of the mean, s²/n without a trim (Tukey & McLaughlin 1963).
    """

    mean: float
    squares: float
    n: int
    kept: int
    inflation: float = 1.0

    @property
    def squared_error(self) -> float:
        return self.inflation * self.squares / (self.kept * (self.kept - 1))


def summary(samples: Samples) -> Summary:
    """Describe the samples of one benchmark.

    Raises:
        ValueError: no process, a process without samples, or a sample that is NaN or infinite.
    """
    processes = _checked(samples, "samples")
    means = [_centre(values, 0.0).mean for values in processes]
    pooled = np.concatenate(processes)
    interval = mean_interval(means) if len(means) > 1 else None
    mild, severe = outliers(pooled)
    p50, p95, p99 = (percentile(pooled, percent) for percent in (50, 95, 99))
    return Summary(
        mean_ns=_centre(np.array(means), 0.0).mean,
        stddev_ns=standard_deviation(pooled) if pooled.size > 1 else None,
        min_ns=float(pooled.min()),
        max_ns=float(pooled.max()),
        p50_ns=p50,
        p95_ns=p95,
        p99_ns=p99,
        n=pooled.size,
        processes=len(processes),
        low_ns=interval.low if interval else None,
        high_ns=interval.high if interval else None,
        mild_outliers=mild,
        severe_outliers=severe,
    )


def process_values(samples: Samples, location: Location, *, what: str = "samples") -> tuple[float, ...]:
    """One value per process, in nanoseconds: the unit that tests and intervals count.

    Parameters:
        what: names the samples in an error.

    Raises:
        ValueError: no process, a process without samples, or a sample that is NaN or infinite.
    """
    processes = _checked(samples, what)
    if location == "median":
        return tuple(float(np.median(values)) for values in processes)
    return tuple(_centre(values, 0.0).mean for values in processes)


def trimmed_mean(values: Values, *, trim: float = 0.0) -> float:
    """The mean without the share `trim` of the values at either end.

    Raises:
        ValueError: no values, or one that is NaN or infinite; a trim below 0, or of 0.5 and more.
    """
    return _centre(_numbers(values, "values"), trim).mean


def percentile(values: Values, percent: float) -> float:
    """The percentile with linear interpolation: type 7 of Hyndman & Fan (1996), numpy's default.

    Parameters:
        percent: 0 to 100.
    """
    return float(np.percentile(_numbers(values, "values"), percent))


def standard_deviation(values: Values) -> float:
    """The standard deviation over n − 1.

    Raises:
        ValueError: fewer than two values.
    """
    centre = _centre(_numbers(values, "values", least=2), 0.0)
    return math.sqrt(centre.squares / (centre.n - 1))


def outliers(values: Values) -> tuple[int, int]:
    """How many values lie beyond Tukey's (1977) inner fences alone, and how many beyond the outer."""
    array = _numbers(values, "values")
    low, high = np.percentile(array, [25, 75])
    beyond = np.maximum(low - array, array - high)
    severe = int((beyond > SEVERE * (high - low)).sum())
    return int((beyond > MILD * (high - low)).sum()) - severe, severe


def mean_interval(values: Values, *, confidence: float = 0.95, trim: float = 0.0) -> Estimate:
    """The mean with Student's t-interval (1908), df = n − 1.

    With a trim, the trimmed mean with the error that Yuen's (1974) test gives it, df = values kept − 1.

    Raises:
        ValueError: fewer than two values.
    """
    centre = _centre(_numbers(values, "values", least=2), trim)
    width = _quantile(confidence, centre.kept - 1) * math.sqrt(centre.squared_error)
    return Estimate(centre.mean, centre.mean - width, centre.mean + width)


def welch(
    base: Values, head: Values, *, trim: float = 0.0, confidence: float = 0.95, in_turn: bool = False
) -> Welch:
    """Test whether two samples have the same mean, without supposing that their variances are equal.

    Welch (1947), with Satterthwaite's (1946) degrees of freedom; with a trim, Yuen's (1974) form of it for
    trimmed means.

    Parameters:
        base, head: one value per process; at least two each.
        trim: share of the values left out at either end, at least 0 and below 0.5.
        confidence: of the interval of the difference.
        in_turn: the values of a side were taken one after the other, in this order. Where neighbours are
            alike, as after a slow minute, they are worth fewer independent ones, and the error is wider.

    Raises:
        ValueError: fewer than two values on a side, or one that is NaN or infinite.
    """
    before, after = _both(base, head, trim, in_turn)
    difference = after.mean - before.mean
    squared_error = before.squared_error + after.squared_error
    if not squared_error:
        df = float(before.kept + after.kept - 2)
        t = math.copysign(math.inf, difference) if difference else 0.0
        return Welch(t, df, 0.0 if difference else 1.0, difference, difference, difference)
    df = _satterthwaite(before.squared_error, before.kept, after.squared_error, after.kept)
    t = difference / math.sqrt(squared_error)
    width = _quantile(confidence, df) * math.sqrt(squared_error)
    p = 2 * float(special.stdtr(df, -abs(t)))
    return Welch(t, df, p, difference, difference - width, difference + width)


def cohens_d(base: Values, head: Values, *, trim: float = 0.0) -> float:
    """The difference in pooled standard deviations (Cohen 1988), positive where head is larger.

    With a trim, the robust form of Algina, Keselman & Penfield (2005): trimmed means over the winsorised
    deviation, scaled so that it estimates the same for normal values. Infinite where two samples without
    any variance differ.

    Raises:
        ValueError: fewer than two values on a side, or one that is NaN or infinite.
    """
    before, after = _both(base, head, trim)
    difference = after.mean - before.mean
    squares = sum(side.squares / _winsorised_variance(side) for side in (before, after))
    pooled = math.sqrt(squares / (before.n + after.n - 2))
    if not pooled:
        return math.copysign(math.inf, difference) if difference else 0.0
    return difference / pooled


def speedup(
    base: Values, head: Values, *, trim: float = 0.0, confidence: float = 0.95, in_turn: bool = False
) -> Estimate:
    """How many times as fast head is: base / head, with its interval.

    The interval is the delta method's on the logarithm of the ratio (Hedges, Gurevitch & Curtis 1999), with
    Satterthwaite's degrees of freedom. It is never negative or unbounded, and exchanging base and head
    inverts it.

    Parameters:
        base, head: one value per process, all in the same unit; at least two each.
        trim, in_turn: as of `welch`.

    Raises:
        ValueError: fewer than two values on a side, or a mean that isn't above 0.
    """
    before, after = _positive(base, head, trim, in_turn)
    ratio = before.mean / after.mean
    relative = [side.squared_error / side.mean**2 for side in (before, after)]
    if not sum(relative):
        return Estimate(ratio, ratio, ratio)
    df = _satterthwaite(relative[0], before.kept, relative[1], after.kept)
    width = _quantile(confidence, df) * math.sqrt(sum(relative))
    with np.errstate(over="ignore"):
        return Estimate(ratio, ratio * float(np.exp(-width)), ratio * float(np.exp(width)))


def least_detectable(
    base: Sequence[float],
    head: Sequence[float],
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    trim: float = 0.0,
    threshold: float = 0.0,
    in_turn: bool = False,
) -> float:
    """The least true change, relative to base, that samples as scattered as these show.

    The two-sided test at `alpha` finds it with probability `power`: from the noncentral t distribution
    (Cohen 1988, 2.2), with the samples' own variances and degrees of freedom. Where the observed change
    must also exceed a threshold, that alone takes threshold + t(power) · standard error; the larger counts.

    Parameters:
        base, head: one value per process; at least two each.
        trim, in_turn: as of `welch`.
        threshold: relative change that the observed one must exceed, 0.1 for 10 %.

    Returns:
        0.12 for 12 %.

    Raises:
        ValueError: fewer than two values on a side, or a mean that isn't above 0.
    """
    before, after = _positive(base, head, trim, in_turn)
    squared_error = before.squared_error + after.squared_error
    if not squared_error:
        return threshold
    error = math.sqrt(squared_error) / before.mean
    df = _satterthwaite(before.squared_error, before.kept, after.squared_error, after.kept)
    shift = float(special.nctdtrinc(df, 1 - power, _quantile(1 - alpha, df)))
    if not threshold:
        return shift * error
    return max(shift * error, threshold + float(special.stdtrit(df, power)) * error)


def benjamini_hochberg(p_values: Values) -> tuple[float, ...]:
    """Adjust p values so that those below α hold a share of at most α of false ones.

    Benjamini & Hochberg (1995), in the form of adjusted values: the i-th smallest of m becomes the least of
    p · m / j over all j from i on.

    Raises:
        ValueError: a value that isn't between 0 and 1.
    """
    if not len(p_values):
        return ()
    values = _numbers(p_values, "p values")
    if values.min() < 0 or values.max() > 1:
        raise ValueError("p values lie between 0 and 1")
    order = np.argsort(values)
    scaled = values[order] * values.size / np.arange(1, values.size + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return tuple(adjusted.tolist())


def _checked(samples: Samples, what: str) -> list[_Floats]:
    """The samples as one array per process; a difference of times may be below nought."""
    if not len(samples):
        raise ValueError(f"{what}: there are none; at least one process is needed")
    return [_numbers(values, f"{what} of process {number}") for number, values in enumerate(samples, 1)]


def _numbers(values: Values, what: str, *, least: int = 1) -> _Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size < least:
        raise ValueError(f"{what}: {array.size} given; at least {least} in a plain sequence needed")
    if not np.isfinite(array).all():
        raise ValueError(f"{what}: a value is NaN or infinite")
    return array


def _centre(values: _Floats, trim: float) -> _Centre:
    """The trimmed mean; exact where all values are equal, which rounding would otherwise give a variance."""
    if not 0 <= trim < 0.5:
        raise ValueError(f"trim {trim!r}: a share from 0 to below 0.5 is wanted")
    ordered = np.sort(values)
    n = ordered.size
    cut = int(trim * n)
    kept = ordered[cut : n - cut]
    if kept[0] == kept[-1]:
        return _Centre(float(kept[0]), 0.0, n, kept.size)
    winsorised = np.clip(ordered, kept[0], kept[-1])
    squares = float(((winsorised - winsorised.mean()) ** 2).sum())
    return _Centre(float(kept.mean()), squares, n, kept.size)


def likeness_of_neighbours(values: Values, *, trim: float = 0.0) -> float:
    """How much wider the squared error of a mean is because values taken in turn resemble their neighbours.

    (1 + r) / (1 − r), the share of independent observations that such values stand for turned round (Bayley &
    Hammersley 1946), where r is the autocorrelation at lag 1 of the winsorised values. Of independent ones r
    is about −1 / n (Marriott & Pope 1954), which is added; no likeness narrows an error.

    Parameters:
        values: in the order in which they were taken.
        trim: share of the values winsorised at either end.
    """
    array = _numbers(values, "values", least=2)
    ordered = np.sort(array)
    cut = int(trim * array.size)
    winsorised = np.clip(array, ordered[cut], ordered[-cut - 1])
    deviations = winsorised - winsorised.mean()
    squares = float((deviations**2).sum())
    if not squares:
        return 1.0
    r = float((deviations[1:] * deviations[:-1]).sum()) / squares + 1 / array.size
    r = min(max(r, 0.0), _MOST_ALIKE)
    return (1 + r) / (1 - r)


def _both(base: Values, head: Values, trim: float, in_turn: bool = False) -> tuple[_Centre, _Centre]:
    before, after = (
        _centre(_numbers(values, name, least=2), trim) for name, values in (("base", base), ("head", head))
    )
    if in_turn:
        before, after = (
            replace(centre, inflation=likeness_of_neighbours(values, trim=trim))
            for centre, values in ((before, base), (after, head))
        )
    if min(before.kept, after.kept) < 2:
        raise ValueError(f"trim {trim!r} leaves fewer than two values of {before.n} and {after.n}")
    return before, after


def _positive(base: Values, head: Values, trim: float, in_turn: bool) -> tuple[_Centre, _Centre]:
    before, after = _both(base, head, trim, in_turn)
    if min(before.mean, after.mean) <= 0:
        raise ValueError("a ratio needs means above 0")
    return before, after


def _satterthwaite(first: float, first_kept: int, second: float, second_kept: int) -> float:
    """Degrees of freedom of a sum of two squared errors; by shares, so that no square underflows."""
    share = first / (first + second)
    return 1 / (share**2 / (first_kept - 1) + (1 - share) ** 2 / (second_kept - 1))


def _quantile(confidence: float, df: float) -> float:
    return float(special.stdtrit(df, 0.5 + confidence / 2))


def _winsorised_variance(centre: _Centre) -> float:
    """The variance that winsorising leaves of a standard normal's, at the share that was cut."""
    share = (centre.n - centre.kept) / (2 * centre.n)
    if not share:
        return 1.0
    z = float(special.ndtri(1 - share))
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return 1 - 2 * share - 2 * z * density + 2 * share * z * z
