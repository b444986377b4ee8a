"""An engine that measures nothing: scripted counts, for tests of all that comes after measuring."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType

from iaipy.model.benchmark import Benchmark
from iaipy.model.metrics import EVENTS, Events, counters, spread
from iaipy.model.run import Environment, Failure, Result


class FakeEngine:
    """Answers with the events it was given.

    Parameters:
        script: id → events (those left out count 0), or a Failure.
        environment: what `environment` returns.
    """

    def __init__(
        self, script: Mapping[str, Events | Failure], environment: Environment | None = None
    ) -> None:
        self._script = script
        self._environment = environment or Environment({"method": "fake"})

    def __enter__(self) -> "FakeEngine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def measure(
        self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
    ) -> Iterator[Result | Failure]:
        """Yield the scripted outcome of each benchmark, in order."""
        for benchmark in benchmarks:
            started(benchmark)
            scripted = self._script[benchmark.id]
            if isinstance(scripted, Failure):
                yield scripted
                continue
            events = {event: scripted.get(event, 0) for event in EVENTS}
            counted = counters(events)
            yield Result(
                id=benchmark.id,
                kind=benchmark.kind,
                counters=counted,
                events=events,
                spread=spread([counted]),
                iterations=benchmark.iterations,
                warmup=benchmark.warmup,
                path=benchmark.path,
                line=benchmark.line,
                limits=benchmark.limits,
            )

    def environment(self) -> Environment:
        """The environment it was given."""
        return self._environment

    def warnings(self) -> list[str]:
        """Nothing to warn of."""
        return []
