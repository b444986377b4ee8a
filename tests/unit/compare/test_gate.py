"""The gate."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.compare.gate import compare, exit_code, nothing_compared, require_same_environment
from iaipy.errors import ExitCode, HostError
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import Change, Comparison, Entry, Status
from iaipy.model.metrics import COUNTER_KEYS, EVENTS, counters, plausible
from iaipy.model.run import Environment, Failure, Result, Run

NO_LIMITS = Limits()


def result(id_: str = "a.py::b", *, spread: int = 0, limits: Limits = NO_LIMITS, **values: int) -> Result:
    """A result with a hundred of everything and a thousand cycles, but for what is given."""
    return Result(
        id=id_,
        kind="function",
        counters=dict.fromkeys(COUNTER_KEYS, 100) | {"estimated_cycles": 1000} | values,
        events=dict.fromkeys(EVENTS, 0),
        spread=dict.fromkeys(COUNTER_KEYS, spread),
        path="a.py",
        line=7,
        limits=limits,
    )


def run(*results: Result, failures: tuple[Failure, ...] = ()) -> Run:
    """A run with these results."""
    return Run("2026-01-01T00:00:00Z", benchmarks=results, failures=failures)


def instructions(
    head: Result, base: Result | None, limits: Limits = NO_LIMITS, min_change: float = 0.001
) -> Change:
    """What became of the instructions of one benchmark."""
    base_run = None if base is None else run(base)
    return (
        compare(run(head), base_run, limits=limits, min_change=min_change, base_name="main")
        .entries[0]
        .changes[0]
    )


def gate(head: Run, base: Run | None = None, *, limits: Limits = NO_LIMITS) -> Comparison:
    """The comparison, with the usual settings."""
    return compare(head, base, limits=limits, base_name="main")


def code(comparison: Comparison, *, fail_on_improvement: bool = False) -> ExitCode:
    """The exit code, with the usual settings."""
    return exit_code(comparison, fail_on_improvement=fail_on_improvement)


@pytest.mark.parametrize("counter", COUNTER_KEYS)
def test_every_counter_gates_at_ten_percent(counter: str) -> None:
    """Each of the five counters alone makes a regression and an improvement beyond 10 %."""
    base = result()
    up, down = (
        replace(base, counters={**base.counters, counter: round(base.counters[counter] * x)})
        for x in (1.11, 0.89)
    )
    worse, better = gate(run(up), run(base)), gate(run(down), run(base))
    assert (worse.entries[0].status, code(worse)) == ("fail", ExitCode.REGRESSION)
    assert (better.entries[0].status, code(better)) == ("improved", ExitCode.OK)
    assert [change.counter for change in worse.entries[0].changes if change.verdict == "regression"] == [
        counter
    ]


@pytest.mark.parametrize("limit", [0.1, 0.07, 0.29, 0.7 / 100, 0.57, 1.1, 2.0])
def test_exactly_at_the_limit_is_not_beyond_it(limit: float) -> None:
    """A change of exactly the limit passes, though floats can't hold it; one more does not."""
    base, allowed = 1_000_000, round(1_000_000 * limit)
    limits = Limits(soft={"instructions": limit})
    at, beyond = (
        instructions(result(instructions=base + change), result(instructions=base), limits).verdict
        for change in (allowed, allowed + 1)
    )
    assert (at, beyond) == ("within", "regression")


def test_benchmarks_own_limits_go_before_the_given_ones() -> None:
    """A benchmark's own limit decides, the given one where it has none, 10 % where neither has."""
    own = Limits(soft={"instructions": 0.5})
    given_limits = Limits(soft={"instructions": 0.02, "l1_accesses": 0.03})
    changes = gate(run(result(limits=own)), run(result()), limits=given_limits).entries[0].changes
    assert [change.limit for change in changes] == [0.5, 0.03, 0.1, 0.1, 0.1]


def test_the_heads_limits_count_not_the_bases() -> None:
    """The limits are those of the run that is judged."""
    base = result(limits=Limits(soft={"instructions": 9.0}))
    assert instructions(result(instructions=150), base).verdict == "regression"


def test_counter_that_is_off_does_not_gate() -> None:
    """A counter without a limit may move as it likes."""
    change = instructions(result(instructions=900), result(), Limits(soft={"instructions": None}))
    assert (change.verdict, change.limit, change.ratio) == ("within", None, 8.0)


@pytest.mark.parametrize(("head_spread", "base_spread"), [(50, 0), (0, 50)])
def test_change_within_the_measured_spread_does_not_count(head_spread: int, base_spread: int) -> None:
    """A change counts only beyond the larger of both runs' spread."""
    base = result(spread=base_spread)
    at = instructions(result(instructions=150, spread=head_spread), base)
    assert (at.verdict, at.why) == ("within", "within the measured spread of 50")
    assert instructions(result(instructions=151, spread=head_spread), base).verdict == "regression"


def test_immaterial_change_does_not_count() -> None:
    """RAM accesses 2 → 3 are +50 % and nothing, unless every change is to count."""
    base = result(ram_accesses=2, estimated_cycles=1_000_000)
    head = result(ram_accesses=3, estimated_cycles=1_000_035)
    change = gate(run(head), run(base)).entries[0].changes[3]
    assert (change.ratio, change.verdict) == (0.5, "within")
    assert change.why == "too small to matter: moves the estimated cycles by 0.003%"
    strict = compare(run(head), run(base), limits=NO_LIMITS, min_change=0.0, base_name="main")
    assert strict.entries[0].changes[3].verdict == "regression"


@pytest.mark.parametrize(
    ("cycles", "why"),
    [
        (100_000, ""),
        (100_001, "too small to matter: moves the estimated cycles by 0.099%"),
        (100_000_000, "too small to matter: moves the estimated cycles by less than 0.001%"),
    ],
)
def test_material_from_exactly_a_thousandth(cycles: int, why: str) -> None:
    """A change of 0.1 % of the cycles counts; what is below never reads as 0.1 %."""
    base = result(instructions=100, estimated_cycles=cycles)
    assert instructions(result(instructions=200, estimated_cycles=cycles), base).why == why


@pytest.mark.parametrize("base", [None, result(instructions=2_000_000, spread=10**9)])
def test_hard_limit_holds_whatever_else(base: Result | None) -> None:
    """Above its hard limit a counter regresses, new or unchanged, whatever its spread."""
    limits = Limits(hard={"instructions": 1_500_000})
    change = instructions(result(instructions=2_000_000, limits=limits), base)
    assert (change.verdict, change.why) == ("regression", "above the hard limit of 1,500,000")
    assert instructions(result(instructions=1_500_000, limits=limits), base).verdict != "regression"


def test_hard_limit_without_any_baseline_fails_the_gate() -> None:
    """A run without a baseline is still held to its hard limits."""
    comparison = gate(run(result()), limits=Limits(hard={"instructions": 99}))
    assert (comparison.base_name, comparison.entries[0].status, code(comparison)) == (
        "",
        "fail",
        ExitCode.REGRESSION,
    )


def test_rise_from_nought_is_infinite() -> None:
    """From nought to something is beyond every limit; nought to nought is no change."""
    base = result(instructions=0)
    change = instructions(result(instructions=1), base, min_change=0.0)
    assert (change.ratio, change.verdict) == (math.inf, "regression")
    still = instructions(result(instructions=0), base)
    assert (still.ratio, still.verdict) == (0.0, "unchanged")


def test_improvement_can_be_made_to_fail() -> None:
    """A stale baseline fails only where that was asked for."""
    comparison = gate(run(result(instructions=50)), run(result()))
    assert code(comparison) == ExitCode.OK
    assert code(comparison, fail_on_improvement=True) == ExitCode.REGRESSION


def test_regression_outweighs_an_improvement() -> None:
    """A benchmark that got better in one counter and worse in another fails."""
    comparison = gate(run(result(instructions=50, l1_accesses=200)), run(result()))
    assert comparison.entries[0].status == "fail"


def test_entries_stand_in_the_runs_order() -> None:
    """First the run's benchmarks, then its failures, then what is missing."""
    head = run(result("c"), result("a"), failures=(Failure("f", "it broke"),))
    entries = gate(head, run(result("a"), result("z"), result("f"))).entries
    assert [(entry.id, entry.status) for entry in entries] == [
        ("c", "new"),
        ("a", "pass"),
        ("f", "failed"),
        ("z", "missing"),
    ]
    assert entries[2].why == "it broke"


def test_entries_say_where_they_are_declared() -> None:
    """Each entry carries the file and the line, as far as they are known."""
    head = run(result(), failures=(Failure("x.py::y", "it broke"),))
    entries = gate(head, run(result("a.py::gone"))).entries
    assert [(entry.path, entry.line) for entry in entries] == [("a.py", 7), ("x.py", 1), ("a.py", 7)]


def test_benchmarks_of_a_broken_file_are_not_missing() -> None:
    """A file that can't be imported is one failure, and not a list of missing benchmarks too."""
    head = run(failures=(Failure("a.py", "no such module"),))
    assert [entry.id for entry in gate(head, run(result("a.py::b"), result("a.py::c"))).entries] == ["a.py"]


def test_partial_run_misses_only_what_it_was_to_cover() -> None:
    """Benchmarks that weren't selected aren't missing."""
    base = run(result("a"), result("b"), result("c"))
    comparison = compare(
        run(result("a")), base, limits=NO_LIMITS, base_name="main", asked_for={"a", "b"}.__contains__
    )
    assert [entry.id for entry in comparison.of("missing")] == ["b"]


def test_missing_and_new_benchmarks_are_no_failure() -> None:
    """A renamed benchmark is listed twice and fails nothing."""
    assert code(gate(run(result("a"), result("new")), run(result("a"), result("old")))) == ExitCode.OK


@pytest.mark.parametrize(
    ("base", "why"),
    [
        (replace(result("b"), iterations=10), "iterations was 10 and is 1"),
        (replace(result("b"), kind="command"), "kind was command and is function"),
    ],
)
def test_differently_measured_results_are_incomparable(base: Result, why: str) -> None:
    """Results of another kind or number of iterations are listed, and are no silent pass."""
    comparison = gate(run(result("a"), result("b", instructions=10_000)), run(result("a"), base))
    entry = comparison.entries[1]
    assert (entry.status, entry.why) == ("incomparable", f"measured differently: {why}")
    assert {change.base for change in entry.changes} == {None}
    assert code(comparison) == ExitCode.NOTHING_TO_DO


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["pass", "new", "missing", "improved"], ExitCode.OK),
        (["incomparable", "failed", "fail"], ExitCode.REGRESSION),
        (["incomparable", "failed", "pass"], ExitCode.BENCHMARK_FAILED),
        (["incomparable", "pass"], ExitCode.NOTHING_TO_DO),
        ([], ExitCode.OK),
    ],
)
def test_exit_code_is_that_of_the_worst(statuses: list[Status], expected: ExitCode) -> None:
    """A regression goes before a failure, and a failure before what couldn't be compared."""
    assert code(Comparison("main", tuple(Entry(status, status) for status in statuses))) == expected


def test_nothing_compared_is_noticed() -> None:
    """A baseline that shares no benchmark with the run, or whose all failed, compares nothing."""
    base = run(result("a"))
    assert nothing_compared(gate(run(result("b")), base))
    assert nothing_compared(gate(run(failures=(Failure("a", "it broke"),)), base))
    assert nothing_compared(gate(run(), base))
    assert not nothing_compared(gate(run(result("a"), result("b")), base))
    assert not nothing_compared(gate(run(result("a"))))


def test_environment_changes_run_from_the_base_to_the_head() -> None:
    """What differs is recorded as it was and as it is."""
    head = replace(run(), environment=Environment({"python": "3.13"}, {"kernel": "6.1"}))
    base = replace(run(), environment=Environment({"python": "3.12"}, {"kernel": "5.9", "numpy": "2.0"}))
    comparison = gate(head, base)
    assert comparison.environment_changes == (("python", "3.12", "3.13"),)
    assert comparison.noted_changes == (("kernel", "5.9", "6.1"), ("numpy", "2.0", "-"))


def test_different_environments_are_refused_with_a_table() -> None:
    """The refusal shows what differs in columns, and three ways out."""
    head = replace(run(), environment=Environment({"python": "3.13.1", "valgrind": "3.24"}))
    base = replace(run(), environment=Environment({"python": "3.9", "valgrind": "3.19"}))
    with pytest.raises(HostError) as error:
        require_same_environment(head, base, "main")
    assert error.value.exit_code == ExitCode.ENVIRONMENT
    assert error.value.message == (
        "the baseline main was made in a different environment:\n"
        "  what      baseline  here\n"
        "  python    3.9       3.13.1\n"
        "  valgrind  3.19      3.24"
    )
    for way_out in ("--save-baseline", "--allow-environment-change", "image"):
        assert way_out in error.value.remedy


def test_notes_are_no_reason_to_refuse() -> None:
    """Another kernel or package is a possible cause, and never a refusal."""
    require_same_environment(replace(run(), environment=Environment({}, {"kernel": "6.1"})), run(), "main")


EVENT_COUNTS = st.integers(0, 10**12)
RESULTS = st.builds(
    lambda id_, events, spread: replace(result(id_, spread=spread), counters=counters(plausible(events))),
    st.text(min_size=1),
    st.fixed_dictionaries(dict.fromkeys(EVENTS, EVENT_COUNTS)),
    EVENT_COUNTS,
)
RUNS = st.lists(RESULTS, max_size=5, unique_by=lambda r: r.id).map(lambda results: run(*results))


@given(RUNS, st.floats(0, 1), st.floats(0, 1))
def test_a_run_against_itself_has_no_change(same: Run, limit: float, min_change: float) -> None:
    """compare(a, a) finds every counter unchanged and ends with 0, whatever the limits."""
    limits = Limits(soft=dict.fromkeys(COUNTER_KEYS, limit))
    comparison = compare(same, same, limits=limits, min_change=min_change, base_name="main")
    assert {change.verdict for entry in comparison.entries for change in entry.changes} <= {"unchanged"}
    assert {entry.status for entry in comparison.entries} <= {"pass"}
    assert code(comparison, fail_on_improvement=True) == ExitCode.OK


@given(RUNS, RUNS, st.floats(0, 1))
def test_verdicts_fit_the_direction_of_the_change(one: Run, other: Run, limit: float) -> None:
    """Every benchmark of either run has one entry, and its verdicts fit the direction of the change."""
    comparison = gate(one, other, limits=Limits(soft=dict.fromkeys(COUNTER_KEYS, limit)))
    ids = [entry.id for entry in comparison.entries]
    assert sorted(ids) == sorted({result.id for result in (*one.benchmarks, *other.benchmarks)})
    for change in (
        change for entry in comparison.entries for change in entry.changes if change.base is not None
    ):
        assert change.base is not None
        assert change.verdict != "regression" or change.head > change.base
        assert change.verdict != "improvement" or change.head < change.base
        assert (change.verdict == "unchanged") == (change.head == change.base)
