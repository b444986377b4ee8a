"""Engines that turn benchmarks into numbers; `ENGINES` lists them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from iaipy.config import Config
from iaipy.measure.fake import FakeEngine
from iaipy.measure.valgrind.engine import CachegrindEngine
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Environment, Failure, Result


class Engine(Protocol):
    """Measures benchmarks in one environment; a context manager that leaves no process behind."""

    def measure(self, benchmarks: Sequence[Benchmark]) -> Iterator[Result | Failure]:
        """Yield one outcome per benchmark, as each is done."""

    def environment(self) -> Environment:
        """Where the measurements are made; complete once `measure` has yielded."""


ENGINES: Mapping[str, Callable[[Config], AbstractContextManager[Engine]]] = {
    "cachegrind": CachegrindEngine,
    "fake": FakeEngine,
}
