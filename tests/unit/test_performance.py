"""The harness that times operations in this process, and its metrics."""

import asyncio
import functools
import logging
import math
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iaipy.performance import ONE_PROCESS, BenchmarkHarness, PerformanceMetrics

UNTIMED = settings(deadline=None)
"""A loaded machine may take its time over an example."""


class Clock:
    """A clock that a test sets forward.

    Parameters:
        steps: by how much each reading is later than the one before; the last goes on for ever.
    """

    def __init__(self, *steps: int) -> None:
        self._steps = iter(steps)
        self._last_step = steps[-1]
        self._now = 1_000

    def __call__(self) -> int:
        """The next reading, in nanoseconds."""
        self._now += next(self._steps, self._last_step)
        return self._now


class Operation:
    """An operation that counts its calls and fails in some of them.

    Parameters:
        failing: numbers of the calls that raise, from 0.
        error: what they raise.
    """

    def __init__(self, failing: Iterable[int] = (), error: BaseException | None = None) -> None:
        self.calls = 0
        self._failing = frozenset(failing)
        self._error = error or OSError("no luck")

    def __call__(self) -> int:
        """Count the call, and fail if it is to."""
        self.calls += 1
        if self.calls - 1 in self._failing:
            raise self._error
        return self.calls

    async def awaited(self) -> int:
        """The same after a turn of the event loop."""
        await asyncio.sleep(0)
        return self()


def measure(harness: BenchmarkHarness, operation: Operation, kind: str) -> PerformanceMetrics:
    """Time an operation as a function or as a coroutine."""
    if kind == "sync":
        return harness.run_sync(operation)
    return asyncio.run(harness.run(operation.awaited))


both_kinds = pytest.mark.parametrize("kind", ["sync", "async"])


# --- the harness ---


@both_kinds
def test_iterations_are_timed_and_warm_up_is_discarded(kind: str) -> None:
    """Warm-up calls are made and not timed; every other call is a sample."""
    # Two readings of 7 ns each for every warm-up call, then 10 ns inside and 5 ns between calls.
    clock = Clock(*[7] * 6, *[5, 10] * 12)
    operation = Operation()
    metrics = measure(BenchmarkHarness("work", 12, 3, clock=clock), operation, kind)
    assert operation.calls == 15
    assert metrics.samples_ns == (10.0,) * 12
    assert (metrics.operation, metrics.sample_count, metrics.failure_count) == ("work", 12, 0)


def test_defaults() -> None:
    """A hundred iterations after ten of warm-up, on the real clock."""
    operation = Operation()
    metrics = BenchmarkHarness("work").run_sync(operation)
    assert operation.calls == 110
    assert metrics.sample_count == 100
    assert 0 < metrics.min_ns <= metrics.mean_ns <= metrics.max_ns


@both_kinds
def test_a_failing_iteration_is_logged_and_left_out(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """What fails now and then is in the log and in the count of failures, and in no figure."""
    with caplog.at_level(logging.WARNING, "iaipy.performance"):
        metrics = measure(BenchmarkHarness("work", 10, 2), Operation([1, 4, 7]), kind)
    assert (metrics.sample_count, metrics.failure_count) == (8, 2)
    assert [record.getMessage() for record in caplog.records] == [
        "work: a warm-up iteration failed and is left out: OSError('no luck')",
        "work: iteration 2 failed and is left out: OSError('no luck')",
        "work: iteration 5 failed and is left out: OSError('no luck')",
    ]
    assert metrics.display().endswith("n=8, 2 failed)")


@both_kinds
def test_all_iterations_fail(kind: str) -> None:
    """Nothing to report is an error, which chains the last failure."""
    error = OSError("no luck")
    harness = BenchmarkHarness("work", 10, 1)
    with pytest.raises(
        RuntimeError, match=r"^work: all 10 iterations failed, the last with OSError"
    ) as raised:
        measure(harness, Operation(range(1, 11), error), kind)
    assert raised.value.__cause__ is error


@both_kinds
@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_being_stopped_is_no_failure(kind: str, error: BaseException) -> None:
    """An interrupt ends the run."""
    with pytest.raises(type(error)):
        measure(BenchmarkHarness("work"), Operation([12], error), kind)


def test_cancellation_goes_through() -> None:
    """A harness that is cancelled from outside stops at once."""

    async def main() -> int:
        operation = Operation()
        task = asyncio.create_task(BenchmarkHarness("work", 10**6).run(operation.awaited))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return operation.calls

    assert asyncio.run(main()) < 10**6


@both_kinds
@pytest.mark.parametrize("steps", [(5, -3, 5), (5, 5, -20, 5)], ids=["within", "between"])
def test_a_clock_that_goes_backwards(kind: str, steps: tuple[int, ...]) -> None:
    """A step back within an iteration or between two is an error, not a sample."""
    harness = BenchmarkHarness("work", 10, 0, clock=Clock(*steps))
    with pytest.raises(RuntimeError, match=r"^work: the clock went backwards by (3|20) ns"):
        measure(harness, Operation(), kind)


def test_a_clock_that_stands_still() -> None:
    """What takes less than a tick takes 0 ns, which is a time."""
    metrics = BenchmarkHarness("work", clock=Clock(0)).run_sync(Operation())
    assert (metrics.mean_ns, metrics.stddev_ns) == (0.0, 0.0)
    assert metrics.display().startswith("work: 0.000 ± 0.000 ns (")


async def coroutine_function() -> None:
    """Do nothing, in a coroutine."""


async def careless() -> object:
    """Forget to await."""
    return coroutine_function()


def generator_function() -> Iterator[int]:
    """Yield one number."""
    yield 1


async def async_generator_function() -> Any:
    """Yield one number, in a coroutine."""
    yield 1


class AsyncCallable:
    """An object that is called like a coroutine function."""

    async def __call__(self) -> None:
        """Do nothing."""


class Awaitable:
    """Something to be awaited that is no coroutine."""

    def __await__(self) -> Generator[None, None, None]:
        """Do nothing."""
        yield


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (coroutine_function, "only create the coroutine"),
        (functools.partial(coroutine_function), "only create the coroutine"),
        (AsyncCallable(), "only create the coroutine"),
        (generator_function, "only create the generator"),
        (async_generator_function, "only create the generator"),
        (lambda: coroutine_function(), "returned a coroutine that nobody awaited"),
        (Awaitable, "returned a Awaitable that nobody awaited"),
        (17, "takes a function, not 17"),
    ],
)
def test_run_sync_refuses_what_would_not_run(operation: Callable[[], object], words: str) -> None:
    """Whatever would time the creation of a coroutine or generator raises, and leaves no coroutine behind."""
    with pytest.raises(TypeError, match=words):
        BenchmarkHarness("work").run_sync(operation)


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (lambda: 1, "takes a coroutine function"),
        (lambda: coroutine_function(), "functools.partial"),
        (generator_function, "takes a coroutine function"),
        (async_generator_function, "takes a coroutine function"),
        (17, "not 17"),
        (careless, "returned a coroutine that nobody awaited"),
    ],
)
def test_run_refuses_what_is_no_coroutine_function(operation: Any, words: str) -> None:
    """A plain function is refused before it is called, and a result that nobody awaited afterwards."""
    with pytest.raises(TypeError, match=words):
        asyncio.run(BenchmarkHarness("work").run(operation))


def test_a_coroutine_in_place_of_its_function() -> None:
    """Giving what the call returned is refused, and closed, so that no warning follows."""
    harness: Any = BenchmarkHarness("work")
    with pytest.raises(TypeError, match="takes the coroutine function itself"):
        asyncio.run(harness.run(coroutine_function()))
    with pytest.raises(TypeError, match="takes a function, not <coroutine"):
        harness.run_sync(coroutine_function())


@pytest.mark.parametrize("operation", [functools.partial(coroutine_function), AsyncCallable()])
def test_other_coroutine_functions(operation: Any) -> None:
    """A partial of a coroutine function, and an object with an async call, are coroutine functions."""
    assert asyncio.run(BenchmarkHarness("work", 10).run(operation)).sample_count == 10


def test_the_running_loop_is_used() -> None:
    """The operation is awaited in the loop that the harness was awaited in."""
    loops = set()

    async def note() -> None:
        loops.add(asyncio.get_running_loop())

    async def main() -> bool:
        await BenchmarkHarness("work").run(note)
        return loops == {asyncio.get_running_loop()}

    assert asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"iterations": 9}, "iterations=9: a whole number of at least 10"),
        ({"iterations": True}, "iterations=True"),
        ({"iterations": 10.0}, "iterations=10.0"),
        ({"warmup_iterations": -1}, "warmup_iterations=-1: a whole number of at least 0"),
        ({"name": " "}, "name can't be empty"),
    ],
)
def test_parameters_out_of_range(options: dict[str, Any], words: str) -> None:
    """Fewer than ten iterations, and what is no number of them, is an error at once."""
    with pytest.raises(ValueError, match=words):
        BenchmarkHarness(**({"name": "work"} | options))


# --- the metrics ---


def test_metrics_of_raw_samples() -> None:
    """The figures are those of the samples: percentiles interpolate, the deviation is over n − 1."""
    metrics = PerformanceMetrics.from_samples("work", range(1, 101))
    assert (metrics.mean_ns, metrics.min_ns, metrics.max_ns, metrics.sample_count) == (50.5, 1.0, 100.0, 100)
    assert metrics.stddev_ns == pytest.approx(math.sqrt(101 * 100 / 12))
    assert (metrics.p50_ns, metrics.p95_ns, metrics.p99_ns) == pytest.approx((50.5, 95.05, 99.01))
    assert "samples_ns" not in repr(metrics)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([], "work: there are no samples"),
        ([1.0, math.nan], "work: sample 2 is nan"),
        ([math.inf], "work: sample 1 is inf"),
        ([3.0, 2.0, -1.0], r"work: sample 3 is -1\.0"),
    ],
)
def test_samples_that_are_none(samples: list[float], words: str) -> None:
    """No samples, NaN, infinity and negative times are errors that name the sample."""
    with pytest.raises(ValueError, match=words):
        PerformanceMetrics.from_samples("work", samples)


@pytest.mark.parametrize(
    ("samples", "line"),
    [
        (
            [1_500.0, 2_500.0],
            "work: 2.000 ± 0.707 µs (min 1.500, p50 2.000, p95 2.450, p99 2.490, max 2.500; n=2)",
        ),
        ([999.0], "work: 999.000 ns (min 999.000, p50 999.000, p95 999.000, p99 999.000, max 999.000; n=1)"),
        ([1e6] * 3, "work: 1.000 ± 0.000 ms (min 1.000, p50 1.000, p95 1.000, p99 1.000, max 1.000; n=3)"),
        (
            [2e12] * 2,
            "work: 2,000.000 ± 0.000 s (min 2,000.000, p50 2,000.000, p95 2,000.000, p99 2,000.000, "
            "max 2,000.000; n=2)",
        ),
    ],
)
def test_display_is_one_line_in_one_unit(samples: list[float], line: str) -> None:
    """All figures stand in one line, in the unit that fits the mean, so that they can be compared by eye."""
    assert PerformanceMetrics.from_samples("work", samples).display() == line


@UNTIMED
@given(st.lists(st.floats(0, 1e15), min_size=1, max_size=30))
def test_any_times_can_be_displayed(samples: list[float]) -> None:
    """Whatever the times, the display is one line with the name and the count."""
    line = PerformanceMetrics.from_samples("work", samples).display()
    assert line.startswith("work: ")
    assert line.endswith(f"n={len(samples)})")
    assert "\n" not in line
    assert "nan" not in line


def test_compare_with_a_baseline() -> None:
    """Metrics are judged against a baseline's by all samples, with the remark that each is one process."""
    before = PerformanceMetrics.from_samples("before", [100.0, 101.0, 99.0, 102.0, 98.0] * 4)
    after = PerformanceMetrics.from_samples("after", [120.0, 121.0, 119.0, 122.0, 118.0] * 4)
    judgement = after.compare_with(before)
    assert judgement.verdict == "regression"
    assert judgement.change == pytest.approx(0.2)
    assert judgement.figures is not None
    assert judgement.figures.df == pytest.approx(38.0)
    assert judgement.figures.speedup.value == pytest.approx(1 / 1.2)
    assert (judgement.base_processes, judgement.head_processes) == (1, 1)
    assert judgement.remark == ONE_PROCESS
    assert before.compare_with(after).verdict == "improvement"
    assert before.compare_with(before).verdict == "unchanged"
    assert after.compare_with(before, threshold=0.3).verdict == "unchanged"


def test_a_comparison_needs_two_samples() -> None:
    """One sample has no spread to compare by; the error names the metrics that lack it."""
    one = PerformanceMetrics.from_samples("one", [5.0])
    two = PerformanceMetrics.from_samples("two", [5.0, 6.0])
    for head, base in ((one, two), (two, one)):
        with pytest.raises(ValueError, match=r"^one: samples: 1; a comparison needs two or more"):
            head.compare_with(base)


async def helper() -> None:
    """A coroutine function that nobody awaits."""


def throws_away() -> None:
    """An operation that forgets to await."""
    helper()  # type: ignore[unused-coroutine]


async def throws_away_awaited() -> None:
    """The same in a coroutine."""
    helper()  # type: ignore[unused-coroutine]


def throws_away_and_raises() -> None:
    """The same in an operation that fails besides."""
    helper()  # type: ignore[unused-coroutine]
    raise ValueError


@pytest.mark.parametrize("warmup", [0, 3])
@pytest.mark.parametrize("operation", [throws_away, throws_away_awaited, throws_away_and_raises])
def test_coroutines_that_are_thrown_away(operation: Callable[[], Any], warmup: int) -> None:
    """A coroutine made in an operation and never awaited is no work done, and an error that names it."""
    harness = BenchmarkHarness("work", warmup_iterations=warmup)
    with pytest.raises(TypeError, match="work: the operation made a coroutine of helper that nobody awaited"):
        if operation is throws_away_awaited:
            asyncio.run(harness.run(operation))
        else:
            harness.run_sync(operation)


@pytest.mark.parametrize("warmup", [0, 3])
def test_a_loop_in_a_running_loop(warmup: int) -> None:
    """What can't be awaited because the event loop runs already is told as that, not as a missing await."""

    latest: list[Coroutine[Any, Any, None]] = []

    async def operation() -> None:
        latest[:] = [helper()]
        asyncio.run(latest[0])

    with pytest.raises(RuntimeError, match=r"all 10 iterations failed, .* from a running event loop"):
        asyncio.run(BenchmarkHarness("work", 10, warmup).run(operation))
    latest[0].close()


def test_coroutines_that_others_throw_away() -> None:
    """Another task's are warned of as ever, and not the operation's."""

    async def other() -> None:
        while True:
            helper()  # type: ignore[unused-coroutine]
            await asyncio.sleep(0)

    async def both() -> PerformanceMetrics:
        task = asyncio.create_task(other())
        metrics = await BenchmarkHarness("work").run(functools.partial(asyncio.sleep, 0))
        task.cancel()
        return metrics

    with pytest.warns(RuntimeWarning, match="'helper' was never awaited"):
        assert asyncio.run(both()).sample_count == 100
    with pytest.warns(RuntimeWarning, match="'helper' was never awaited"):
        throws_away()


def test_nan_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A result that is no number is no failure, and doesn't go unnoticed; it is logged once."""
    results = iter([1.0, math.nan] * 10)
    with caplog.at_level(logging.WARNING, "iaipy.performance"):
        metrics = BenchmarkHarness("ratio", 20, 0).run_sync(lambda: next(results))
    assert (metrics.sample_count, metrics.failure_count) == (20, 0)
    (record,) = caplog.records
    assert record.getMessage().startswith("ratio: 10 of 20 iterations returned NaN")


def test_a_name_must_be_a_text() -> None:
    """Anything else is refused by type."""
    wrong: Any = None
    with pytest.raises(TypeError, match="name=None: a text is wanted"):
        BenchmarkHarness(wrong, 20)


def test_a_baseline_must_be_metrics() -> None:
    """Anything else is refused by type, before anything is compared."""
    metrics = PerformanceMetrics.from_samples("x", [1.0, 2.0])
    wrong: Any = None
    with pytest.raises(TypeError, match=r"x: compare_with\(\) takes the metrics from before, not None"):
        metrics.compare_with(wrong)
