"""The verdict on wall-clock samples."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iaipy.compare.statistics import Samples, benjamini_hochberg, speedup, trimmed_mean, welch
from iaipy.compare.walltime import judge, judge_all, least_measurable
from iaipy.model.run import Timing
from iaipy.model.timing import Judgement, Rule, TimeVerdict

UNTIMED = settings(deadline=None)
"""A loaded machine may take its time over an example."""

SCATTER = (-1.0, 1.2, -0.6, 0.8, -0.3, 0.6, -0.1, 0.3, 0.0, 0.1)
"""How ten processes lie about their centre, in standard deviations or so; neighbours are not alike."""


def processes(centre_ns: float, scatter: float = 0.01) -> list[list[float]]:
    """Ten processes of three samples each; their values scatter by this share of the centre."""
    centres = [centre_ns * (1 + scatter * place) for place in SCATTER]
    return [[centre * 0.99, centre, centre * 1.02] for centre in centres]


def slower(samples: Samples, factor: float) -> list[list[float]]:
    """The same samples, each taking so many times as long."""
    return [[value * factor for value in values] for values in samples]


def noisy(rng: np.random.Generator, count: int = 10, rounds: int = 20) -> list[list[float]]:
    """Processes on a busy machine: each has its own speed, slow rounds, and one in ten is slow throughout."""
    speed = rng.normal(1000.0, 15.0, (count, 1)) * np.where(rng.random((count, 1)) < 0.1, 1.7, 1.0)
    disturbed = np.where(rng.random((count, rounds)) < 0.15, rng.uniform(1.2, 4.0, (count, rounds)), 1.0)
    samples = speed * disturbed * rng.lognormal(0.0, 0.02, (count, rounds))
    return [values.tolist() for values in samples]


@pytest.mark.parametrize(
    ("factor", "scatter", "verdict"),
    [
        (1.15, 0.01, "regression"),
        (1.15, 0.30, "inconclusive"),
        (1.05, 0.001, "unchanged"),  # certain (p far below 0.05) and below 10 %
        (1.09, 0.02, "inconclusive"),  # its interval reaches beyond 10 %
        (1.00, 0.01, "unchanged"),
        (1.00, 0.30, "inconclusive"),
        (0.95, 0.001, "unchanged"),
        (0.80, 0.01, "improvement"),
        (0.80, 0.60, "inconclusive"),
    ],
)
def test_the_rule(factor: float, scatter: float, verdict: TimeVerdict) -> None:
    """Regression and improvement need both p and size; unchanged needs the interval within the threshold."""
    base = processes(1000.0, scatter)
    judgement = judge(base, slower(base, factor))
    assert judgement.verdict == verdict, judgement.why
    assert judgement.change == pytest.approx(factor - 1)


def test_figures_are_those_of_the_statistics() -> None:
    """What is reported is Welch's test and the ratio of the processes' medians, trimmed by 30 %."""
    base, head = processes(1000.0), processes(1150.0, 0.02)
    before, after = ([sorted(values)[1] for values in side] for side in (base, head))
    judgement = judge(base, head)
    figures, test = judgement.figures, welch(before, after, trim=0.3, in_turn=True)
    assert figures is not None
    assert (figures.t, figures.df, figures.p) == (test.t, test.df, test.p)
    assert figures.speedup == speedup(before, after, trim=0.3, in_turn=True)
    assert figures.change.value == pytest.approx(1 / figures.speedup.value - 1)
    assert figures.change.low == pytest.approx(1 / figures.speedup.high - 1)
    assert figures.change.high == pytest.approx(1 / figures.speedup.low - 1)
    assert figures.cohens_d > 5
    assert (judgement.base_ns, judgement.head_ns) == (
        trimmed_mean(before, trim=0.3),
        trimmed_mean(after, trim=0.3),
    )
    assert (judgement.base_processes, judgement.head_processes) == (10, 10)
    assert judgement.p_adjusted == test.p
    assert not judgement.remark


def test_the_plain_rule_is_there_too() -> None:
    """With the mean and no trim, and not in turn, it is Welch's test on the process means."""
    base, head = processes(1000.0), processes(1150.0, 0.02)
    before, after = ([sum(values) / 3 for values in side] for side in (base, head))
    figures = judge(base, head, Rule(location="mean", trim=0.0, in_turn=False)).figures
    assert figures is not None
    test = welch(before, after)
    assert (figures.t, figures.p) == pytest.approx((test.t, test.p))


def test_a_slow_half_is_no_evidence_of_ten_processes() -> None:
    """Processes slow one after the other, as in a slow minute, are told from as many here and there."""
    base = [[1000.0 + (-1) ** number] for number in range(10)]
    together = [[1250.0]] * 5 + [[1000.0]] * 5
    scattered = [[1250.0], [1000.0]] * 5
    slow_half, here_and_there = (judge(base, head, Rule(trim=0.0)) for head in (together, scattered))
    assert slow_half.change == here_and_there.change
    assert slow_half.figures is not None
    assert here_and_there.figures is not None
    assert slow_half.figures.p > 0.05 > here_and_there.figures.p


def test_alpha_and_threshold_are_settable() -> None:
    """A stricter alpha or a wider threshold takes a verdict back."""
    base = processes(1000.0, 0.05)
    head = slower(base, 1.15)
    assert judge(base, head).verdict == "regression"
    assert judge(base, head, Rule(alpha=1e-6)).verdict == "inconclusive"
    assert judge(base, head, Rule(threshold=0.16)).verdict == "inconclusive"
    assert judge(base, head, Rule(threshold=0.5)).verdict == "unchanged"
    assert judge(base, head, Rule(threshold=0.5)).rule.threshold == 0.5


def test_slow_rounds_and_slow_processes_are_not_followed() -> None:
    """Fewer than half of the rounds, and three processes of ten, may be slow without making a regression."""
    base = processes(1000.0)
    head = [[values[0], values[1], values[2] * 50] for values in base]
    head[4:7] = slower(head[4:7], 3.0)
    judgement = judge(base, head)
    assert judgement.verdict == "inconclusive"
    assert judgement.change == pytest.approx(0, abs=0.05)


def test_exactly_the_threshold_is_not_beyond_it() -> None:
    """100 to 110 ns is a change of 10 %, not of more, whatever binary fractions say."""
    assert judge([[100.0]] * 5, [[110.0]] * 5).verdict == "unchanged"
    assert judge([[100.0]] * 5, [[110.1]] * 5).verdict == "regression"
    assert judge([[100.0]] * 5, [[90.0]] * 5).verdict == "unchanged"
    assert judge([[100.0]] * 5, [[89.9]] * 5).verdict == "improvement"


def test_equal_samples_are_unchanged() -> None:
    """Samples that are all equal leave no doubt."""
    judgement = judge([[5.0, 5.0]] * 3, [[5.0, 5.0]] * 3)
    assert judgement.verdict == "unchanged"
    assert judgement.figures is not None
    assert (judgement.figures.p, judgement.figures.t) == (1.0, 0.0)


@pytest.mark.parametrize(("base", "head"), [(1, 1), (1, 10), (10, 1)])
def test_one_process_is_not_enough(base: int, head: int) -> None:
    """With one process on a side the change is given, nothing else, and the reason says so."""
    samples = processes(1000.0)
    judgement = judge(samples[:base], slower(samples, 2.0)[:head])
    assert judgement.verdict == "inconclusive"
    assert f"too few processes ({base} in base, {head} in head)" in judgement.why
    assert judgement.change == pytest.approx(1.0, rel=0.05)
    assert (judgement.figures, judgement.p_adjusted) == (None, None)


@pytest.mark.parametrize(
    ("base", "head", "side"), [(0.0, 5.0, "base"), (5.0, 0.0, "head"), (0.0, 0.0, "base")]
)
def test_no_measurable_time(base: float, head: float, side: str) -> None:
    """What takes 0 ns can't be compared, and the reason says which side it is."""
    judgement = judge([[base]] * 3, [[head]] * 3)
    assert judgement.verdict == "inconclusive"
    assert judgement.why.startswith(f"{side} takes no measurable time")
    assert (judgement.change, judgement.figures) == (None, None)


@pytest.mark.parametrize(
    ("base", "head", "side"), [(0.2, 0.3, "base"), (30.0, 0.3, "head"), (4.0, 30.0, "base")]
)
def test_times_that_are_small_beside_the_overhead(base: float, head: float, side: str) -> None:
    """What subtracting the harness's own time leaves by chance is compared with nothing."""
    judgement = judge([[base]] * 3, [[head]] * 3, least_ns=4.0)
    assert judgement.verdict == "inconclusive"
    assert judgement.why == (
        f"{side} takes no measurable time ({min(base, head):.3g} ns, less than 10% of what measuring itself "
        "takes): there is nothing to compare"
    )
    assert judge([[4.1]] * 3, [[8.0]] * 3, least_ns=4.0).verdict == "regression"


def test_a_difference_below_nought() -> None:
    """Less than nothing has no ratio to anything."""
    judgement = judge([[-5.0]] * 3, [[5.0]] * 3)
    assert (judgement.verdict, judgement.change, judgement.mean_change) == ("inconclusive", None, None)
    assert judgement.why.startswith("base takes no measurable time (-5 ns)")


def test_an_interval_that_reaches_nought() -> None:
    """The test may find a difference where the interval of the ratio excludes none: that is no regression."""
    base, head = [[2.2], [8.6], [7.9]], [[10.9], [20.3], [18.5]]
    for judgement in (judge(base, head, Rule(in_turn=False)), judge(head, base, Rule(in_turn=False))):
        assert judgement.figures is not None
        assert judgement.figures.p < 0.05
        assert judgement.figures.change.low < 0 < judgement.figures.change.high
        assert judgement.verdict == "inconclusive"


def test_least_measurable_time() -> None:
    """A tenth of what measuring takes, of the side on which it takes more, and in most processes."""
    one, other = (
        Timing("b.py::a", "function", ((1.0,),) * 3, (1,) * 3, overhead_ns, (1,) * 3)
        for overhead_ns in ((30.0, 31.0, 500.0), (40.0, 40.0, 40.0))
    )
    assert least_measurable(one, other) == least_measurable(other, one) == 4.0
    assert least_measurable(one) == pytest.approx(3.1)


def test_reasons() -> None:
    """Each verdict says in one sentence what it rests on, with the figures that decided."""
    base = processes(1000.0, 0.05)
    whys = {
        judge(base, slower(base, factor)).verdict: judge(base, slower(base, factor)).why
        for factor in (1.3, 0.7)
    }
    assert whys["regression"].startswith("+30.0% (95% interval +")
    assert whys["regression"].endswith(": below 0.05, and above +10%")
    assert whys["improvement"].startswith("-30.0% (95% interval -")
    assert whys["improvement"].endswith(": below 0.05, and below -10%")
    steady = processes(1000.0)
    assert judge(steady, steady).why.endswith(": a change beyond 10% is excluded")
    unsure = judge(base, slower(base, 1.05), Rule(alpha=0.01, threshold=0.075))
    assert unsure.figures is not None
    assert "(99% interval " in unsure.why
    assert "a change beyond 7.5% is neither shown nor excluded" in unsure.why
    assert unsure.why.endswith(f"one of {unsure.figures.least_detectable:+.1%} would be found")


def test_a_suite_is_judged_by_adjusted_p_values() -> None:
    """Among many benchmarks a p just below alpha is chance, unless the switch is off; order is kept."""
    quiet = processes(1000.0)
    loud = processes(1000.0, 0.22)
    pairs: list[tuple[Samples, Samples]] = [(quiet, quiet)] * 30
    pairs[7] = (loud, slower(loud, 1.25))
    pairs[9] = (quiet, slower(quiet, 1.25))
    pairs[11] = (quiet[:1], quiet)
    controlled = judge_all(pairs)
    plain = judge_all(pairs, control_false_discovery=False)
    figures = plain[7].figures
    assert figures is not None
    assert 0.005 < figures.p < 0.05
    assert (plain[7].verdict, plain[7].p_adjusted) == ("regression", figures.p)
    assert controlled[7].verdict == "inconclusive"
    assert "adjusted for the suite" in controlled[7].why
    assert "adjusted" not in plain[7].why
    assert controlled[9].verdict == "regression"
    assert controlled[11].verdict == "inconclusive"
    assert [judgement.verdict for judgement in controlled].count("unchanged") == 27
    tested = [judgement for judgement in controlled if judgement.figures]
    assert tuple(judgement.p_adjusted for judgement in tested) == benjamini_hochberg(
        [judgement.figures.p for judgement in tested if judgement.figures]
    )


def test_an_empty_suite() -> None:
    """No benchmarks, no judgements."""
    assert judge_all([]) == ()


@UNTIMED
@given(
    st.lists(st.lists(st.floats(1, 1e9), min_size=1, max_size=4), min_size=1, max_size=6),
    st.lists(st.lists(st.floats(1, 1e9), min_size=1, max_size=4), min_size=1, max_size=6),
)
def test_verdicts_hang_together(base: Samples, head: Samples) -> None:
    """Whatever the samples, no figure is NaN, and the verdict is what its definition says."""
    judgement = judge(base, head)
    figures = judgement.figures
    if figures is None:
        assert judgement.verdict == "inconclusive"
        assert min(judgement.base_processes, judgement.head_processes) == 1
        return
    assert not any(math.isnan(value) for value in vars(figures).values() if isinstance(value, float))
    assert figures.change.low <= figures.change.value <= figures.change.high
    assert figures.least_detectable >= 0.1
    expected = {
        "regression": figures.p < 0.05 and figures.change.value > 0.1,
        "improvement": figures.p < 0.05 and figures.change.value < -0.1,
        "unchanged": abs(figures.change.value) <= 0.1 + 1e-9,
        "inconclusive": True,
    }
    assert expected[judgement.verdict]


def test_the_unit_does_not_matter() -> None:
    """Seconds or nanoseconds, the verdict and its reason are the same."""
    base, head = processes(1000.0), processes(1120.0)
    assert judge(slower(base, 1e-9), slower(head, 1e-9)).why == judge(base, head).why


# --- how often it errs, simulated ---


def judged(seed: int, tries: int, factor: float) -> list[Judgement]:
    """Judgements of head that takes `factor` times as long as base, both on a busy machine."""
    rng = np.random.default_rng(seed)
    return [judge(noisy(rng), slower(noisy(rng), factor)) for _ in range(tries)]


def share(judgements: Sequence[Judgement], *verdicts: TimeVerdict) -> float:
    """The share of judgements with one of these verdicts."""
    return sum(judgement.verdict in verdicts for judgement in judgements) / len(judgements)


def test_identical_code_is_hardly_ever_called_different() -> None:
    """Of 400 comparisons of the same with itself at most 7 % have p < 0.05, and 0.5 % a false alarm."""
    judgements = judged(1, 400, 1.0)
    low_p = sum(judgement.figures is not None and judgement.figures.p < 0.05 for judgement in judgements)
    assert low_p / 400 <= 0.07
    assert share(judgements, "regression", "improvement") <= 0.005


def test_a_true_slowdown_is_found_or_left_open() -> None:
    """+12 % is found in nine of ten tries and more, +20 % no less, and neither is called unchanged."""
    some, more = judged(2, 200, 1.12), judged(2, 200, 1.20)
    assert 0.9 <= share(some, "regression") <= share(more, "regression")
    assert share(some, "unchanged", "improvement") == share(more, "unchanged", "improvement") == 0


def test_the_least_detectable_change_is_detected_four_times_of_five() -> None:
    """A true slowdown of the size that is called least detectable is found with probability 0.8 or so."""
    rng = np.random.default_rng(4)

    def steady(factor: float) -> Samples:
        values: list[float] = rng.normal(1000.0 * factor, 60.0, 10).tolist()
        return [[value] for value in values]

    plain = [judge(steady(1.0), steady(1.0)) for _ in range(200)]
    promised = float(
        np.mean([judgement.figures.least_detectable for judgement in plain if judgement.figures])
    )
    assert 0.1 < promised < 0.2
    found = [judge(steady(1.0), steady(1 + promised)) for _ in range(400)]
    assert share(found, "regression") == pytest.approx(0.8, abs=0.07)


# --- bad input ---


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([], "there are none"),
        ([[1.0], []], "process 2: 0 given"),
        ([[math.nan]], "process 1: a value is NaN"),
    ],
)
def test_samples_that_are_none(wrong: list[list[float]], words: str) -> None:
    """An error names the side, the process and what is wrong with it."""
    right = processes(1000.0)
    with pytest.raises(ValueError, match=rf"^base samples.*{words}"):
        judge(wrong, right)
    with pytest.raises(ValueError, match=rf"^head samples.*{words}"):
        judge(right, wrong)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, math.nan])
def test_alpha_out_of_range(alpha: float) -> None:
    """Alpha is a probability between 0 and 1."""
    with pytest.raises(ValueError, match=r"^alpha"):
        Rule(alpha=alpha)


@pytest.mark.parametrize("threshold", [-0.1, math.inf, math.nan])
def test_threshold_out_of_range(threshold: float) -> None:
    """The threshold is a ratio, and finite."""
    with pytest.raises(ValueError, match=r"^threshold"):
        Rule(threshold=threshold)


def test_judgements_are_frozen_records() -> None:
    """A judgement is a value: equal to another of the same samples, and to be changed only by a copy."""
    base = processes(1000.0)
    judgement = judge(base, base)
    assert judgement == judge(base, base)
    assert replace(judgement, remark="seen").remark == "seen"


def test_a_mean_that_moved_is_not_unchanged() -> None:
    """Where most samples stay and the mean doesn't, the verdict is open: some rounds were much slower."""
    base = [[100.0 + number * 7 % 10 + sample % 3 for sample in range(9)] for number in range(10)]
    head = [[*process[:6], *(5 * sample for sample in process[6:])] for process in base]
    judgement = judge(base, head)
    assert judgement.verdict == "inconclusive"
    assert "their mean moved by +1" in judgement.why
