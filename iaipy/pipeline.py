"""The five stages joined: collect, measure, compare, store, report. No click, no printing."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

from iaipy import process
from iaipy.collect import discover, python_files, select, shards, suite_files
from iaipy.compare import gate
from iaipy.config import Config
from iaipy.errors import ExitCode, GateError, IaipyError, MeasurementError, NothingToDoError
from iaipy.measure import ENGINES, Engine, environment
from iaipy.model.benchmark import MODES, Benchmark, Limits, Mode
from iaipy.model.comparison import Comparison
from iaipy.model.run import Failure, Result, Run, Timing
from iaipy.model.run import Outcome as Measured
from iaipy.store import baselines
from iaipy.timing import measure_time

_EVERYTHING: Mapping[Mode, Callable[[str], bool]] = {mode: lambda benchmark_id: True for mode in MODES}
"""By mode, whether an id was to be measured: all were."""


@dataclass(frozen=True)
class Collected:
    """What there is to measure.

    Parameters:
        benchmarks: those asked for, in the order of their files.
        others: benchmarks of the same files that were not asked for.
        failures: files that can't be imported.
        asked_for: whether an id is of those asked for, also where there is no such benchmark any more.
    """

    benchmarks: tuple[Benchmark, ...]
    others: tuple[Benchmark, ...]
    failures: tuple[Failure, ...]
    asked_for: Callable[[str], bool]

    def asked_in(self, mode: Mode, asked: str) -> Callable[[str], bool]:
        """Whether an id is of those that are to be measured in a mode.

        Parameters:
            asked: one mode or "all", as of `modes`.
        """
        # What wasn't declared for any mode may have results in one that "all" doesn't stand for.
        elsewhere = {b.id for b in self.benchmarks if not b.modes and mode not in modes(b, asked)}
        return lambda id_: asked in (mode, "all") and id_ not in elsewhere and self.asked_for(id_)


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
    done: Callable[[Measured], None] = lambda outcome: None
    warned: Callable[[str], None] = lambda sentence: None


@dataclass(frozen=True)
class Outcome:
    """What a command ends with.

    Parameters:
        run, comparison: what to report.
        exit_code: what the gate says.
        troubles: errors that came up beside the run, none of which stopped it.
        saved: the baseline's file, if one was saved.
    """

    run: Run
    comparison: Comparison
    exit_code: ExitCode
    troubles: tuple[IaipyError, ...] = ()
    saved: Path | None = None


@measure_time("iaipy.collect")
def collect(config: Config, words: Sequence[str], start: Path) -> Collected:
    """Find the benchmarks that the words and the configuration ask for.

    Parameters:
        words: targets such as `benchmarks/bench_x.py::parse`, from the folder `start`; none for all.

    Raises:
        UsageError: a target does not exist, or a suite or declaration is wrong.
    """
    places = discover.targets(words or config.benchmarks, start if words else config.root, config.root)
    files = discover.files(places, config.pattern)
    env = environment.pinned(os.environ, profile=config.cpu_profile, extra=config.env, passed=config.pass_env)
    del env["PYTHONDONTWRITEBYTECODE"]  # the measured import then finds compiled modules, the first time too
    python = environment.find_python(config.python, env)
    if config.python:
        environment.check_python(python, env, counts=config.mode != "walltime")

    def read(path: Path) -> tuple[Benchmark, ...] | Failure:
        if path.suffix != ".py":
            return suite_files.read_suite(path, config.root)
        try:
            return python_files.read_file(path, config.root, python, env, config.timeout_s)
        except MeasurementError as error:
            return Failure(path.relative_to(config.root).as_posix(), error.message, error.details)

    with ThreadPoolExecutor(config.jobs) as pool:
        try:
            read_files = list(pool.map(read, files))
        except BaseException:  # an interruption must not wait for imports to end
            pool.shutdown(wait=False, cancel_futures=True)
            process.end_all()
            raise
    found = [benchmark for part in read_files if not isinstance(part, Failure) for benchmark in part]
    failures = tuple(part for part in read_files if isinstance(part, Failure))
    if not failures:
        discover.require_known(found, places, config.root)
    tagged = {b.id for b in found if not config.tag or set(config.tag) & set(b.tags)}

    def asked_for(benchmark_id: str) -> bool:
        if not (words or config.keyword or config.tag):
            return True
        return (
            discover.covered(benchmark_id, places, config.root)
            and select.matches(config.keyword, benchmark_id)
            and (not config.tag or benchmark_id in tagged)
        )

    return Collected(
        tuple(benchmark for benchmark in found if asked_for(benchmark.id)),
        tuple(benchmark for benchmark in found if not asked_for(benchmark.id)),
        failures,
        asked_for,
    )


def run(config: Config, words: Sequence[str], start: Path, watcher: Watcher) -> Outcome:
    """Measure what was asked for, hold it against the baseline, and save it, as configured.

    The outcomes so far are kept on disk as the run `last`. A KeyboardInterrupt ends the measuring; what
    there is by then is still compared and reported.

    Raises:
        NothingToDoError: nothing to measure, or no such baseline.
        HostError: valgrind can't be used, or the baseline is of another environment.
        UsageError: something in the configuration, a declaration or a suite is wrong.
    """
    storage = config.storage
    if config.save_baseline:
        baselines.check_name(config.save_baseline)
    base = _baseline(config, watcher)
    collected = _sharded(collect(config, words, start), config, base)
    if not any(modes(b, config.mode) for b in collected.benchmarks) and not collected.failures:
        raise nothing_found(config, words)
    head, interrupted = measure(config, collected, base, watcher)
    asked_in = {mode: collected.asked_in(mode, config.mode) for mode in MODES}
    comparison = _compared(config, head, base, config.baseline or "", asked_in)
    code = _exit_code(comparison, config)
    troubles = _stale(comparison, config)
    if code is ExitCode.OK and gate.nothing_compared(comparison):
        troubles.append(_nothing_compared(config.baseline or ""))
    saved = None
    if interrupted:
        code = ExitCode.INTERRUPTED
    elif config.save_baseline and config.save_baseline == config.baseline and code is ExitCode.REGRESSION:
        troubles.append(_kept_baseline(config.save_baseline))
    elif config.save_baseline:
        try:
            saved = _save(storage, config, head, asked_in)
        except IaipyError as error:
            troubles.append(error)
    if code is ExitCode.OK and troubles:
        code = troubles[0].exit_code
    return Outcome(head, comparison, code, tuple(troubles), saved)


def _sharded(collected: Collected, config: Config, base: Run | None) -> Collected:
    """The configured shard of it; what no suite has any more is missed by the first shard alone."""
    if config.shard is None:
        return collected
    measured = [benchmark for benchmark in collected.benchmarks if modes(benchmark, config.mode)]
    mine = {b.id for b in shards.part(measured, config.shard, shards.costs(base) if base else {})}
    left = {benchmark.id for benchmark in measured} - mine
    number, total = config.shard
    if left and not mine:
        raise NothingToDoError(
            f"shard {number}/{total} is empty, because there are only {len(left)} benchmarks",
            f"split them into {len(left)} shards at most",
        )
    return replace(
        collected,
        benchmarks=tuple(benchmark for benchmark in collected.benchmarks if benchmark.id not in left),
        others=(*collected.others, *(b for b in collected.benchmarks if b.id in left)),
        asked_for=lambda id_: id_ in mine or (number == 1 and id_ not in left and collected.asked_for(id_)),
    )


def compare(config: Config, base_word: str, head_word: str) -> Outcome:
    """Hold one stored run against another, each given by name or by file.

    Raises:
        NothingToDoError: there is no such run, or they have no benchmark in common.
        HostError: a file is damaged, or they are of different environments.
    """
    storage = config.storage
    base_name, base = baselines.find(storage, base_word)
    _, head = baselines.find(storage, head_word)
    if head.benchmarks and base.benchmarks and not config.allow_environment_change:
        gate.require_same_environment(head, base, base_name)
    comparison = _compared(config, head, base, base_name)
    if gate.nothing_compared(comparison):
        raise _nothing_compared(base_name)
    code = _exit_code(comparison, config)
    return Outcome(head, comparison, code, tuple(_stale(comparison, config)))


def stored(config: Config, word: str) -> Outcome:
    """A stored run, given by name or by file, held against the configured baseline if there is one.

    Raises:
        NothingToDoError: there is no such run.
        HostError: a file is damaged, or they are of different environments.
    """
    if config.baseline:
        return compare(config, config.baseline, word)
    _, head = baselines.find(config.storage, word)
    return Outcome(head, _compared(config, head, None, ""), ExitCode.OK)


@measure_time("iaipy.compare")
def _compared(
    config: Config,
    head: Run,
    base: Run | None,
    base_name: str,
    asked_in: Mapping[Mode, Callable[[str], bool]] = _EVERYTHING,
) -> Comparison:
    """The run held against a baseline, its counts and its times."""
    comparison = gate.compare(
        head,
        base,
        limits=Limits(config.limit, config.hard_limit),
        min_change=config.min_change,
        base_name=base_name,
        asked_for=asked_in["instructions"],
    )
    if base and not (head.benchmarks and base.benchmarks):  # then one of them has no environment
        comparison = replace(comparison, environment_changes=(), noted_changes=())
    outcomes: tuple[Measured, ...] = (*head.timings, *head.failures, *(base.timings if base else ()))
    if all(outcome.mode != "walltime" for outcome in outcomes):
        return comparison
    from iaipy.compare import timings  # numpy takes longer to import than all of iaipy

    timed = timings.compare(
        head,
        base,
        alpha=config.significance,
        threshold=config.walltime_limit,
        control_false_discovery=config.false_discovery_control,
        any_machine=config.allow_environment_change,
        asked_for=asked_in["walltime"],
    )
    return replace(comparison, timings=timed)


def _exit_code(comparison: Comparison, config: Config) -> ExitCode:
    return gate.exit_code(
        comparison, fail_on_improvement=config.fail_on_improvement, gate_walltime=config.gate_walltime
    )


@measure_time("iaipy.measure")
def measure(config: Config, collected: Collected, base: Run | None, watcher: Watcher) -> tuple[Run, bool]:
    """The run, and whether it was interrupted."""
    storage = config.storage
    head = Run(
        created_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=environment.commit(config.root),
        failures=collected.failures,
    )
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
                for outcome in engine.measure(_with_partners(benchmarks, collected), watcher.started):
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
        outcomes: list[Measured] = [*head.benchmarks, *head.timings, *head.failures]
        done = {(outcome.id, outcome.mode) for outcome in outcomes}
        for mode, benchmarks in wanted.items():
            for left in benchmarks:
                if (left.id, mode) not in done:
                    failure = Failure(left.id, "was not measured: the run was interrupted", "", mode)
                    head = _added(head, failure, position)
    finally:
        baselines.save_last(storage, head)
    return head, interrupted


def modes(benchmark: Benchmark, asked: str) -> Sequence[Mode]:
    """In which ways a benchmark is measured.

    Parameters:
        asked: one mode, for all benchmarks that were declared for it or for none; "all" for those that each
            was declared for, or instructions.
    """
    if asked == "all":
        return benchmark.modes or MODES[:1]
    return [mode for mode in benchmark.modes or MODES if mode == asked]


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


def _with_partners(chosen: Sequence[Benchmark], collected: Collected) -> list[Benchmark]:
    """The benchmarks to measure, and the commands that some of them are held against."""
    ids = {benchmark.id for benchmark in chosen}
    partners = {benchmark.command.minus for benchmark in chosen if benchmark.command} - ids
    return [*chosen, *(b for b in (*collected.benchmarks, *collected.others) if b.id in partners)]


def _added(head: Run, outcome: Measured, position: dict[str, int]) -> Run:
    """The run with one outcome more, in the order of the suite."""

    def order(each: Measured) -> int:
        return position.get(each.id, -1)

    if isinstance(outcome, Result):
        return replace(head, benchmarks=tuple(sorted((*head.benchmarks, outcome), key=order)))
    if isinstance(outcome, Timing):
        return replace(head, timings=tuple(sorted((*head.timings, outcome), key=order)))
    return replace(head, failures=tuple(sorted((*head.failures, outcome), key=order)))


@measure_time("iaipy.save")
def _save(storage: Path, config: Config, head: Run, asked_in: Mapping[Mode, Callable[[str], bool]]) -> Path:
    """Save the run under the configured name, beside those of its results that weren't asked for now."""
    name = config.save_baseline or ""
    if name in baselines.names(storage):
        old = baselines.load(storage, name)
        counted = tuple(result for result in old.benchmarks if not asked_in["instructions"](result.id))
        timed = tuple(timing for timing in old.timings if not asked_in["walltime"](timing.id))
        if counted and head.benchmarks:
            gate.require_same_environment(head, old, name)
        if timed and head.timings:
            gate.require_same_environment(
                replace(head, environment=head.machine), replace(old, environment=old.machine), name
            )
        head = replace(
            head,
            benchmarks=(*head.benchmarks, *counted),
            timings=(*head.timings, *timed),
            environment=head.environment if head.benchmarks else old.environment,
            machine=head.machine if head.timings else old.machine,
        )
    return baselines.save(storage, name, head, allow_failures=config.allow_failures)


def _baseline(config: Config, watcher: Watcher) -> Run | None:
    """The baseline to compare with; None where there is to be none, or this run is to make it."""
    if not config.baseline:
        return None
    if config.baseline == config.save_baseline and config.baseline not in baselines.names(config.storage):
        watcher.warned(f"there is no baseline {config.baseline} yet; this run makes it")
        return None
    return baselines.load(config.storage, config.baseline)


def _kept_baseline(name: str) -> GateError:
    """A run that fails against a baseline must not become that baseline: run again, it would pass."""
    return GateError(
        f"the baseline {name} was left as it was, because this run regressed against it",
        f"to accept the change, save without comparing: iaipy run --save-baseline {name}",
    )


def _stale(comparison: Comparison, config: Config) -> list[IaipyError]:
    """The error that says why improvements fail a run, if they do."""
    improved = comparison.of("improved") if config.fail_on_improvement else []
    if not improved:
        return []
    name = comparison.base_name
    return [
        GateError(
            f"the baseline {name} is stale: {', '.join(entry.id for entry in improved)} improved",
            f"save it anew: iaipy run --save-baseline {name}",
        )
    ]


def nothing_found(config: Config, words: Sequence[str]) -> NothingToDoError:
    """The error of a run without benchmarks."""
    where = " ".join(words) or " ".join(config.benchmarks)
    chosen = " that match the selection" if config.keyword or config.tag or config.mode != "all" else ""
    return NothingToDoError(
        f"no benchmarks{chosen} in {where}",
        f"benchmarks are functions under @benchmark, or commands, in {' or '.join(config.pattern)}; "
        "iaipy list shows what is found",
    )


def _nothing_compared(name: str) -> NothingToDoError:
    return NothingToDoError(
        f"none of the benchmarks could be compared with the baseline {name}",
        f"were they renamed? iaipy baseline show {name} lists what it holds",
    )
