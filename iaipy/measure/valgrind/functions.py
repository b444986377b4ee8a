"""Counting the functions of one benchmark file."""

import threading
from collections.abc import Callable

from iaipy import workers
from iaipy.measure import assemble
from iaipy.measure.assemble import Reading
from iaipy.measure.once import Once
from iaipy.measure.valgrind.nursery import Nursery
from iaipy.model.benchmark import Benchmark
from iaipy.model.metrics import Events
from iaipy.model.run import Result

_CALIBRATION_REPEATS = 2
_CALIBRATION_WARMUP = 3
_CALIBRATION_TIMEOUT_S = 60.0
_FIRST_TICKET = 100_000  # all tickets have as many digits: what a child does with them must not differ


class FunctionFile:
    """A benchmark file whose functions are measured, in children of one fork server where that is safe.

    Parameters:
        nursery: its fork server, fresh.
        another: starts another like it, for measurements that need a process of their own.
        measurements: how many benchmarks will be measured; after the last the server is ended.
        fork: False to give every measurement a process of its own.
    """

    def __init__(
        self, nursery: Nursery, another: Callable[[], Nursery], measurements: int, *, fork: bool
    ) -> None:
        self._nursery = nursery
        self._another = another
        self._left = measurements
        self._fork = fork and nursery.safe_to_fork
        if self._fork:
            nursery.warm_up()
        self._calibrated: Once[Events] = Once()
        self._lock = threading.Lock()
        self._ticket = _FIRST_TICKET
        self._notes: tuple[str, ...] = ()
        if not nursery.safe_to_fork:
            self._notes = ("measured in fresh processes, because importing the file left threads running",)

    def measure(self, benchmark: Benchmark, repeats: int, timeout_s: float) -> Result:
        """Measure one benchmark, and calibrate for its kind if that is yet to be done.

        Raises:
            MeasurementError: one of the repeats gave no numbers.
        """
        try:
            fork = self._fork and benchmark.fork
            readings = [
                self._read(
                    fork,
                    benchmark.index,
                    benchmark.warmup,
                    benchmark.iterations,
                    timeout_s,
                    functions=repeat == 0,
                )
                for repeat in range(repeats)
            ]
            base = self._empty_region(fork, benchmark)
        finally:
            self._done()
        return assemble.result(benchmark, readings, base, notes=self._notes)

    def _empty_region(self, fork: bool, benchmark: Benchmark) -> Events:
        """What a region of a benchmark's kind costs that calls an empty function as often."""
        work = workers.CALIBRATE_COROUTINE if benchmark.kind == "coroutine" else workers.CALIBRATE_FUNCTION

        def measure() -> Events:
            readings = [
                self._read(fork, work, _CALIBRATION_WARMUP, benchmark.iterations, _CALIBRATION_TIMEOUT_S)
                for _ in range(_CALIBRATION_REPEATS)
            ]
            return assemble.middle(readings)

        return self._calibrated.get((fork, work, benchmark.iterations), measure)

    def _read(
        self,
        fork: bool,
        work: int,
        warmup: int,
        iterations: int,
        timeout_s: float,
        *,
        functions: bool = False,
    ) -> Reading:
        if not fork:
            nursery = self._another()
            try:
                return nursery.measure_here(
                    work, _FIRST_TICKET, warmup, iterations, timeout_s, functions=functions
                )
            finally:
                nursery.close()
        with self._lock:
            self._ticket += 1
            ticket = self._ticket
        return self._nursery.measure(work, ticket, warmup, iterations, timeout_s, functions=functions)

    def _done(self) -> None:
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._nursery.close()
