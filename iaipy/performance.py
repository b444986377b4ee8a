"""Timing a function or a coroutine from within a program: `BenchmarkHarness` and its `PerformanceMetrics`.

All happens in the calling process. For figures that hold against other runs, processes must be repeated
too: that is what `iaipy run` does.
"""

import inspect
import logging
import math
import time
import warnings
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import CoroutineType
from typing import Any, Self

from iaipy.compare.statistics import summary
from iaipy.compare.walltime import judge
from iaipy.model.timing import DEFAULT_ALPHA, DEFAULT_THRESHOLD, Judgement, Rule

LEAST_ITERATIONS = 10
"""Below ten samples a percentile or an interval says next to nothing."""

ONE_PROCESS = (
    "each side is one process: what differs from process to process (memory layout, hash seed, the machine's "
    "moment) is in neither p nor interval, so both promise too much; iaipy run repeats processes"
)
"""The remark on every comparison of samples that come from one process each."""

_UNITS = (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0))

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PerformanceMetrics:
    """How long an operation took, over the iterations of one process.

    Parameters:
        operation: its name.
        mean_ns, stddev_ns, min_ns, max_ns, p50_ns, p95_ns, p99_ns: nanoseconds per iteration; the standard
            deviation is over n − 1, and None with one sample.
        sample_count: iterations that succeeded.
        failure_count: iterations that failed, which are in none of the figures.
        samples_ns: the samples themselves, in the order in which they were taken.
    """

    operation: str
    mean_ns: float
    stddev_ns: float | None
    min_ns: float
    max_ns: float
    p50_ns: float
    p95_ns: float
    p99_ns: float
    sample_count: int
    failure_count: int = 0
    samples_ns: tuple[float, ...] = field(default=(), repr=False)

    @classmethod
    def from_samples(cls, operation: str, samples_ns: Iterable[float], *, failure_count: int = 0) -> Self:
        """The metrics of raw samples; docs/statistics.md has the formulas.

        Parameters:
            operation: what the metrics are called.
            samples_ns: the nanoseconds of each iteration that succeeded.
            failure_count: how many iterations failed.

        Raises:
            ValueError: no samples, or one that is NaN, infinite or negative.
        """
        samples = tuple(float(sample) for sample in samples_ns)
        if not samples:
            raise ValueError(f"{operation}: there are no samples to take metrics of")
        for number, sample in enumerate(samples, 1):
            if not 0 <= sample < math.inf:
                raise ValueError(
                    f"{operation}: sample {number} is {sample!r}; a time of 0 ns or more is wanted"
                )
        of = summary([samples])
        return cls(
            operation,
            of.mean_ns,
            of.stddev_ns,
            of.min_ns,
            of.max_ns,
            of.p50_ns,
            of.p95_ns,
            of.p99_ns,
            of.n,
            failure_count,
            samples,
        )

    def display(self) -> str:
        """One line with all figures, in the unit that fits the mean."""
        unit, size = next((unit for unit in _UNITS if self.mean_ns >= unit[1]), _UNITS[-1])

        def shown(value_ns: float) -> str:
            return f"{value_ns / size:,.3f}"

        spread = "" if self.stddev_ns is None else f" ± {shown(self.stddev_ns)}"
        figures = ", ".join(
            f"{name} {shown(value_ns)}"
            for name, value_ns in (
                ("min", self.min_ns),
                ("p50", self.p50_ns),
                ("p95", self.p95_ns),
                ("p99", self.p99_ns),
                ("max", self.max_ns),
            )
        )
        failed = f", {self.failure_count} failed" if self.failure_count else ""
        count = f"n={self.sample_count}{failed}"
        return f"{self.operation}: {shown(self.mean_ns)}{spread} {unit} ({figures}; {count})"

    def compare_with(
        self,
        baseline: "PerformanceMetrics",
        *,
        alpha: float = DEFAULT_ALPHA,
        threshold: float = DEFAULT_THRESHOLD,
    ) -> Judgement:
        """Judge these metrics against a baseline's, by Welch's (1947) t-test on the two sets of samples.

        Every sample counts as independent, which samples of one process are not: the judgement's remark
        says so.

        Parameters:
            baseline: the metrics from before.
            alpha: p must be below it for a regression or an improvement.
            threshold: and the relative change beyond this, 0.1 for 10 %.

        Raises:
            TypeError: the baseline is no PerformanceMetrics.
            ValueError: either has fewer than two samples, or alpha or threshold is out of range.
        """
        if not isinstance(baseline, PerformanceMetrics):
            raise TypeError(
                f"{self.operation}: compare_with() takes the metrics from before, not {baseline!r}"
            )
        for metrics in (baseline, self):
            if len(metrics.samples_ns) < 2:
                raise ValueError(
                    f"{metrics.operation}: samples: {len(metrics.samples_ns)}; a comparison needs two or more"
                )
        base, head = ([[sample] for sample in metrics.samples_ns] for metrics in (baseline, self))
        judgement = judge(base, head, Rule(alpha, threshold, location="mean", trim=0.0, in_turn=False))
        return replace(judgement, base_processes=1, head_processes=1, remark=ONE_PROCESS)


class BenchmarkHarness:
    """Times an operation again and again in this process.

    The time of an iteration includes that of one call and of reading the clock.

    Parameters:
        name: what the metrics are called.
        iterations: how many are timed, at least 10.
        warmup_iterations: how many run before, untimed.
        clock: nanoseconds from some point on.

    Raises:
        TypeError: the name is no text.
        ValueError: it is empty, or a number is out of range.
    """

    def __init__(
        self,
        name: str,
        iterations: int = 100,
        warmup_iterations: int = 10,
        *,
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        if not isinstance(name, str):
            raise TypeError(f"name={name!r}: a text is wanted")
        if not name.strip():
            raise ValueError("a benchmark's name can't be empty")
        for option, value, least in (
            ("iterations", iterations, LEAST_ITERATIONS),
            ("warmup_iterations", warmup_iterations, 0),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"{option}={value!r}: a whole number of at least {least} is wanted")
        self.name = name
        self.iterations = iterations
        self.warmup_iterations = warmup_iterations
        self._clock = clock

    async def run(self, async_op: Callable[[], Coroutine[Any, Any, object]]) -> PerformanceMetrics:
        """Time a coroutine function, awaited in the running event loop.

        An iteration that raises is logged and left out; cancellation goes through. Results that are NaN are
        logged.

        Parameters:
            async_op: an `async def` without parameters; `functools.partial` gives it arguments.

        Raises:
            TypeError: it is no coroutine function, or a coroutine that it makes was never awaited.
            RuntimeError: every iteration failed (the last failure is its cause), or the clock went backwards.
        """
        _require_coroutine_function(async_op)
        clock = self._clock
        with _thrown_away() as unawaited:
            record = _Record(self.name, unawaited)
            for number in range(-self.warmup_iterations, self.iterations):
                try:
                    start = clock()
                    result = await async_op()
                    end = clock()
                except Exception as error:
                    record.failed(number, error)
                else:
                    record.passed(number, start, end, result)
        return record.metrics()

    def run_sync(self, op: Callable[[], object]) -> PerformanceMetrics:
        """Time a plain function.

        An iteration that raises is logged and left out; results that are NaN are logged.

        Parameters:
            op: a callable without parameters.

        Raises:
            TypeError: it is a coroutine function or a generator function, whose call does none of its work,
                or it makes something that was to be awaited.
            RuntimeError: every iteration failed (the last failure is its cause), or the clock went backwards.
        """
        _require_plain_function(op)
        clock = self._clock
        with _thrown_away() as unawaited:
            record = _Record(self.name, unawaited)
            for number in range(-self.warmup_iterations, self.iterations):
                try:
                    start = clock()
                    result = op()
                    end = clock()
                except Exception as error:
                    record.failed(number, error)
                else:
                    record.passed(number, start, end, result)
        return record.metrics()


_watching: ContextVar[list[str] | None] = ContextVar("iaipy.performance", default=None)
"""What notes the coroutines that are thrown away in this context; other tasks' are not the harness's."""


@contextmanager
def _thrown_away() -> Iterator[list[str]]:
    """The names of coroutine functions whose coroutines are thrown away in the block, before an await."""
    _watch()
    names: list[str] = []
    token = _watching.set(names)
    try:
        yield names
    finally:
        _watching.reset(token)


def _watch() -> None:
    """Be told of coroutines that nobody awaits, as `warnings` is, before its filters; once and for all."""
    usual = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]
    if getattr(usual, "__module__", "") == __name__:
        return

    def note(coroutine: "CoroutineType[Any, Any, object]") -> None:
        names = _watching.get()
        if names is None:
            usual(coroutine)
        else:
            names.append(coroutine.__qualname__)

    warnings._warn_unawaited_coroutine = note  # type: ignore[attr-defined]


class _Record:
    """What became of the iterations so far; those of the warm-up have negative numbers.

    Parameters:
        unawaited: where the names of coroutines that were thrown away appear.
    """

    def __init__(self, name: str, unawaited: list[str]) -> None:
        self._name = name
        self._unawaited = unawaited
        self._samples_ns: list[int] = []
        self._failure_count = 0
        self._nan_count = 0
        self._last_failure: Exception | None = None
        self._last_reading: float = -math.inf

    def passed(self, number: int, start: int, end: int, result: object) -> None:
        """Keep the time of an iteration, after a look at its result and at the clock."""
        if inspect.isawaitable(result):
            if inspect.iscoroutine(result):
                result.close()
            raise TypeError(
                f"{self._name}: the operation returned a {type(result).__name__} that nobody awaited; "
                "await it in an async def and give that to run()"
            )
        self._refuse_unawaited()
        for reading in (start, end):
            if reading < self._last_reading:
                raise RuntimeError(
                    f"{self._name}: the clock went backwards by {self._last_reading - reading:,} ns; "
                    "a monotonic clock is needed"
                )
            self._last_reading = reading
        if number >= 0:
            self._samples_ns.append(end - start)
            self._nan_count += isinstance(result, float) and math.isnan(result)

    def _refuse_unawaited(self) -> None:
        if self._unawaited:
            raise TypeError(
                f"{self._name}: the operation made a coroutine of {self._unawaited[0]} that nobody awaited, "
                "so that its work is not in the times; await it, in an async def given to run()"
            )

    def failed(self, number: int, error: Exception) -> None:
        """Log an iteration that raised, and leave it out."""
        self._refuse_unawaited()
        which = f"iteration {number}" if number >= 0 else "a warm-up iteration"
        # Its words alone: a log handler may keep its records, and with an error all frames it went through.
        _log.warning("%s: %s failed and is left out: %s", self._name, which, repr(error))
        self._failure_count += number >= 0
        self._last_failure = error
        # The failure before went with that, and with it what it kept from being awaited: asyncio.run in a
        # running loop leaves such a coroutine. It is the failure that was to be told of, and it has been.
        self._unawaited.clear()

    def metrics(self) -> PerformanceMetrics:
        """The metrics of what succeeded."""
        if not self._samples_ns:
            raise RuntimeError(
                f"{self._name}: all {self._failure_count} iterations failed, the last with "
                f"{self._last_failure!r}"
            ) from self._last_failure
        if self._nan_count:
            _log.warning(
                "%s: %d of %d iterations returned NaN; their times are in the figures, and may be those of "
                "a calculation that went wrong",
                self._name,
                self._nan_count,
                len(self._samples_ns),
            )
        return PerformanceMetrics.from_samples(
            self._name, self._samples_ns, failure_count=self._failure_count
        )


def _is_coroutine_function(operation: object) -> bool:
    return inspect.iscoroutinefunction(operation) or inspect.iscoroutinefunction(type(operation).__call__)


def _require_coroutine_function(operation: object) -> None:
    if inspect.iscoroutine(operation):
        operation.close()
        raise TypeError(
            f"run() takes the coroutine function itself, not the {operation!r} that calling it gave"
        )
    if not _is_coroutine_function(operation):
        raise TypeError(
            f"run() takes a coroutine function, not {operation!r}; write an async def, give its arguments "
            "with functools.partial, or use run_sync() for a plain function"
        )


def _require_plain_function(operation: object) -> None:
    if inspect.iscoroutine(operation):
        operation.close()
    if not callable(operation):
        raise TypeError(f"run_sync() takes a function, not {operation!r}")
    if _is_coroutine_function(operation):
        raise TypeError(f"run_sync() would only create the coroutine of {operation!r}; await run() with it")
    if inspect.isgeneratorfunction(operation) or inspect.isasyncgenfunction(operation):
        raise TypeError(
            f"run_sync() would only create the generator of {operation!r}; consume it inside a plain function"
        )
