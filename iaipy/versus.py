"""Two benchmarks, or one under two interpreters, timed in alternation and held against each other."""

from dataclasses import dataclass, replace
from pathlib import Path

from iaipy import suite
from iaipy.config import Config
from iaipy.errors import BenchmarkError, UsageError
from iaipy.measure import ENGINES
from iaipy.measuring import Watcher
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Environment, Failure, Timing
from iaipy.model.timing import Judgement, Rule, Summary


@dataclass(frozen=True)
class Versus:
    """What came out.

    Parameters:
        base, head: the two sides; their processes took turns.
        judgement: of head against base.
        summaries: of base and of head.
        machine: where they were timed.
    """

    base: Timing
    head: Timing
    judgement: Judgement
    summaries: tuple[Summary, Summary]
    machine: Environment


def versus(
    config: Config,
    words: tuple[str, str],
    pythons: tuple[str, str],
    start: Path,
    watcher: Watcher,
) -> Versus:
    """Time two sides in alternation, so that whatever the machine does meanwhile befalls both.

    Parameters:
        words: the benchmark on either side, base first; they may be the same.
        pythons: the interpreter on either side; "" for the configured one.

    Raises:
        UsageError: a word does not name one benchmark, or there is no difference between the sides.
        BenchmarkError: one of them failed.
        NothingToDoError, HostError: as `pipeline.run`.
    """
    from iaipy.compare import statistics, walltime  # numpy takes longer to import than all of iaipy

    if words[0] == words[1] and pythons[0] == pythons[1]:
        raise UsageError(
            "both sides are the same benchmark under the same interpreter",
            "name two benchmarks, or an interpreter with --base-python or --head-python",
        )
    sides = [
        _side(name, word, python, config, start)
        for name, word, python in zip(("base", "head"), words, pythons, strict=True)
    ]
    ids = [side[0].id for side in sides]
    watcher.planned(len(sides))
    timings: dict[str, Timing] = {}
    with ENGINES["walltime"](config) as engine:
        for outcome in engine.measure([each for side in sides for each in side], watcher.started):
            if isinstance(outcome, Failure):
                raise BenchmarkError(f"{outcome.id}: {outcome.reason}", outcome.details)
            assert isinstance(outcome, Timing)
            timings[outcome.id] = outcome
            if outcome.id in ids:
                watcher.done(outcome)
        for warning in engine.warnings():
            watcher.warned(warning)
        machine = engine.environment()
    base, head = (timings[id_] for id_ in ids)
    judgement = walltime.judge(
        base.samples_ns,
        head.samples_ns,
        Rule(config.significance, config.walltime_limit, in_turn=False),
        least_ns=walltime.least_measurable(base, head),
    )
    summaries = statistics.summary(base.samples_ns), statistics.summary(head.samples_ns)
    return Versus(base, head, judgement, summaries, machine)


def _side(name: str, word: str, python: str, config: Config, start: Path) -> list[Benchmark]:
    """The one benchmark that a word names, and the command that it is held against, if any.

    Their ids tell the sides apart.
    """
    collected = suite.collect(
        replace(config, python=python or config.python, mode="walltime"), (word,), start
    )
    if collected.failures:
        failure = collected.failures[0]
        raise BenchmarkError(f"{failure.id}: {failure.reason}", failure.details)
    if len(collected.benchmarks) != 1:
        found = ", ".join(benchmark.name for benchmark in collected.benchmarks) or "none"
        raise UsageError(f"{word} must name one benchmark, and names {found}", "write FILE::BENCHMARK")
    under = f" under {python}" if python else ""

    def named(benchmark: Benchmark) -> Benchmark:
        return replace(
            benchmark, id=f"{name}: {benchmark.id}{under}", pace=replace(benchmark.pace, python=python)
        )

    benchmark = named(collected.benchmarks[0])
    if benchmark.command is None or benchmark.command.minus is None:
        return [benchmark]
    partner = named(next(other for other in collected.others if other.id == benchmark.command.minus))
    return [replace(benchmark, command=replace(benchmark.command, minus=partner.id)), partner]
