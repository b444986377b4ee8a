"""Where a series of figures, one from each run, changes its level.

Counts are exact, so each change beyond what repeats differ by is a step. Times are not: a step is one that a
change-point test finds and that is large enough to matter, the two conditions of every verdict on times.

The test looks for the stretch of runs that differs most from all others (circular binary segmentation,
Olshen et al. 2004), which finds what rose and was mended again; a change that stays is a stretch up to the
end. It is made on ranks, as Pettitt's (1979) for a single change, so that a few slow runs don't move it, and
holds whatever the distribution: how far a stretch differs by chance is found by shuffling, with the p value
of Phipson & Smyth (2010). Where there is a change, the parts are tested again.

- Olshen, A. B., Venkatraman, E. S., Lucito, R. & Wigler, M. (2004). Circular binary segmentation for the
  analysis of array-based DNA copy number data. Biostatistics 5, 557–572.
- Pettitt, A. N. (1979). A non-parametric approach to the change-point problem. Applied Statistics 28,
  126–135.
- Phipson, B. & Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical Applications in
  Genetics and Molecular Biology 9, 39.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from iaipy.model.history import Step

_Floats = NDArray[np.float64]
_Places = NDArray[np.intp]

LEAST_RUNS = 3
"""A level of times has so many runs at least: one or two slow runs are no level."""

SHUFFLES = 1999
_SEED = 20260102
_DIGITS = 9
"""Sums of ranks that are equal are so after rounding."""


def count_steps(values: Sequence[float], spreads: Sequence[float], least: float = 0.0) -> list[Step]:
    """The steps of an exact count.

    Each value is held against the level's first one, so that many small changes of one direction become a
    step together, however small each is.

    Parameters:
        values: one for each run, in the order of time.
        spreads: how far the repeats of each lay apart; a change within that of either run is none.
        least: a step moves the level by more than this ratio.
    """
    steps: list[Step] = []
    level = 0
    for index, value in enumerate(values):
        before = values[level]
        moved = abs(value - before)
        if moved > max(spreads[level], spreads[index], least * before):
            steps.append(Step(index, before, value, _ratio(before, value)))
            level = index
    return steps


def time_steps(values: Sequence[float], *, alpha: float, least: float) -> list[Step]:
    """The steps of a time.

    Levels are medians. As with counts, each is held against the last level that a step led to.

    Parameters:
        values: one for each run, in the order of time.
        alpha: how small p must be.
        least: a step moves the level by more than this ratio.
    """
    cuts = sorted(_cuts(values, 0, alpha))
    starts, ends = [0, *(cut for cut, _ in cuts)], [*(cut for cut, _ in cuts), len(values)]
    steps: list[Step] = []
    before = median(values[: ends[0]]) if values else 0.0
    for (cut, p), start, end in zip(cuts, starts[1:], ends[1:], strict=True):
        after = median(values[start:end])
        if abs(after - before) > least * before:
            steps.append(Step(cut, before, after, _ratio(before, after), p))
            before = after
    return steps


def _cuts(values: Sequence[float], offset: int, alpha: float) -> Iterator[tuple[int, float]]:
    """Where the level changes, and the p of each change.

    Parameters:
        offset: where these values begin in the whole series.
    """
    size = len(values)
    if size < 2 * LEAST_RUNS:
        return
    start, end, difference = _most_different(_ranks(np.array(values, dtype=float))[np.newaxis, :])
    p = (1 + int((_by_chance(size) >= difference[0]).sum())) / (1 + SHUFFLES)
    if p >= alpha:
        return
    ends = [0, *sorted({int(start[0]), int(end[0])} - {0, size}), size]
    yield from ((offset + cut, p) for cut in ends[1:-1])
    for one, other in pairwise(ends):
        yield from _cuts(values[one:other], offset + one, alpha)


def _most_different(rows: _Floats) -> tuple[_Places, _Places, _Floats]:
    """For each row of ranks, where the stretch that differs most begins and ends, and how far it differs.

    That is the distance of its sum from the one expected, in units that chance makes alike for all lengths.
    """
    size = rows.shape[1]
    sums = np.concatenate(
        [np.zeros((len(rows), 1)), (rows - rows.mean(axis=1, keepdims=True)).cumsum(axis=1)], 1
    )
    cuts = np.array([0, *range(LEAST_RUNS, size - LEAST_RUNS + 1), size])
    best = np.full(len(rows), -1.0)
    begins, ends = np.zeros(len(rows), dtype=np.intp), np.full(len(rows), size, dtype=np.intp)
    for begin in cuts[:-1]:
        stops = cuts[(cuts - begin >= LEAST_RUNS) & (cuts - begin <= size - LEAST_RUNS)]
        if not stops.size:
            continue
        length = stops - begin
        found = np.abs(sums[:, stops] - sums[:, [begin]]) / np.sqrt(length * (size - length) / size)
        place = found.argmax(axis=1)
        highest = found[np.arange(len(rows)), place]
        better = highest > best
        best[better], begins[better], ends[better] = highest[better], begin, stops[place[better]]
    return begins, ends, np.round(best, _DIGITS)


@lru_cache(maxsize=256)
def _by_chance(size: int) -> _Floats:
    """How far the stretch that differs most does so where nothing changes, for a number of shuffled series.

    With ranks this depends on the number of runs alone (equal values, which times hardly have, make the test
    a little stricter), so the series of a suite share it.
    """
    rows = np.tile(np.arange(size, dtype=float), (SHUFFLES, 1))
    return _most_different(np.random.default_rng(_SEED).permuted(rows, axis=1))[2]


def _ranks(values: _Floats) -> _Floats:
    """The ranks; equal values share the mean of theirs."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    ranks: _Floats = (np.cumsum(times) - (times + 1) / 2)[place]
    return ranks


def _ratio(before: float, after: float) -> float:
    return after / before - 1 if before else math.inf
