"""Engines that turn benchmarks into numbers; `ENGINES` lists them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from iaipy.config import Config
from iaipy.measure.valgrind.engine import CachegrindEngine
from iaipy.measure.walltime.engine import WalltimeEngine
from iaipy.model.benchmark import Benchmark, Mode
from iaipy.model.run import Environment, Failure, Result, Timing


class Engine(Protocol):
    """Measures benchmarks in one environment."""

    def measure(
        self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
    ) -> Iterator[Result | Timing | Failure]:
        """Yield one outcome per benchmark as it is done; `started` hears, from any thread, what begins."""

    def environment(self) -> Environment:
        """Where the measurements are made; complete once `measure` has yielded."""

    def warnings(self) -> list[str]:
        """What a person should know of this machine, one sentence each."""


ENGINES: dict[Mode, Callable[[Config], AbstractContextManager[Engine]]] = {
    "instructions": CachegrindEngine,
    "walltime": WalltimeEngine,
}
"""Mode → what makes the engine that measures so; its context manager leaves no process behind."""
