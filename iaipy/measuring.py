"""The second stage whole: benchmarks measured in every mode, kept on disk one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic

from iaipy.compare import gate
from iaipy.config import Config
from iaipy.measure import ENGINES, Engine, environment
from iaipy.model.benchmark import MODES, Benchmark, Mode
from iaipy.model.run import Failure, Outcome, Result, Run, Timing
from iaipy.store import baselines
from iaipy.suite import Collected, modes
from iaipy.timing import measure_time


@dataclass(frozen=True)
class Watcher:
    """Who is told how a run goes on; calls may come from several threads.

    Parameters:
        planned: how many benchmarks will be measured.
        started, done: a benchmark's turn, and its outcome.
        warned: a sentence that a person should read.
    """

    planned: Callable[[int], None] = lambda number: None
    started: Callable[[Benchmark], None] = lambda benchmark: None
    done: Callable[[Outcome], None] = lambda outcome: None
    warned: Callable[[str], None] = lambda sentence: None


@measure_time("iaipy.measure")
def measure(config: Config, collected: Collected, base: Run | None, watcher: Watcher) -> tuple[Run, bool]:
    """Measure the benchmarks in all modes asked for, and keep the outcomes so far as the run `last`.

    Parameters:
        base: the run that this one will be held against; measuring ends where their environments differ.

    Returns:
        the run, and whether it was interrupted.

    Raises:
        HostError: the machine can't measure, or not in the environment of `base`.
        UsageError: something in the configuration is wrong.
    """
    storage = config.storage
    head = begun(config, collected)
    position = {benchmark.id: index for index, benchmark in enumerate(collected.benchmarks)}
    wanted = {mode: [b for b in collected.benchmarks if mode in modes(b, config.mode)] for mode in MODES}
    placed: set[Mode] = set()
    interrupted = False
    keep = _seldom(partial(baselines.save_last, storage))
    baselines.prepare(storage)  # now: a folder that appears while files are imported would leave its mark
    watcher.planned(sum(len(benchmarks) for benchmarks in wanted.values()))
    try:
        for mode, benchmarks in wanted.items():
            if not benchmarks:
                continue
            ids = {benchmark.id for benchmark in benchmarks}
            with ENGINES[mode](config) as engine:
                for outcome in engine.measure(with_partners(benchmarks, collected), watcher.started):
                    if outcome.id not in ids:
                        continue
                    watcher.done(outcome)
                    head = _added(head, outcome, position)
                    if mode not in placed and not isinstance(outcome, Failure):
                        placed.add(mode)
                        head = _placed(head, mode, engine, config, base)
                        for warning in engine.warnings():
                            watcher.warned(warning)
                    keep(head)
    except KeyboardInterrupt:
        interrupted = True
        outcomes: list[Outcome] = [*head.benchmarks, *head.timings, *head.failures]
        done = {(outcome.id, outcome.mode) for outcome in outcomes}
        for mode, benchmarks in wanted.items():
            for left in benchmarks:
                if (left.id, mode) not in done:
                    failure = Failure(left.id, "was not measured: the run was interrupted", "", mode)
                    head = _added(head, failure, position)
    finally:
        baselines.save_last(storage, head)
    return head, interrupted


def begun(config: Config, collected: Collected) -> Run:
    """A run that begins now and has no results yet, but for the files that can't be imported."""
    return Run(
        created_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=environment.commit(config.root),
        failures=collected.failures,
        shard=config.shard,
    )


def _seldom(save: Callable[[Run], object]) -> Callable[[Run], None]:
    """A function that saves what it is given, unless saving would take more than a tenth of the time."""
    next_s = 0.0

    def save_now_and_then(head: Run) -> None:
        nonlocal next_s
        begin_s = monotonic()
        if begin_s >= next_s:
            save(head)
            next_s = begin_s + 10 * (monotonic() - begin_s)

    return save_now_and_then


def _placed(head: Run, mode: Mode, engine: Engine, config: Config, base: Run | None) -> Run:
    """The run with where it is measured, as the first outcome makes known; refused if it doesn't suit."""
    if mode == "walltime":
        return replace(head, machine=engine.environment())
    head = replace(head, environment=engine.environment())
    if base is not None and base.benchmarks and not config.allow_environment_change:
        gate.require_same_environment(head, base, config.baseline or "")
    return head


def with_partners(chosen: Sequence[Benchmark], collected: Collected) -> list[Benchmark]:
    """The benchmarks to measure, and the commands that some of them are held against."""
    ids = {benchmark.id for benchmark in chosen}
    partners = {benchmark.command.minus for benchmark in chosen if benchmark.command} - ids
    return [*chosen, *(b for b in (*collected.benchmarks, *collected.others) if b.id in partners)]


def _added(head: Run, outcome: Outcome, position: dict[str, int]) -> Run:
    """The run with one outcome more, in the order of the suite."""

    def order(each: Outcome) -> int:
        return position.get(each.id, -1)

    if isinstance(outcome, Result):
        return replace(head, benchmarks=tuple(sorted((*head.benchmarks, outcome), key=order)))
    if isinstance(outcome, Timing):
        return replace(head, timings=tuple(sorted((*head.timings, outcome), key=order)))
    return replace(head, failures=tuple(sorted((*head.failures, outcome), key=order)))
