"""Intervals of quantiles that know what the samples of a process have in common."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

from iaipy.compare.quantiles import effective_sizes, quantile_interval
from iaipy.model.timing import Estimate

TIMES = st.floats(0, 1e9, allow_nan=False)
SAMPLES = st.lists(st.lists(TIMES, min_size=1, max_size=12), min_size=2, max_size=8)


def apart(number: int) -> list[list[float]]:
    """The times 1, 2, 3 ..., each of a process of its own: as independent as can be."""
    return [[float(time)] for time in range(1, number + 1)]


@pytest.mark.parametrize(("number", "low", "high"), [(10, 2, 9), (20, 6, 15), (30, 10, 21), (100, 40, 61)])
def test_median_of_independent_samples(number: int, low: int, high: int) -> None:
    """The ranks are those that tables of the sign test give for 95 %."""
    found = quantile_interval(apart(number), 50)
    assert found is not None
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize(("percent", "least"), [(50, 6), (95, 72), (99, 368)])
def test_fewest_samples_that_bound_a_quantile(percent: float, least: int) -> None:
    """As many as it takes for 1 − (share)ⁿ to reach 97.5 %; one less leaves the upper end open."""
    assert 1 - (percent / 100) ** least >= 0.975 > 1 - (percent / 100) ** (least - 1)
    enough, too_few = (quantile_interval(apart(number), percent) for number in (least, least - 1))
    assert enough is not None and enough.high == least
    assert too_few is not None and too_few.high == math.inf


def test_lower_end_of_a_low_quantile() -> None:
    """It is 0 where no sample bounds it, times having no other."""
    found = quantile_interval(apart(5), 50)
    assert found is not None
    assert found.low == 0.0


def test_one_process_has_no_interval() -> None:
    """It can't tell how much processes differ."""
    assert quantile_interval([[1.0, 2.0, 3.0]], 95) is None


def arrays(samples: Sequence[Sequence[float]]) -> list[NDArray[np.float64]]:
    """The samples as `effective_sizes` wants them."""
    return [np.sort(np.array(values)) for values in samples]


def test_independent_samples_count_fully() -> None:
    """Samples of a process each are worth as many as there are, whatever the time."""
    assert effective_sizes(arrays(apart(20)), 0.05) == pytest.approx(np.full(21, 20.0))


def test_processes_that_differ_count_as_few_samples() -> None:
    """Ten processes of a hundred equal times are worth ten samples, and less for there being so few."""
    alike = [[float(process)] * 100 for process in range(10)]
    assert effective_sizes(arrays(alike), 0.05)[500] < 10
    found = quantile_interval(alike, 50)
    assert found is not None
    assert (found.low, found.high) == (0.0, 9.0)


def test_processes_that_agree_count_fully_but_for_their_number() -> None:
    """Each having the same times, only how few they are reduces their samples."""
    same = [[float(time) for time in range(100)] for _ in range(10)]
    reduction = (1.9623 / 2.2622) ** 2
    assert effective_sizes(arrays(same), 0.05)[500] == pytest.approx(1000 * reduction, rel=1e-3)


@given(SAMPLES)
def test_effective_sizes_are_those_of_the_definition(samples: Sequence[Sequence[float]]) -> None:
    """At every time that no other equals, computed process by process."""
    found = effective_sizes(arrays(samples), 0.05)
    ordered = np.sort(np.concatenate(samples))
    lengths = np.array([len(values) for values in samples])
    n, processes = ordered.size, len(samples)
    reduction = (special.stdtrit(n - 1, 0.975) / special.stdtrit(processes - 1, 0.975)) ** 2
    for count in range(1, n):
        if ordered[count] == ordered[count - 1]:
            continue
        inside = np.array([sum(time <= ordered[count - 1] for time in values) for values in samples])
        share = count / n
        between = processes / (processes - 1) * ((inside - lengths * share) ** 2).sum() / n**2
        effect = max(1.0, between / (share * (1 - share) / (n - 1)))
        assert found[count] == pytest.approx(n / effect * reduction)


def test_equal_times() -> None:
    """They are their own interval."""
    found = quantile_interval([[5.0] * 50] * 10, 50)
    assert found is not None
    assert (found.low, found.value, found.high) == (5.0, 5.0, 5.0)


@given(SAMPLES, st.sampled_from((50, 95, 99)))
def test_value_lies_within(samples: Sequence[Sequence[float]], percent: float) -> None:
    """The interval holds the percentile of the pooled samples, and none of its ends is nonsense."""
    found = quantile_interval(samples, percent)
    assert found is not None
    assert found.value == pytest.approx(float(np.percentile(np.concatenate(samples), percent)))
    assert 0 <= found.low <= found.value <= found.high


@given(SAMPLES, st.sampled_from((50, 95)), st.integers(-9, 9).map(lambda power: 2.0**power))
def test_unit_does_not_matter(samples: Sequence[Sequence[float]], percent: float, scale: float) -> None:
    """The same times in another unit have the same interval in that unit; powers of two need no rounding."""
    whole = [[float(round(time)) for time in values] for values in samples]
    here = quantile_interval(whole, percent)
    there = quantile_interval([[time * scale for time in values] for values in whole], percent)
    assert here is not None
    assert there == Estimate(here.value * scale, here.low * scale, here.high * scale)


def test_coverage_where_processes_differ() -> None:
    """It misses the true median hardly more often than it says, where taking all for independent fails."""
    generator = np.random.default_rng(1)
    missed = missed_naively = 0
    for _ in range(300):
        shifts = generator.normal(size=(10, 1))
        times = np.exp(0.3 * (generator.normal(size=(10, 30)) + shifts))
        found = quantile_interval(times.tolist(), 50)
        assert found is not None
        missed += not found.low <= 1 <= found.high
        naive = np.sort(times, axis=None)[[132, 167]]
        missed_naively += not naive[0] <= 1 <= naive[1]
    assert missed <= 300 * 0.08
    assert missed_naively > 300 * 0.3
