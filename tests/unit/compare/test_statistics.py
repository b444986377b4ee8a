"""Statistics: against published examples, against scipy, and their properties."""

import math
import random
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from iaipy.compare.statistics import (
    benjamini_hochberg,
    cohens_d,
    least_detectable,
    likeness_of_neighbours,
    mean_interval,
    outliers,
    percentile,
    process_values,
    speedup,
    standard_deviation,
    summary,
    trimmed_mean,
    welch,
)

EXACT = 1e-9
"""How closely results agree where the published digits allow it."""

# NIST Statistical Reference Datasets, univariate: a filter's transmittance (Mavro.dat), measured 50 times.
MAVRO = [
    *(2.0018, 2.0017, 2.0018, 2.0019, 2.0018, 2.0017, 2.0015, 2.0014, 2.0015, 2.0015),
    *(2.0017, 2.0018, 2.0018, 2.0019, 2.0019, 2.0021, 2.0020, 2.0016, 2.0014, 2.0013),
    *(2.0013, 2.0015, 2.0015, 2.0016, 2.0015, 2.0014, 2.0013, 2.0014, 2.0015, 2.0014),
    *(2.0015, 2.0016, 2.0015, 2.0016, 2.0019, 2.0020, 2.0020, 2.0021, 2.0022, 2.0023),
    *(2.0024, 2.0025, 2.0027, 2.0026, 2.0026, 2.0026, 2.0027, 2.0026, 2.0025, 2.0024),
]

# NIST/SEMATECH e-Handbook of Statistical Methods, 7.1.6: what are outliers in the data?
HANDBOOK = [
    *(30, 171, 184, 201, 212, 250, 265, 270, 272, 289, 305, 306, 322, 322, 336, 346, 351, 370, 390, 404),
    *(409, 411, 436, 437, 439, 441, 444, 448, 451, 453, 470, 480, 482, 487, 494, 495, 499, 503, 514, 521),
    *(522, 527, 548, 550, 559, 560, 570, 572, 574, 578, 585, 592, 592, 607, 616, 618, 621, 629, 637, 638),
    *(640, 656, 668, 707, 709, 719, 737, 739, 752, 758, 766, 792, 792, 794, 802, 818, 830, 832, 843, 858),
    *(860, 869, 918, 925, 953, 991, 1000, 1005, 1068, 1441),
]

# Wikipedia, Welch's t-test, the three examples (A1, A2); and more from Rosetta Code's task of that name.
# The p values are R's t.test, as Rosetta Code prints them.
WELCH_EXAMPLES: list[tuple[list[float], list[float], float]] = [
    (
        [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4],
        [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4],
        0.021378001462867,
    ),
    (
        [17.2, 20.9, 22.6, 18.1, 21.7, 21.4, 23.5, 24.2, 14.7, 21.8],
        [
            *(21.5, 22.8, 21.0, 23.0, 21.6, 23.6, 22.5, 20.7, 23.4, 21.8),
            *(20.7, 21.7, 21.5, 22.5, 23.6, 21.5, 22.5, 23.5, 21.5, 21.8),
        ],
        0.148841696605327,
    ),
    (
        [19.8, 20.4, 19.6, 17.8, 18.5, 18.9, 18.3, 18.9, 19.5, 22.0],
        [
            *(28.2, 26.6, 20.1, 23.3, 25.2, 22.1, 17.7, 27.6, 20.6, 13.7),
            *(23.2, 17.5, 20.6, 18.0, 23.9, 21.6, 24.3, 20.4, 24.0, 13.2),
        ],
        0.0359722710297968,
    ),
    (
        [30.02, 29.99, 30.11, 29.97, 30.01, 29.99],
        [29.89, 29.93, 29.72, 29.98, 30.02, 29.98],
        0.090773324285671,
    ),
    ([3.0, 4.0, 1.0, 2.1], [490.2, 340.0, 433.9], 0.0107515611497845),
    ([0.010268, 0.000167, 0.000167], [0.159258, 0.136278, 0.122389], 0.00339907162713746),
]

# Student's (1908) sleep data, R's data set of that name: extra hours with either drug.
SLEEP = (
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
)

# Benjamini & Hochberg (1995), section 4.1: the 15 p values of a study of a treatment after heart attacks.
HEART_ATTACK_P = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]

UNTIMED = settings(deadline=None)
"""A loaded machine may take its time over an example."""

TIMES = st.floats(1.0, 1e9, allow_subnormal=False)
PROCESSES = st.lists(st.lists(TIMES, min_size=1, max_size=8), min_size=1, max_size=6)
VALUES = st.lists(TIMES, min_size=2, max_size=15)
TRIMS = st.sampled_from([0.0, 0.1, 0.2])
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def near(value: float, tolerance: float = EXACT) -> object:
    """Equal up to a relative tolerance."""
    return pytest.approx(value, rel=tolerance, abs=tolerance)


def spread(values: Sequence[float]) -> float:
    """How far values lie apart, relative to the largest."""
    return (max(values) - min(values)) / max(map(abs, values))


def two_point(mean: float, deviation: float, n: int) -> list[float]:
    """An even number of values with exactly this mean and standard deviation."""
    step = deviation * math.sqrt((n - 1) / n)
    return [mean - step, mean + step] * (n // 2)


def noncentral_power(shift: float, df: float, alpha: float) -> float:
    """The probability that a two-sided t-test finds a true t of `shift`, by scipy's own distributions."""
    return float(stats.nct.sf(stats.t.ppf(1 - alpha / 2, df), df, shift))


# --- against publications ---


@pytest.mark.parametrize(
    ("values", "mean", "deviation", "tolerance"),
    [
        (MAVRO, 2.00185600000000, 0.000429123454003053, EXACT),
        ([10000001.0, 10000003.0, 10000002.0], 10000002.0, 1.0, EXACT),
        ([1.2] + [1.1, 1.3] * 500, 1.2, 0.1, EXACT),
        ([1000000.2] + [1000000.1, 1000000.3] * 500, 1000000.2, 0.1, EXACT),
        # Certified for decimal data; in binary they are off by up to 1e-9, which is 1e-8 of the deviation.
        ([10000000.2] + [10000000.1, 10000000.3] * 500, 10000000.2, 0.1, 1e-7),
    ],
    ids=["Mavro", "NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4"],
)
def test_agrees_with_the_reference_datasets_of_nist(
    values: list[float], mean: float, deviation: float, tolerance: float
) -> None:
    """Mean and standard deviation are the values that NIST certifies to 15 digits."""
    of = summary([values])
    assert of.mean_ns == near(mean)
    assert of.stddev_ns == pytest.approx(deviation, rel=tolerance)


@pytest.mark.parametrize(("base", "head", "p"), WELCH_EXAMPLES)
def test_welch_agrees_with_published_p_values(base: list[float], head: list[float], p: float) -> None:
    """The p values are those that R gives and Rosetta Code prints, to all 15 digits that it prints."""
    assert welch(base, head).p == near(p)


@pytest.mark.parametrize(
    ("example", "t", "df", "p"),
    [(0, -2.46, 25.0, 0.021), (1, -1.57, 9.9, 0.149), (2, -2.22, 24.5, 0.036)],
)
def test_welch_agrees_with_the_examples_in_wikipedia(example: int, t: float, df: float, p: float) -> None:
    """The statistic, its degrees of freedom and p are Wikipedia's, to the digits printed there."""
    first, second, _ = WELCH_EXAMPLES[example]
    test = welch(second, first)
    assert (round(test.t, 2), round(test.df, 1), round(test.p, 3)) == (t, df, p)


def test_welch_agrees_with_the_sleep_data() -> None:
    """On Student's sleep data the figures are those in R's documentation, to the digits printed there."""
    second, first = SLEEP
    test = welch(first, second)
    assert (round(test.t, 4), round(test.df, 3), round(test.p, 5)) == (-1.8608, 17.776, 0.07939)
    assert (round(test.low, 7), round(test.high, 7)) == (-3.3654832, 0.2054832)


def test_false_discovery_agrees_with_benjamini_and_hochberg() -> None:
    """Of the paper's 15 hypotheses four are rejected at 0.05, where nine have p below it."""
    adjusted = benjamini_hochberg(HEART_ATTACK_P)
    assert sum(p < 0.05 for p in HEART_ATTACK_P) == 9
    assert sum(p <= 0.05 for p in adjusted) == 4
    assert adjusted[:4] == tuple(near(p * 15 / rank) for rank, p in enumerate(HEART_ATTACK_P[:4], 1))


def test_outliers_agree_with_the_handbook_of_nist() -> None:
    """The handbook's data have one mild outlier, 1441, and no extreme one."""
    assert np.percentile(HANDBOOK, [25, 75], method="weibull").tolist() == [429.75, 742.25]
    assert outliers(HANDBOOK) == (1, 0)
    assert outliers(HANDBOOK[:-1]) == (0, 0)
    # Its outer fence is at 1679.75; with linear quartiles it lies a few units lower.
    assert outliers([*HANDBOOK[:-1], 1690.0]) == (0, 1)


def test_percentiles_are_hyndman_and_fans_type_7() -> None:
    """R's default quantiles of 1 … 10, the same type, are 1, 3.25, 5.5, 7.75 and 10."""
    values = [float(value) for value in range(1, 11)]
    assert [percentile(values, percent) for percent in (0, 25, 50, 75, 100)] == [1, 3.25, 5.5, 7.75, 10]


def test_least_detectable_agrees_with_power_t_test() -> None:
    """R's power.t.test(n = 20, delta = 1) prints the power 0.8689528: a change of one deviation has it."""
    sample = two_point(100.0, 1.0, 20)
    assert least_detectable(sample, sample, power=0.8689528) == pytest.approx(0.01, rel=1e-6)


@pytest.mark.parametrize(("n", "d"), [(394, 0.2), (64, 0.5), (26, 0.8)])
def test_least_detectable_agrees_with_cohens_table(n: int, d: float) -> None:
    """Cohen's (1992, table 2) sample sizes for power 0.8 at 0.05, made even, are just enough for his d."""
    sample = two_point(100.0, 1.0, n)
    assert 0.98 * d < least_detectable(sample, sample) * 100 <= d


def test_trimmed_d_scales_as_published() -> None:
    """The winsorised deviation of normal values at 20 % is 0.642 of theirs (Algina and others 2005)."""
    scores = [NormalDist().inv_cdf((rank + 0.5) / 20_000) for rank in range(20_000)]
    winsorised = np.clip(scores, scores[4_000], scores[-4_001])
    assert float(np.std(winsorised)) == pytest.approx(0.642, abs=5e-4)
    head = [score + 0.5 for score in scores]
    assert cohens_d(scores, head) == pytest.approx(0.5, rel=1e-3)
    assert cohens_d(scores, head, trim=0.2) == pytest.approx(0.5, rel=1e-3)


def test_cohens_d_by_hand() -> None:
    """Means 2 and 5 with pooled deviation √2.5 lie 3 / √2.5 apart, positive where head is larger."""
    assert cohens_d([1, 2, 3], [3, 5, 7]) == near(3 / math.sqrt(2.5))
    assert cohens_d([3, 5, 7], [1, 2, 3]) == near(-3 / math.sqrt(2.5))


def test_likeness_of_neighbours_by_hand() -> None:
    """Five low, five high: products 7 · ¼ over squares 10 · ¼ are 0.7, with 1 / 10 0.8; 1.8 / 0.2 is 9."""
    assert likeness_of_neighbours([1.0] * 5 + [2.0] * 5) == near(9.0)


def test_no_likeness_of_neighbours() -> None:
    """Values that alternate, and equal ones, stand for as many as they are."""
    assert likeness_of_neighbours([1.0, 2.0] * 5) == 1.0
    assert likeness_of_neighbours([3.0] * 10) == 1.0


def test_one_wild_process_makes_no_neighbours_alike() -> None:
    """A value that is trimmed away takes no part in it beyond its rank."""
    values = [1.0, 2.0, 1.5, 1.1, 1.9, 1.2, 1.8, 1.4, 1.6, 1.3]
    wild = [1.0, 200.0, *values[2:]]
    assert likeness_of_neighbours(wild, trim=0.3) == near(likeness_of_neighbours(values, trim=0.3))


# --- against scipy ---


@UNTIMED
@given(VALUES, VALUES, TRIMS)
def test_welch_agrees_with_scipy(base: list[float], head: list[float], trim: float) -> None:
    """With and without trimming the test is scipy's, statistic, degrees of freedom, p and interval."""
    assume(spread(base) > 1e-3)
    assume(spread(head) > 1e-3)
    cut = [sorted(side)[int(trim * len(side)) : len(side) - int(trim * len(side))] for side in (base, head)]
    assume(min(spread(side) for side in cut) > 1e-3)
    ours = welch(base, head, trim=trim)
    theirs = stats.ttest_ind(head, base, equal_var=False, trim=trim)
    assert ours.t == near(float(theirs.statistic))
    assert ours.df == near(float(theirs.df))
    assert ours.p == near(float(theirs.pvalue))
    if not trim:
        interval = theirs.confidence_interval(0.95)
        assert ours.low == pytest.approx(interval.low, rel=1e-7, abs=1e-9 * max(base + head))
        assert ours.high == pytest.approx(interval.high, rel=1e-7, abs=1e-9 * max(base + head))


@UNTIMED
@given(P_VALUES)
def test_false_discovery_agrees_with_scipy(p_values: list[float]) -> None:
    """Adjusted p values are scipy's."""
    theirs = stats.false_discovery_control(p_values)
    assert benjamini_hochberg(p_values) == pytest.approx(tuple(theirs), rel=EXACT)


@UNTIMED
@given(VALUES)
def test_interval_of_the_mean_agrees_with_scipy(values: list[float]) -> None:
    """The interval of the process means is scipy's t-interval."""
    assume(spread(values) > 1e-6)
    of = summary([[value] for value in values])
    low, high = stats.t.interval(
        0.95, len(values) - 1, loc=np.mean(values), scale=float(stats.sem(np.array(values)))
    )
    assert (of.low_ns, of.high_ns) == (near(float(low)), near(float(high)))


@UNTIMED
@given(VALUES, TRIMS)
def test_trimmed_mean_agrees_with_scipy(values: list[float], trim: float) -> None:
    """The trimmed mean is scipy's."""
    assert trimmed_mean(values, trim=trim) == near(float(stats.trim_mean(np.array(values), trim)))


@pytest.mark.parametrize("alpha", [0.001, 0.05])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("n", [2, 4, 10, 100])
def test_least_detectable_agrees_with_scipys_noncentral_t(n: int, power: float, alpha: float) -> None:
    """At the least detectable change the test's power, by scipy's noncentral t, is what was asked for."""
    sample = two_point(1000.0, 30.0, n)
    error = 30.0 * math.sqrt(2 / n) / 1000.0
    shift = least_detectable(sample, sample, alpha=alpha, power=power) / error
    assert noncentral_power(shift, 2 * n - 2, alpha) == pytest.approx(power, abs=1e-5)


# --- the ratio ---


def fieller(base: Sequence[float], head: Sequence[float], df: float) -> tuple[float, float]:
    """Fieller's (1954) interval of mean(base) / mean(head), for independent samples."""
    (a, b), (va, vb) = (
        [float(np.mean(side)) for side in (base, head)],
        [float(np.var(side, ddof=1)) / len(side) for side in (base, head)],
    )
    t = float(stats.t.ppf(0.975, df))
    g = t * t * vb / (b * b)
    centre = a / b / (1 - g)
    width = t / b * math.sqrt(va * (1 - g) + (a / b) ** 2 * vb) / (1 - g)
    return centre - width, centre + width


def test_speedup_by_hand() -> None:
    """Twice as fast with 1 % deviation on either side and 10 processes: 2 · exp(± t(18) · 0.01 · √0.2)."""
    estimate = speedup(two_point(200.0, 2.0, 10), two_point(100.0, 1.0, 10))
    width = float(stats.t.ppf(0.975, 18)) * 0.01 * math.sqrt(0.2)
    assert estimate.value == near(2.0)
    assert (estimate.low, estimate.high) == (near(2 * math.exp(-width)), near(2 * math.exp(width)))


def test_speedup_is_close_to_fiellers_interval() -> None:
    """With benchmark-like scatter the interval and Fieller's differ by less than 0.05 %."""
    base, head = two_point(200.0, 6.0, 10), two_point(100.0, 2.0, 10)
    estimate = speedup(base, head)
    relative = [6.0**2 / 200.0**2, 2.0**2 / 100.0**2]
    df = sum(relative) ** 2 / sum(part**2 / 9 for part in relative)
    assert (estimate.low, estimate.high) == pytest.approx(fieller(base, head, df), rel=5e-4)


@pytest.mark.parametrize("trim", [0.0, 0.2])
def test_intervals_cover_the_truth(trim: float) -> None:
    """The 95 % intervals of ratio and difference hold the truth in 95 ± 2.5 % of simulated samples."""
    rng = np.random.default_rng(20260101)
    tries = 800
    ratio_held = difference_held = 0
    for _ in range(tries):
        base, head = rng.normal(100.0, 5.0, 10), rng.normal(120.0, 3.0, 8)
        ratio, test = speedup(base, head, trim=trim), welch(base, head, trim=trim)
        ratio_held += ratio.low <= 100 / 120 <= ratio.high
        difference_held += test.low <= 20 <= test.high
    assert ratio_held / tries == pytest.approx(0.95, abs=0.025)
    assert difference_held / tries == pytest.approx(0.95, abs=0.025)


# --- properties ---


@UNTIMED
@given(PROCESSES, st.randoms(use_true_random=False))
def test_summary_does_not_depend_on_order(samples: list[list[float]], chance: random.Random) -> None:
    """Neither the order of the processes nor that of the samples within one changes the summary."""
    shuffled = [chance.sample(values, len(values)) for values in chance.sample(samples, len(samples))]
    before, after = vars(summary(samples)), vars(summary(shuffled))
    for name, value in before.items():
        assert after[name] == (None if value is None else pytest.approx(value, rel=EXACT)), name


@UNTIMED
@given(PROCESSES, st.sampled_from([0.5, 2.0, 1024.0]))
def test_summary_scales_with_the_unit(samples: list[list[float]], factor: float) -> None:
    """Another unit of time scales every time and leaves every count."""
    before = vars(summary(samples))
    after = vars(summary([[value * factor for value in values] for values in samples]))
    for name, value in before.items():
        scale = factor if name.endswith("_ns") else 1
        assert after[name] == (None if value is None else pytest.approx(value * scale, rel=EXACT)), name


@UNTIMED
@given(st.lists(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), min_size=2, max_size=6))
def test_summary_shifts_with_the_times(samples: list[list[int]]) -> None:
    """A constant cost on top moves every location by itself and no measure of spread."""
    before = vars(summary(samples))
    after = vars(summary([[value + 4096 for value in values] for values in samples]))
    fixed = {"stddev_ns", "n", "processes", "mild_outliers", "severe_outliers"}
    for name, value in before.items():
        moved = value if name in fixed else value + 4096
        assert after[name] == (None if moved is None else pytest.approx(moved, rel=EXACT, abs=1e-6)), name


@UNTIMED
@given(PROCESSES)
def test_summary_is_in_order(samples: list[list[float]]) -> None:
    """Percentiles lie in order between the extremes, as does the mean, which is in its interval."""
    of = summary(samples)
    assert of.min_ns <= of.p50_ns <= of.p95_ns <= of.p99_ns <= of.max_ns
    assert of.min_ns * (1 - EXACT) <= of.mean_ns <= of.max_ns * (1 + EXACT)
    assert (of.n, of.processes) == (sum(map(len, samples)), len(samples))
    assert (of.low_ns is None) == (len(samples) == 1)
    assert of.low_ns is None or of.high_ns is None or of.low_ns <= of.mean_ns <= of.high_ns
    assert of.mild_outliers + of.severe_outliers <= of.n // 2


@UNTIMED
@given(VALUES, VALUES, st.sampled_from([0.5, 4.0]), st.integers(0, 10**6), TRIMS)
def test_welch_ignores_unit_and_offset(
    base: list[float], head: list[float], factor: float, offset: int, trim: float
) -> None:
    """Unit and offset change neither t, df nor p; the difference scales, and never shifts."""
    base, head = ([float(round(value)) for value in side] for side in (base, head))
    moved = [[value * factor + offset for value in side] for side in (base, head)]
    before, after = welch(base, head, trim=trim), welch(moved[0], moved[1], trim=trim)
    assert (after.t, after.df, after.p) == pytest.approx((before.t, before.df, before.p), rel=1e-6, abs=1e-9)
    assert after.difference == pytest.approx(before.difference * factor, rel=1e-6, abs=1e-6)


@UNTIMED
@given(VALUES, VALUES, TRIMS)
def test_exchanging_the_sides_turns_the_result_round(
    base: list[float], head: list[float], trim: float
) -> None:
    """Head against base is base against head with the signs turned, and the inverse speed-up."""
    there, back = welch(base, head, trim=trim), welch(head, base, trim=trim)
    assert (back.t, back.df, back.p) == pytest.approx((-there.t, there.df, there.p), rel=EXACT)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low), rel=EXACT)
    assert cohens_d(head, base, trim=trim) == pytest.approx(-cohens_d(base, head, trim=trim), rel=EXACT)
    forth, inverse = speedup(base, head, trim=trim), speedup(head, base, trim=trim)
    assert inverse.value * forth.value == near(1.0)
    if math.isfinite(forth.high) and math.isfinite(inverse.high):
        assert inverse.low * forth.high == near(1.0)


@UNTIMED
@given(VALUES, TRIMS)
def test_likeness_of_neighbours_is_of_the_order_alone(values: list[float], trim: float) -> None:
    """It never narrows, is bounded, and backwards it is the same."""
    found = likeness_of_neighbours(values, trim=trim)
    assert 1.0 <= found <= 19.0 + EXACT
    assert likeness_of_neighbours(values[::-1], trim=trim) == pytest.approx(found, rel=1e-6)


@UNTIMED
@given(VALUES, VALUES, TRIMS)
def test_values_in_turn_are_never_surer(base: list[float], head: list[float], trim: float) -> None:
    """Looking at neighbours widens the interval, or leaves it."""
    plain, in_turn = (welch(base, head, trim=trim, in_turn=each) for each in (False, True))
    assert in_turn.difference == plain.difference
    assert abs(in_turn.t) <= abs(plain.t) * (1 + EXACT)


@UNTIMED
@given(VALUES, VALUES, TRIMS)
def test_no_result_is_nan(base: list[float], head: list[float], trim: float) -> None:
    """Whatever the positive values, no figure is NaN, p is a probability, and intervals hold their value."""
    test, ratio = welch(base, head, trim=trim), speedup(base, head, trim=trim)
    assert 0 <= test.p <= 1
    assert 0 < test.df <= len(base) + len(head) - 2 + EXACT
    assert test.low <= test.difference <= test.high
    assert 0 <= ratio.low <= ratio.value <= ratio.high
    assert not math.isnan(cohens_d(base, head, trim=trim))
    assert least_detectable(base, head, trim=trim) >= 0


@UNTIMED
@given(P_VALUES)
def test_adjusted_p_values_keep_their_order(p_values: list[float]) -> None:
    """No p value falls, none passes 1, the largest stays, and their order is kept."""
    adjusted = benjamini_hochberg(p_values)
    assert all(p <= up * (1 + EXACT) and up <= 1 for p, up in zip(p_values, adjusted, strict=True))
    assert max(adjusted) == near(max(p_values))
    pairs = sorted(zip(p_values, adjusted, strict=True))
    assert [up for _, up in pairs] == sorted(adjusted)


# --- edges ---


def test_summary_of_several_processes() -> None:
    """The mean is that of the process means, whatever the number of samples; percentiles pool the samples."""
    of = summary([[1.0, 3.0], [10.0] * 6])
    assert of.mean_ns == 6.0
    assert (of.min_ns, of.p50_ns, of.max_ns) == (1.0, 10.0, 10.0)
    assert (of.n, of.processes) == (8, 2)
    # t(0.975, 1) = 12.7062: 6 ± 12.7062 · √(32 / 2)
    assert (of.low_ns, of.high_ns) == pytest.approx((-44.825, 56.825), abs=1e-3)


def test_summary_of_one_sample() -> None:
    """One sample has a place and neither spread nor interval."""
    of = summary([[5.0]])
    assert (of.mean_ns, of.min_ns, of.p50_ns, of.p99_ns, of.max_ns) == (5.0,) * 5
    assert (of.stddev_ns, of.low_ns, of.high_ns) == (None, None, None)
    assert (of.mild_outliers, of.severe_outliers) == (0, 0)


def test_summary_of_equal_samples() -> None:
    """Equal samples spread by exactly nothing, though 0.1 has no exact binary form."""
    of = summary([[0.1] * 3] * 7)
    assert (of.mean_ns, of.stddev_ns, of.low_ns, of.high_ns) == (0.1, 0.0, 0.1, 0.1)


def test_outliers_are_mild_or_severe() -> None:
    """Beyond 1.5 interquartile ranges a value is mild, beyond 3 severe; on the fence it is none."""
    middle = [0.0, 1.0, 2.0, 3.0, 4.0] * 20  # quartiles 1 and 3, fences at −2 and 6, −5 and 9
    assert outliers([*middle, -2.0, 6.0]) == (0, 0)
    assert outliers([*middle, -2.1, 6.1, -5.0, 9.0]) == (4, 0)
    assert outliers([*middle, -5.1, 9.1, 7.0]) == (1, 2)


def test_welch_of_samples_without_variance() -> None:
    """Two constant samples are the same for certain, or different for certain."""
    same, more = welch([5.0] * 3, [5.0] * 4), welch([5.0] * 3, [6.0] * 4)
    assert (same.t, same.df, same.p, same.low, same.high) == (0.0, 5.0, 1.0, 0.0, 0.0)
    assert (more.t, more.p, more.low, more.high) == (math.inf, 0.0, 1.0, 1.0)
    assert welch([6.0] * 3, [5.0] * 4).t == -math.inf


def test_welch_with_variance_on_one_side() -> None:
    """Against a constant sample the degrees of freedom are those of the other side."""
    assert welch([5.0] * 4, [4.0, 6.0, 8.0]).df == near(2.0)


def test_effect_size_and_ratio_without_variance() -> None:
    """Constant samples differ by nought or by infinitely many deviations; their ratio is exact."""
    assert cohens_d([5.0] * 3, [5.0] * 3) == 0.0
    assert cohens_d([5.0] * 3, [6.0] * 3) == math.inf
    assert speedup([6.0] * 3, [3.0] * 3) == speedup([2.0] * 2, [1.0] * 9)
    assert least_detectable([5.0] * 3, [5.0] * 3) == 0.0


def test_ratio_of_wild_samples_is_bounded() -> None:
    """Two processes that differ a millionfold give a wide interval of positive numbers, and no overflow."""
    estimate = speedup([1.0, 1e6], [1.0, 1e6], confidence=1 - 1e-6)
    assert (estimate.low, estimate.value, estimate.high) == (0.0, 1.0, math.inf)


def test_a_threshold_raises_the_least_detectable_change() -> None:
    """Where an observed change must exceed a threshold too, the true change must lie above it."""
    sample = two_point(100.0, 1.0, 10)
    plain = least_detectable(sample, sample)
    assert plain == pytest.approx(0.01325, abs=1e-4)
    error = 0.01 * math.sqrt(0.2)
    assert least_detectable(sample, sample, threshold=0.1) == near(0.1 + float(stats.t.ppf(0.8, 18)) * error)
    assert least_detectable(sample, sample, threshold=1e-6) == near(plain)


def test_process_values() -> None:
    """What stands for a process is the mean or the median of its samples."""
    samples = [[1.0, 2.0, 9.0], [4.0, 6.0]]
    assert process_values(samples, "mean") == (4.0, 5.0)
    assert process_values(samples, "median") == (2.0, 5.0)


def test_trimming_follows_neither_end() -> None:
    """With a fifth trimmed off either end, two of ten values may be anything."""
    usual = [float(value) for value in range(100, 110)]
    hit = [*usual[:-2], 5_000.0, 10_000.0]
    assert trimmed_mean(hit, trim=0.2) == trimmed_mean(usual, trim=0.2)
    slower = [value + 50 for value in hit]
    assert welch(hit, slower, trim=0.2).p < 1e-6
    assert welch(hit, slower).p > 0.9


def test_nothing_to_adjust() -> None:
    """No p values give no adjusted ones."""
    assert benjamini_hochberg([]) == ()


def test_differences_below_nought() -> None:
    """What is left when another time is subtracted may be negative, and is described like any samples."""
    found = summary([[-3.0, 1.0], [-2.0, 2.0]])
    assert (found.mean_ns, found.min_ns, found.p50_ns) == (-0.5, -3.0, -0.5)
    assert process_values([[-3.0, 1.0]], "median") == (-1.0,)


def test_interval_of_a_trimmed_mean() -> None:
    """As in Yuen's test: winsorised squares, and the degrees of freedom of the values kept."""
    found = mean_interval([1.0, 4.0, 5.0, 6.0, 30.0], trim=0.2)
    squares = 4.0  # of 4, 4, 5, 6, 6
    width = float(stats.t.ppf(0.975, 3 - 1)) * math.sqrt(squares / (3 * (3 - 1)))
    assert found.value == pytest.approx(5.0)
    assert found.high == pytest.approx(5.0 + width, rel=1e-12)
    assert found.low == pytest.approx(5.0 - width, rel=1e-12)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([], "there are none"),
        ([[1.0], []], "of process 2: 0 given"),
        ([[1.0, math.nan]], "of process 1: a value is NaN"),
        ([[1.0], [math.inf]], "of process 2: a value is NaN or infinite"),
    ],
)
def test_samples_that_are_none(samples: list[list[float]], words: str) -> None:
    """Missing, NaN and infinite samples are errors that name the process."""
    with pytest.raises(ValueError, match=words):
        summary(samples)
    with pytest.raises(ValueError, match=words):
        process_values(samples, "median")


PAIRWISE: list[Callable[[list[float], list[float]], object]] = [welch, cohens_d, speedup, least_detectable]


@pytest.mark.parametrize("function", PAIRWISE)
@pytest.mark.parametrize("wrong", [[], [1.0], [1.0, math.nan], [math.inf, 1.0]])
def test_sides_that_cannot_be_compared(
    function: Callable[[list[float], list[float]], object], wrong: list[float]
) -> None:
    """Fewer than two values, NaN and infinity are errors that name the side."""
    with pytest.raises(ValueError, match=r"^base: "):
        function(wrong, [1.0, 2.0])
    with pytest.raises(ValueError, match=r"^head: "):
        function([1.0, 2.0], wrong)


def test_ratios_need_positive_means() -> None:
    """A side that takes no time has no ratio."""
    for function in (speedup, least_detectable):
        with pytest.raises(ValueError, match="above 0"):
            function([0.0, 0.0], [1.0, 2.0])


@pytest.mark.parametrize("trim", [-0.1, 0.5, math.nan])
def test_trims_out_of_range(trim: float) -> None:
    """A trim that leaves nothing, or less than nothing, is an error."""
    with pytest.raises(ValueError, match="trim"):
        welch([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], trim=trim)
    with pytest.raises(ValueError, match="trim"):
        trimmed_mean([1.0], trim=trim)


def test_a_trim_that_leaves_one_value() -> None:
    """A single value left says nothing about the spread."""
    with pytest.raises(ValueError, match="leaves fewer than two values"):
        welch([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], trim=0.4)


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_p_values_out_of_range(p: float) -> None:
    """What is no probability is an error."""
    with pytest.raises(ValueError, match="p values"):
        benjamini_hochberg([0.5, p])


@pytest.mark.parametrize("function", [standard_deviation, mean_interval])
def test_spread_needs_two_values(function: Callable[[list[float]], object]) -> None:
    """One value has no spread."""
    with pytest.raises(ValueError, match="at least 2"):
        function([1.0])
