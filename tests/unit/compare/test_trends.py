"""Trends made of the records of many runs."""

from dataclasses import replace

import pytest

from iaipy.compare.trends import record, trends
from iaipy.model.history import TIME, Record
from iaipy.model.metrics import COUNTER_KEYS, EVENTS, counters
from iaipy.model.run import Environment, Failure, Result, Run, Timing

WHERE = Environment({"python": "3.13.1", "valgrind": "3.24.0"}, {"kernel": "6.1"})
MACHINE = Environment({"cpu": "one"}, {"load": "0.1"})


def result(instructions: int, *, iterations: int = 1, spread: int = 0) -> Result:
    """A result of a benchmark."""
    events = dict.fromkeys(EVENTS, 0) | {"Ir": instructions}
    return Result(
        "b.py::f",
        "function",
        counters(events),
        events,
        dict.fromkeys(COUNTER_KEYS, spread),
        iterations=iterations,
        warmup=1,
    )


def timing(mean_ns: float) -> Timing:
    """A timing of the same benchmark, in five processes of which one was slow."""
    processes = tuple((mean_ns, mean_ns, mean_ns * 3) for _ in range(4))
    slow = (mean_ns * 9,) * 3
    return Timing("b.py::f", "function", (*processes, slow), (1,) * 5, (0.0,) * 5, (1,) * 5)


def run(
    day: int, *results: Result | Timing, where: Environment = WHERE, machine: Environment = MACHINE
) -> Run:
    """A run of a day."""
    return Run(
        f"2026-01-{day:02}T00:00:00Z",
        f"commit{day}",
        where,
        tuple(each for each in results if isinstance(each, Result)),
        (Failure("b.py::g", "it failed"),),
        tuple(each for each in results if isinstance(each, Timing)),
        machine,
    )


def test_record_holds_figures_alone() -> None:
    """Counters, spread and the figures of times are kept; events, samples, notes and failures aren't."""
    kept = record(run(1, result(100, spread=3), timing(50.0)))
    assert (kept.created_utc, kept.commit) == ("2026-01-01T00:00:00Z", "commit1")
    assert (kept.environment, kept.machine) == (WHERE.fingerprint, MACHINE.fingerprint)
    assert kept.counts["b.py::f"].counters["instructions"] == 100
    assert kept.counts["b.py::f"].spread["instructions"] == 3
    assert kept.counts["b.py::f"].conditions == {}
    time = kept.times["b.py::f"]
    assert (time.typical_ns, time.processes) == (50.0, 5)
    assert time.low_ns is not None
    assert time.low_ns < time.mean_ns


def test_record_of_counts_alone_has_no_machine() -> None:
    """Where nothing was timed, or nothing counted, there is no place where it was."""
    assert record(run(1, result(100))).machine == {}
    assert record(run(1, timing(50.0))).environment == {}


@pytest.mark.parametrize(
    ("unusual", "conditions"),
    [
        (replace(result(1), kind="command", warmup=0, minus="b.yaml::sh"), {"kind", "warmup", "minus"}),
        (result(1, iterations=10), {"iterations"}),
        (replace(timing(1.0), elements=3.0), {"elements"}),
        (replace(timing(1.0), iterations=(7,) * 5), set()),
    ],
)
def test_record_says_what_is_unusual(unusual: Result | Timing, conditions: set[str]) -> None:
    """How a benchmark was measured is kept where it isn't as usual; rounds of a time may differ."""
    kept = record(run(1, unusual))
    found = [{*count.conditions} for count in kept.counts.values()]
    found += [{*time.conditions} for time in kept.times.values()]
    assert found == [conditions]


def records(*runs: Run) -> list[Record]:
    """What is kept of some runs."""
    return [record(each) for each in runs]


def test_one_trend_for_each_figure() -> None:
    """Counters come in their order, then the time; each has a point for every run."""
    found = trends(records(*(run(day, result(100 + day // 3), timing(50.0)) for day in range(1, 5))))
    assert [trend.measure for trend in found] == [*COUNTER_KEYS, TIME]
    instructions = found[0]
    assert [point.value for point in instructions.points] == [100, 100, 101, 101]
    assert [(step.index, step.before, step.after) for step in instructions.steps] == [(2, 100, 101)]
    assert instructions.points[2].commit == "commit3"
    assert found[-1].steps == ()


def test_steps_of_times_follow_the_rule_of_times() -> None:
    """A time needs enough runs and a change beyond its own limit."""
    runs = [run(day, timing(50.0 if day <= 10 else 60.0)) for day in range(1, 21)]
    (time,) = trends(records(*runs))
    assert [step.index for step in time.steps] == [10]
    assert trends(records(*runs), least_time=0.5)[0].steps == ()
    assert trends(records(*runs), alpha=0.0005)[0].steps == ()


def test_only_what_is_comparable_with_the_latest_is_in_a_trend() -> None:
    """Runs of another interpreter are left out and counted, and what differed is said."""
    other = Environment({**WHERE.fingerprint, "python": "3.12.0"})
    found = trends(
        records(
            run(1, result(90), where=other),
            run(2, result(100)),
            run(3, result(95), where=other),
            run(4, result(100)),
        )
    )
    assert [point.value for point in found[0].points] == [100, 100]
    assert found[0].steps == ()
    assert found[0].elsewhere == 2
    assert found[0].differences == (("python", "3.12.0", "3.13.1"),)


def test_another_number_of_calls_begins_anew() -> None:
    """Totals over ten calls aren't compared with those over one."""
    found = trends(records(run(1, result(100)), run(2, result(1000, iterations=10))))
    assert [point.value for point in found[0].points] == [1000]
    assert found[0].differences == (("iterations", "1", "10"),)


def test_times_of_another_machine_are_left_out() -> None:
    """Times belong to their machine, and counts don't."""
    runs = [
        run(1, result(1), timing(5.0), machine=Environment({"cpu": "two"})),
        run(2, result(1), timing(9.0)),
    ]
    found = {trend.measure: trend for trend in trends(records(*runs))}
    assert (len(found[TIME].points), found[TIME].elsewhere) == (1, 1)
    assert (len(found["instructions"].points), found["instructions"].elsewhere) == (2, 0)


def test_least_count_leaves_small_steps_out() -> None:
    """A step of a count that isn't above the least is none."""
    runs = [run(1, result(1000)), run(2, result(1010))]
    assert len(trends(records(*runs))[0].steps) == 1
    assert trends(records(*runs), least_count=0.01)[0].steps == ()


def test_no_records_no_trends() -> None:
    """Of nothing there is no trend."""
    assert trends([]) == []
