"""Verdicts on claims."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.compare.claims import at_least, below, judge
from iaipy.compare.walltime import judge as judge_times
from iaipy.model.claim import Budget, Claim, Reference, Speedup
from iaipy.model.metrics import COUNTER_KEYS
from iaipy.model.run import Environment, Failure, Result, Run, Timing
from iaipy.model.timing import Rule

NEW, OLD = "benchmarks/bench_x.py::new", "benchmarks/bench_x.py::old"


def timing(id_: str, samples: Sequence[Sequence[float]], **fields: object) -> Timing:
    """A timing of these samples."""
    number = len(samples)
    timed = Timing(
        id_, "function", tuple(map(tuple, samples)), (1,) * number, (0.0,) * number, (20_000_000,) * number
    )
    return replace(timed, **fields)  # type: ignore[arg-type]


def result(id_: str, count: int, spread: int = 0, **fields: object) -> Result:
    """A result that counts so many of everything."""
    counted = Result(
        id_, "function", dict.fromkeys(COUNTER_KEYS, count), {}, dict.fromkeys(COUNTER_KEYS, spread)
    )
    return replace(counted, **fields)  # type: ignore[arg-type]


def around(centre: float, step: float = 1.0, processes: int = 10) -> list[list[float]]:
    """Samples of processes whose medians lie evenly around a time."""
    return [
        [centre + step * (process - (processes - 1) / 2) + jitter for jitter in (-step / 9, 0.0, step / 9)]
        * 4
        for process in range(processes)
    ]


def run(*outcomes: Timing | Result, **fields: object) -> Run:
    """A run with these outcomes."""
    return replace(
        Run("2026-01-02T03:04:05Z"),
        timings=tuple(outcome for outcome in outcomes if isinstance(outcome, Timing)),
        benchmarks=tuple(outcome for outcome in outcomes if isinstance(outcome, Result)),
        **fields,  # type: ignore[arg-type]
    )


def speedup(by: float, metric: str = "time", baseline: str = "", than: str = OLD) -> Speedup:
    """NEW is so many times as fast."""
    return Speedup("a", "s.yaml", 1, NEW, Reference(than, baseline), by, metric)


def budget(metric: str, limit: float) -> Budget:
    """A figure of NEW is below a limit."""
    return Budget("a", "s.yaml", 1, NEW, metric, limit)


def verdict(claim: Claim, head: Run, bases: Mapping[str, Run] | None = None) -> str:
    """What a run says of a claim."""
    return judge(claim, head, bases or {}).verdict


TIMED = run(timing(NEW, around(100)), timing(OLD, around(300)))


@pytest.mark.parametrize(
    ("by", "wanted"), [(1, "holds"), (2.88, "holds"), (3, "not shown"), (3.12, "fails"), (30, "fails")]
)
def test_speedup_in_time(by: float, wanted: str) -> None:
    """It holds where all of the interval reaches the factor, fails where none does, and else isn't shown."""
    found = judge(speedup(by), TIMED, {})
    assert found.verdict == wanted
    assert found.measured is not None
    assert found.measured.value == pytest.approx(3)


def test_speedup_in_time_has_the_figures_of_a_comparison() -> None:
    """Those of a comparison of two that took turns, seen from the faster one."""
    found = judge(speedup(2), TIMED, {})
    compared = judge_times(around(300), around(100), Rule(in_turn=False))
    assert compared.figures is not None and found.test is not None
    assert found.measured == compared.figures.speedup
    assert (found.sides[0].value, found.sides[1].value) == (compared.head_ns, compared.base_ns)
    assert found.test.t == pytest.approx(-compared.figures.t)
    assert found.test.cohens_d == pytest.approx(-compared.figures.cohens_d)
    assert found.test.df == pytest.approx(compared.figures.df)
    assert found.test.p == pytest.approx(compared.figures.p)
    assert [(side.samples, side.processes) for side in found.sides] == [(120, 10), (120, 10)]


def test_a_narrower_significance_widens_the_interval() -> None:
    """What holds at 95 % needn't at 99.9 %."""
    assert judge(speedup(2.88), TIMED, {}).verdict == "holds"
    strict = judge(speedup(2.88), TIMED, {}, alpha=0.001)
    assert (strict.verdict, strict.confidence) == ("not shown", 0.999)


def test_exact_multiple_without_scatter() -> None:
    """0.3 is 3 times 0.1, whatever binary fractions say."""
    exact = run(timing(NEW, [[0.1]] * 3), timing(OLD, [[0.3]] * 3))
    assert verdict(speedup(3), exact) == "holds"
    assert verdict(speedup(3.001), exact) == "fails"


def test_too_little_to_compare() -> None:
    """One process, or no measurable time, shows nothing, and the finding says why."""
    one = judge(speedup(2), run(timing(NEW, [[100.0]]), timing(OLD, around(300))), {})
    assert (one.verdict, one.measured) == ("not shown", None)
    assert "one process only" in one.why
    none = judge(speedup(2), run(timing(NEW, [[0.0]] * 5), timing(OLD, around(300))), {})
    assert (none.verdict, none.why) == ("not shown", f"{NEW} takes no measurable time")
    little = run(timing(NEW, [[0.3]] * 5, overhead_ns=(50.0,) * 5), timing(OLD, around(300)))
    assert judge(speedup(2), little, {}).why == f"{NEW} takes no measurable time"


@pytest.mark.parametrize(
    ("new", "old", "by", "wanted"),
    [
        (100, 120, 1.2, "holds"),
        (100, 119, 1.2, "fails"),
        (100, 100, 1, "holds"),
        (0, 5, 1000, "holds"),
        (5, 0, 1, "fails"),
        (0, 0, 1, "not shown"),
        (10**15, 3 * 10**15 - 1, 3, "fails"),
    ],
)
def test_speedup_in_counts_is_exact(new: int, old: int, by: float, wanted: str) -> None:
    """One instruction decides."""
    assert verdict(speedup(by, "instructions"), run(result(NEW, new), result(OLD, old))) == wanted


@pytest.mark.parametrize(("by", "wanted"), [(1.8, "holds"), (2, "not shown"), (2.3, "fails")])
def test_speedup_in_counts_that_spread(by: float, wanted: str) -> None:
    """It must hold for all that the repeats allow: 190/105 to 210/95."""
    found = judge(speedup(by, "instructions"), run(result(NEW, 100, 5), result(OLD, 200, 10)), {})
    assert (found.verdict, found.basis) == (wanted, "spread")
    assert found.measured is not None
    assert (found.measured.low, found.measured.high) == (190 / 105, 210 / 95)


def test_counts_of_different_numbers_of_calls() -> None:
    """They are compared per call, and the finding says so."""
    ten = run(result(NEW, 1000, iterations=10), result(OLD, 200))
    found = judge(speedup(2, "instructions"), ten, {})
    assert found.verdict == "holds"
    assert [side.value for side in found.sides] == [100, 200]
    assert "compared per call" in found.remarks[0]


def test_nothing_is_infinitely_less() -> None:
    """A function that does nothing counts 0."""
    found = judge(speedup(3, "instructions"), run(result(NEW, 0), result(OLD, 7)), {})
    assert found.measured is not None
    assert found.measured.value == math.inf


BEFORE = run(timing(OLD, around(300)), timing(NEW, around(300)), result(NEW, 600))


def test_before_and_after() -> None:
    """The one is of this run, the other of the baseline; that they took no turns is said."""
    now = run(timing(NEW, around(100)), result(NEW, 200))
    found = judge(speedup(2.5, baseline="main", than=NEW), now, {"main": BEFORE})
    assert found.verdict == "holds"
    assert "the baseline main was not measured in turns" in found.remarks[0]
    assert verdict(speedup(2.5, baseline="main"), now, {"main": BEFORE}) == "holds"
    assert verdict(speedup(3, "instructions", "main", NEW), now, {"main": BEFORE}) == "holds"


@pytest.mark.parametrize(
    ("metric", "change", "why"),
    [
        (
            "time",
            {"machine": Environment({"cpu": "other"})},
            "on another machine: cpu was other and is -",
        ),
        ("time", {"timings": (timing(NEW, around(300), elements=5),)}, "elements was 5 and is none"),
        ("instructions", {"environment": Environment({"python": "3.9"})}, "python was 3.9 and is -"),
        ("instructions", {"benchmarks": (result(NEW, 600, warmup=7),)}, "warmup was 7 and is none"),
    ],
)
def test_conditions_that_differ(metric: str, change: dict[str, object], why: str) -> None:
    """What was measured elsewhere or otherwise isn't compared."""
    now = run(timing(NEW, around(100)), result(NEW, 200))
    before = replace(BEFORE, **change)  # type: ignore[arg-type]
    found = judge(speedup(2, metric, "main", NEW), now, {"main": before})
    assert (found.verdict, found.measured) == ("incomparable", None)
    assert why in found.why


def test_another_environment_can_be_allowed() -> None:
    """It is then compared all the same."""
    now = run(timing(NEW, around(100)))
    before = replace(BEFORE, machine=Environment({"cpu": "other"}))
    claim = speedup(2, baseline="main", than=NEW)
    assert judge(claim, now, {"main": before}, any_environment=True).verdict == "holds"


EVEN = [[float(time) for time in range(100)]] * 10


@pytest.mark.parametrize(
    ("metric", "samples", "shown", "open_", "missed"),
    [
        ("mean_ns", around(100), 102.2, 100, 97.8),
        ("per_element_ns", around(100), 25.6, 25, 24.4),
        ("p50_ns", EVEN, 53.1, 50, 46),
        ("p95_ns", EVEN, 96.1, 95, 93),
        ("p99_ns", EVEN, 99.1, 98.5, 98),
    ],
)
def test_budgets_of_times(
    metric: str, samples: Sequence[Sequence[float]], shown: float, open_: float, missed: float
) -> None:
    """They hold where all of the interval is below the limit, fail where none is, and else aren't shown."""
    head = run(timing(NEW, samples, elements=4))
    assert [verdict(budget(metric, limit), head) for limit in (shown, open_, missed)] == [
        "holds",
        "not shown",
        "fails",
    ]


@pytest.mark.parametrize(("metric", "observed"), [("max_ns", 99), ("peak_rss", 20_000_000)])
def test_budgets_of_what_was_observed(metric: str, observed: float) -> None:
    """The largest of all processes must be below the limit."""
    head = run(timing(NEW, EVEN))
    assert verdict(budget(metric, observed + 1), head) == "holds"
    assert verdict(budget(metric, observed), head) == "fails"


@pytest.mark.parametrize(
    ("peaks", "limit", "wanted", "measured"),
    [
        ((0, 0), 1e9, "not shown", None),
        ((0, 20_000_000), 1e9, "not shown", 20_000_000),
        ((0, 20_000_000), 1e7, "fails", 20_000_000),
    ],
)
def test_budget_of_memory_that_was_not_measured(
    peaks: tuple[int, ...], limit: float, wanted: str, measured: float | None
) -> None:
    """0 B is no small program: nothing below a limit is shown, and what lies above it still fails."""
    found = judge(budget("peak_rss", limit), run(timing(NEW, around(100)[:2], peak_rss_bytes=peaks)), {})
    assert found.verdict == wanted
    assert (found.measured and found.measured.value) == measured
    assert (found.why == "the peak memory was not measured in every process") is (wanted == "not shown")


def test_a_quantile_that_too_few_samples_bound() -> None:
    """A limit above all samples isn't shown, and the finding says what would help."""
    found = judge(budget("p99_ns", 1e9), run(timing(NEW, around(100))), {})
    assert found.verdict == "not shown"
    assert found.measured is not None and found.measured.high == math.inf
    assert "more rounds or processes" in found.why


@pytest.mark.parametrize("metric", ["mean_ns", "p95_ns", "per_element_ns"])
def test_budget_of_one_process(metric: str) -> None:
    """It shows nothing."""
    found = judge(budget(metric, 1e9), run(timing(NEW, [[100.0, 101.0]], elements=2)), {})
    assert (found.verdict, found.measured) == ("not shown", None)
    assert "one process only" in found.why


@pytest.mark.parametrize(
    ("spread", "limit", "wanted"),
    [(0, 101, "holds"), (0, 100, "fails"), (5, 106, "holds"), (5, 105, "not shown"), (5, 95, "fails")],
)
def test_budgets_of_counts(spread: int, limit: int, wanted: str) -> None:
    """They are exact; where repeats differ, all that they allow must be below the limit."""
    assert verdict(budget("instructions", limit), run(result(NEW, 100, spread))) == wanted


def test_benchmarks_without_numbers() -> None:
    """A claim about them isn't judged: they failed, or their file did, or the run isn't about them."""
    failed = run(failures=(Failure(NEW, "raised ValueError", "", "walltime"),))
    found = judge(budget("mean_ns", 5), failed, {})
    assert (found.verdict, found.why) == ("not measured", f"{NEW}: raised ValueError")
    unread = run(failures=(Failure("benchmarks/bench_x.py", "can't be imported"),))
    assert "can't be imported" in judge(speedup(2), unread, {}).why
    counted = run(result(NEW, 5), failures=failed.failures)
    assert judge(budget("instructions", 6), counted, {}).verdict == "holds"
    assert judge(budget("mean_ns", 6), run(result(NEW, 5)), {}).why == f"the run has no times of {NEW}"
    assert judge(budget("instructions", 6), TIMED, {}).why == f"the run has no counts of {NEW}"
    assert judge(budget("per_element_ns", 6), TIMED, {}).why == f"{NEW} doesn't say its elements"


def test_remarks_of_the_measurement_go_along() -> None:
    """With the benchmark they are about."""
    head = run(timing(NEW, around(100), notes=("leaks tasks",)), result(NEW, 5, notes=("measured once",)))
    assert judge(budget("mean_ns", 5), head, {}).remarks == (f"{NEW}: leaks tasks",)
    assert judge(budget("instructions", 5), head, {}).remarks == (f"{NEW}: measured once",)


ENDS = st.floats(0, 1e12)


@given(ENDS, ENDS, ENDS)
def test_verdicts_are_of_the_whole_range(one: float, other: float, limit: float) -> None:
    """What is at least a limit with all of its range is below it with none, and the other way round."""
    low, high = sorted((one, other))
    opposite = {"holds": "fails", "fails": "holds", "not shown": "not shown"}
    assert below(low, high, limit) == opposite[at_least(low, high, limit)]
