"""Quantiles of single iterations, with intervals that know that the iterations come in processes.

Iterations of one process resemble each other, so a hundred of them tell less than a hundred of a hundred
processes. docs/claims.md shows how often these intervals miss, beside simpler ones.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from iaipy.compare.statistics import Samples, percentile
from iaipy.model.timing import Estimate

_Floats = NDArray[np.float64]

_TINY = 1e-300
"""Stands for nought where the incomplete beta function wants a parameter above it."""


def quantile_interval(samples: Samples, percent: float, *, confidence: float = 0.95) -> Estimate | None:
    """The percentile of the pooled samples with its interval; None with one process.

    The interval is free of assumptions on the distribution: it holds the times that a sign test doesn't
    exclude. If the quantile were a certain time, the number of samples below it would be binomial (W. R.
    Thompson, "On confidence ranges for the median and other expectation distributions for populations of
    unknown distribution form", Annals of Mathematical Statistics 7, 1936; for samples that are all
    independent the ends are his order statistics). Here it is binomial in `effective_sizes`.

    Parameters:
        samples: nanoseconds per iteration, one sequence per process, each with at least one.
        percent: above 0 and below 100.

    Returns:
        the ends are 0 and infinite where there are too few samples to bound the quantile.
    """
    processes = [np.sort(np.asarray(values, dtype=np.float64)) for values in samples]
    ordered = np.sort(np.concatenate(processes))
    value = percentile(ordered, percent)
    if len(processes) < 2:
        return None
    share, alpha = percent / 100, 1 - confidence
    # Ties stand or fall together: only where the next time is another one can the quantile lie between.
    counts = np.flatnonzero(np.concatenate(([True], ordered[1:] > ordered[:-1], [True])))
    sizes = effective_sizes(processes, alpha)[counts]
    below = sizes * counts / ordered.size
    at_least = special.betainc(np.maximum(below, _TINY), sizes - below + 1, share)
    at_most = special.betainc(np.maximum(sizes - below, _TINY), below + 1, 1 - share)
    last = int(np.flatnonzero(at_least > alpha / 2)[-1])
    first = int(np.flatnonzero(at_most > alpha / 2)[0])
    high = float(ordered[counts[last + 1] - 1]) if last + 1 < counts.size else math.inf
    low = float(ordered[counts[first - 1]]) if first else 0.0
    return Estimate(value, min(low, value), max(high, value))


def effective_sizes(processes: Sequence[_Floats], alpha: float) -> _Floats:
    """How many independent samples tell as much as these of the share that lies below a time.

    The number of samples, divided by the design effect: the variance of that share as it differs between
    processes over the variance it would have by chance, at least 1 (L. Kish, "Survey Sampling", 1965). It is
    reduced further by (t quantile of n − 1 / t quantile of processes − 1)², since so few processes tell the
    design effect (E. L. Korn & B. I. Graubard, "Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data", Survey Methodology 24, 1998).

    Parameters:
        processes: the times of at least two processes, sorted within each.
        alpha: 1 − the confidence of the interval in question.

    Returns:
        one for each number of samples below the time, from none to all.
    """
    lengths = np.array([values.size for values in processes])
    order = np.argsort(np.concatenate(processes), kind="stable")
    below_in_process = np.concatenate([np.arange(length) for length in lengths])[order]
    n = order.size
    # Running sums over processes of (samples below)² and of samples below · samples, time by time.
    squares = np.concatenate(([0.0], np.cumsum(2.0 * below_in_process + 1)))
    products = np.concatenate(([0.0], np.cumsum(np.repeat(lengths, lengths)[order], dtype=np.float64)))
    share = np.arange(n + 1) / n
    deviations = squares - 2 * share * products + share**2 * float((lengths.astype(np.float64) ** 2).sum())
    variance = len(processes) / (len(processes) - 1) * deviations / n**2
    by_chance = share * (1 - share) / (n - 1)
    design_effect = np.ones(n + 1)
    np.divide(variance, by_chance, out=design_effect, where=by_chance > 0)
    quantiles = special.stdtrit([n - 1, len(processes) - 1], 1 - alpha / 2)
    sizes: _Floats = n / np.maximum(design_effect, 1.0) * float(quantiles[0] / quantiles[1]) ** 2
    return sizes
