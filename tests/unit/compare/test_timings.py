"""Wall-clock results held against a baseline's."""

from dataclasses import replace
from typing import Any

import pytest

from iaipy.compare import statistics, walltime
from iaipy.compare.gate import exit_code
from iaipy.compare.timings import compare
from iaipy.errors import ExitCode
from iaipy.model.comparison import Comparison, TimingEntry, TimingStatus
from iaipy.model.run import Environment, Failure, Run, Timing
from iaipy.model.timing import Rule

HERE = Environment({"cpu": "A", "cores": "2"}, {"load": "0.1"})


def timing(
    name: str, scale: float = 1.0, *, processes: int = 8, scatter: float = 0.01, **fields: Any
) -> Timing:
    """A benchmark of 1 ms times `scale`, its processes scattered around that."""
    samples = tuple(
        tuple(1e6 * scale * (1 + scatter * (process % 4 - 1.5) + 0.0001 * sample) for sample in range(5))
        for process in range(processes)
    )
    return replace(
        Timing(f"b.py::{name}", "function", samples, (1,) * processes, (0.0,) * processes, (1,) * processes),
        path="b.py",
        line=3,
        **fields,
    )


def run(*timings: Timing, machine: Environment = HERE, failures: tuple[Failure, ...] = ()) -> Run:
    """A run with these timings."""
    return Run("2026-01-01T00:00:00Z", timings=timings, machine=machine, failures=failures)


def only(head: Run, base: Run | None, **options: Any) -> TimingEntry:
    """The one entry of a comparison."""
    (entry,) = compare(head, base, **options)
    return entry


@pytest.mark.parametrize(
    ("scale", "scatter", "status"),
    [
        (1.0, 0.01, "pass"),
        (1.02, 0.01, "pass"),
        (1.3, 0.01, "fail"),
        (0.7, 0.01, "improved"),
        (1.05, 0.2, "inconclusive"),
        (1.09, 0.05, "inconclusive"),
    ],
)
def test_status(scale: float, scatter: float, status: TimingStatus) -> None:
    """Slower, faster, unchanged or inconclusive, and the entry says what that rests on."""
    entry = only(run(timing("a", scale, scatter=scatter)), run(timing("a", scatter=scatter)))
    assert entry.status == status
    assert entry.judgement is not None
    assert entry.why == entry.judgement.why != ""
    assert (entry.path, entry.line) == ("b.py", 3)


def test_an_inconclusive_entry_says_what_could_have_been_shown() -> None:
    """The least change that these samples would have found is in its reason."""
    entry = only(run(timing("a", 1.05, scatter=0.2)), run(timing("a", scatter=0.2)))
    assert "with this scatter, one of +" in entry.why


def test_summary_is_the_runs_own() -> None:
    """What is described is the run that is judged."""
    head = timing("a", 1.3)
    assert only(run(head), run(timing("a"))).summary == statistics.summary(head.samples_ns)


def test_without_a_baseline() -> None:
    """All is new, and nothing is said about that."""
    entry = only(run(timing("a")), None)
    assert (entry.status, entry.why, entry.judgement) == ("new", "", None)
    assert entry.summary is not None


def test_not_in_the_baseline() -> None:
    """New too, on whatever machine the baseline was made."""
    new, known = compare(run(timing("new"), timing("a")), run(timing("a")))
    assert (new.status, known.status) == ("new", "pass")
    elsewhere = only(run(timing("new")), Run("", machine=Environment({"cpu": "B"})))
    assert (elsewhere.status, elsewhere.why) == ("new", "")


def test_missing() -> None:
    """What only the baseline has is missing, if it was to be timed."""
    base = run(timing("a"), timing("gone"))
    _, gone = compare(run(timing("a")), base)
    assert (gone.status, gone.why, gone.summary) == ("missing", "not in this run", None)
    assert (gone.id, gone.path, gone.line) == ("b.py::gone", "b.py", 3)
    assert [e.id for e in compare(run(timing("a")), base, asked_for=lambda id_: False)] == ["b.py::a"]


@pytest.mark.parametrize(
    ("failure", "statuses"),
    [
        (Failure("b.py::gone", "broke", "", "walltime"), ["pass", "failed"]),
        (Failure("b.py", "can't be imported"), ["pass"]),
        (Failure("b.py::gone", "broke"), ["pass"]),
    ],
)
def test_a_failure_explains_what_is_missing(failure: Failure, statuses: list[str]) -> None:
    """Be it the benchmark's own or its whole file's."""
    head = run(timing("a"), failures=(failure,))
    assert [entry.status for entry in compare(head, run(timing("a"), timing("gone")))] == statuses


def test_a_benchmark_that_failed_while_it_was_timed() -> None:
    """Stands among the timings, with its reason, and decides the exit code."""
    head = run(timing("a"), failures=(Failure("b.py::b", "broke", "", "walltime"), Failure("b.py::c", "no")))
    _, failed = compare(head, None)
    assert (failed.id, failed.status, failed.why, failed.path) == ("b.py::b", "failed", "broke", "b.py")
    comparison = Comparison("", timings=(failed,))
    assert exit_code(comparison, fail_on_improvement=False) is ExitCode.BENCHMARK_FAILED


def test_slower_times_fail_a_run_only_if_asked_to() -> None:
    """They inform, and with gate_walltime they outweigh a failure."""
    head = run(timing("a", 2), failures=(Failure("b.py::b", "broke", "", "walltime"),))
    comparison = Comparison("main", timings=compare(head, run(timing("a"))))
    assert exit_code(comparison, fail_on_improvement=False) is ExitCode.BENCHMARK_FAILED
    gated = exit_code(comparison, fail_on_improvement=False, gate_walltime=True)
    assert gated is ExitCode.REGRESSION
    faster = Comparison("main", timings=compare(run(timing("a", 0.5)), run(timing("a"))))
    assert exit_code(faster, fail_on_improvement=True, gate_walltime=True) is ExitCode.OK


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"minus": "b.py::x"}, "measured differently: minus was none and is b.py::x"),
        ({"elements": 5}, "measured differently: elements was none and is 5"),
        ({"kind": "coroutine"}, "measured differently: kind was function and is coroutine"),
    ],
)
def test_what_was_measured_differently_is_not_compared(fields: dict[str, Any], why: str) -> None:
    """The reason says how; the samples are described all the same."""
    entry = only(run(replace(timing("a", 2), **fields)), run(timing("a")))
    assert (entry.status, entry.why, entry.judgement) == ("incomparable", why, None)
    assert entry.summary is not None


def test_another_number_of_processes_and_iterations_is_compared() -> None:
    """The samples are per iteration, and the test takes groups of any size."""
    head = replace(timing("a", processes=5), iterations=(9,) * 5)
    assert only(run(head), run(timing("a"))).status == "pass"


def test_another_machine() -> None:
    """Its times aren't compared, unless that is asked for; its state is no reason."""
    there = Environment({"cpu": "B", "cores": "2"}, {"load": "1.9"})
    head, base = run(timing("a", 2)), run(timing("a"), machine=there)
    entry = only(head, base)
    assert (entry.status, entry.why) == ("incomparable", "measured on another machine: cpu was B and is A")
    assert only(head, base, any_machine=True).status == "fail"
    busy = replace(base, machine=Environment(HERE.fingerprint, {"load": "1.9"}))
    assert only(head, busy).status == "fail"


def test_rule() -> None:
    """Threshold and significance are those that are asked for."""
    head, base = run(timing("a", 1.05)), run(timing("a"))
    assert only(head, base).status == "pass"
    assert only(head, base, rule=Rule(threshold=0.02)).status == "fail"
    assert only(head, base, rule=Rule(alpha=1e-6, threshold=0.02)).status == "inconclusive"


def test_a_suite_is_adjusted_for_its_size() -> None:
    """One doubtful change among many unchanged benchmarks is chance, unless the adjustment is off."""
    base = [timing(f"b{number}", scatter=0.05) for number in range(20)]
    head = [timing("b0", 1.11, scatter=0.05), *base[1:]]
    judged = walltime.judge(base[0].samples_ns, head[0].samples_ns)
    assert judged.verdict == "regression"
    assert compare(run(*head), run(*base))[0].status == "inconclusive"
    alone = compare(run(*head), run(*base), control_false_discovery=False)[0]
    assert (alone.status, alone.judgement) == ("fail", judged)


def test_what_is_not_compared_does_not_count_for_the_size() -> None:
    """Only tests that were made can be wrong by chance."""
    many = [replace(timing(f"b{number}"), minus="x") for number in range(20)]
    base = [timing("a"), *(replace(each, minus="") for each in many)]
    entry = compare(run(timing("a", 1.3), *many), run(*base))[0]
    assert entry.judgement is not None
    assert entry.judgement.figures is not None
    assert entry.judgement.p_adjusted == entry.judgement.figures.p


@pytest.mark.parametrize(
    ("head", "base", "why"),
    [
        (timing("a", processes=1), timing("a"), "too few processes (8 in base, 1 in head)"),
        (timing("a", scale=0), timing("a"), "head takes no measurable time"),
        (
            timing("a", scale=2, overhead_ns=(3e7,) * 8),
            timing("a"),
            "base takes no measurable time (1,000,200 ns",
        ),
    ],
)
def test_samples_that_tell_nothing(head: Timing, base: Timing, why: str) -> None:
    """They are inconclusive, and the reason says why."""
    entry = only(run(head), run(base))
    assert entry.status == "inconclusive"
    assert why in entry.why


def test_entries_come_in_the_order_of_the_run() -> None:
    """Then what failed, then what is missing."""
    head = run(timing("z"), timing("a"), failures=(Failure("b.py::f", "broke", "", "walltime"),))
    base = run(timing("gone"), timing("a"), timing("z"))
    assert [entry.id for entry in compare(head, base)] == ["b.py::z", "b.py::a", "b.py::f", "b.py::gone"]
