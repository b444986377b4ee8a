"""Benchmarks of two sides timed in alternation, so that whatever the machine does befalls both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from iaipy.measure import ENGINES
from iaipy.measuring import Watcher, with_partners
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Environment, Failure, Outcome, Timing
from iaipy.revisions.sides import Side
from iaipy.suite import modes


@dataclass(frozen=True)
class Timed:
    """What came of it.

    Parameters:
        outcomes: by side, timings and failures.
        machine: where they were timed.
        interrupted: whether not all were.
    """

    outcomes: Mapping[str, tuple[Outcome, ...]]
    machine: Environment
    interrupted: bool


def wanted(side: Side) -> list[Benchmark]:
    """The benchmarks of a side that are to be timed."""
    return [b for b in side.collected.benchmarks if "walltime" in modes(b, side.config.mode)]


def timed(sides: Mapping[str, Side], activate: Callable[[str], None], watcher: Watcher) -> Timed:
    """Time the benchmarks of all sides; those of one name follow one another in every turn.

    Parameters:
        sides: name → side, base first.
        activate: called with a side's name before each of its processes starts.

    Raises:
        HostError: the machine can't time.
    """
    by_id: dict[str, list[tuple[str, Benchmark]]] = {}
    for name, side in sides.items():
        for benchmark in with_partners(wanted(side), side.collected):
            by_id.setdefault(benchmark.id, []).append((name, benchmark))
    entries = [
        (name, benchmark.id, _named(name, benchmark)) for pair in by_id.values() for name, benchmark in pair
    ]
    origins = {each.id: (name, id_) for name, id_, each in entries}
    asked = {name: {benchmark.id for benchmark in wanted(side)} for name, side in sides.items()}
    outcomes: dict[str, list[Outcome]] = {name: [] for name in sides}
    interrupted = False
    watcher.planned(sum(len(ids) for ids in asked.values()))
    *_, last = sides.values()

    def started(benchmark: Benchmark) -> None:
        activate(origins[benchmark.id][0])
        watcher.started(benchmark)

    with ENGINES["walltime"](last.config) as engine:
        try:
            for outcome in engine.measure([each for _, _, each in entries], started):
                name, id_ = origins[outcome.id]
                if id_ in asked[name]:
                    watcher.done(outcome)
                    outcomes[name].append(_own(outcome, id_, origins))
            for warning in engine.warnings():
                watcher.warned(warning)
        except KeyboardInterrupt:
            interrupted = True
        machine = engine.environment()
    return Timed({name: tuple(each) for name, each in outcomes.items()}, machine, interrupted)


def _named(name: str, benchmark: Benchmark) -> Benchmark:
    """A benchmark of a side, its id told from that of the other side."""
    command = benchmark.command
    if command and command.minus:
        command = replace(command, minus=f"{name}: {command.minus}")
    return replace(benchmark, id=f"{name}: {benchmark.id}", command=command)


def _own(outcome: Outcome, id_: str, origins: Mapping[str, tuple[str, str]]) -> Outcome:
    """The outcome under the benchmark's own id."""
    if isinstance(outcome, Timing) and outcome.minus:
        return replace(outcome, id=id_, minus=origins[outcome.minus][1])
    if isinstance(outcome, Failure):
        prefix = outcome.id.removesuffix(id_)
        return replace(outcome, id=id_, reason=outcome.reason.replace(prefix, ""))
    return replace(outcome, id=id_)
