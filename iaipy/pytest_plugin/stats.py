"""`benchmark.stats`: what pytest-benchmark has in seconds, from counts. PYTEST_DONT_REWRITE."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter, process_time  # their own names: a test may replace the module's
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iaipy.model.run import Result

NANOSECONDS_PER_CYCLE = 1
_SAME = ("min", "max", "mean", "median", "q1", "q3", "hd15iqr", "ld15iqr")
_NOUGHT = ("stddev", "iqr", "iqr_outliers", "stddev_outliers")
_TRIES = 5
"""Looks at the clock, of which one may have been kept from the processor."""


class Stats:
    """Seconds of a call: those that a machine of 1 GHz takes for its estimated cycles, and those it waited.

    Parameters:
        result: what was measured.
        waited_s: seconds that a call waited.
    """

    def __init__(self, result: Result, waited_s: float) -> None:
        cycles = result.counters["estimated_cycles"]
        self._seconds = cycles * NANOSECONDS_PER_CYCLE * 1e-9 / result.iterations + waited_s
        self.iterations = result.iterations
        self.rounds = 1

    @property
    def stats(self) -> Stats:
        """pytest-benchmark has the figures one level down."""
        return self

    @property
    def data(self) -> list[float]:
        """The seconds of each round."""
        return [self._seconds]

    def __getattr__(self, name: str) -> Any:
        if name in _SAME:
            return self._seconds
        if name in _NOUGHT:
            return 0.0
        if name == "total":
            return self._seconds * self.iterations
        if name == "ops":
            return 1 / (self._seconds or 1e-9)
        raise AttributeError(name)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


def seconds_of(play: Callable[[], Any]) -> tuple[Any, float]:
    """What a function returns, and the seconds that it waited rather than worked."""
    __tracebackhide__ = True
    overhead = min(_waiting(lambda: None)[1] for _ in range(_TRIES))
    result, waited = _waiting(play)
    return result, max(0.0, waited - overhead)


def _waiting(play: Callable[[], Any]) -> tuple[Any, float]:
    __tracebackhide__ = True
    start = perf_counter()
    start_cpu = process_time()
    result = play()
    worked = process_time() - start_cpu
    return result, perf_counter() - start - worked
