"""The five stages joined: collect, measure, compare, store, report. No click, no printing."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

from iaipy import process
from iaipy.collect import discover, python_files, select, suite_files
from iaipy.compare import gate
from iaipy.config import Config
from iaipy.errors import ExitCode, GateError, IaipyError, MeasurementError, NothingToDoError
from iaipy.measure import ENGINES, Engine, environment
from iaipy.model.benchmark import Benchmark, Limits
from iaipy.model.comparison import Comparison
from iaipy.model.run import Failure, Result, Run
from iaipy.store import baselines


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
    done: Callable[[Result | Failure], None] = lambda outcome: None
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
        environment.check_python(python, env)

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
    collected = collect(config, words, start)
    if not collected.benchmarks and not collected.failures:
        raise nothing_found(config, words)
    head, interrupted = _measure(config, collected, base, watcher)
    comparison = gate.compare(
        head,
        base,
        limits=Limits(config.limit, config.hard_limit),
        min_change=config.min_change,
        base_name=config.baseline or "" if base else "",
        asked_for=collected.asked_for,
    )
    code = gate.exit_code(comparison, fail_on_improvement=config.fail_on_improvement)
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
            saved = _save(storage, config, head, collected.asked_for)
        except IaipyError as error:
            troubles.append(error)
    if code is ExitCode.OK and troubles:
        code = troubles[0].exit_code
    return Outcome(head, comparison, code, tuple(troubles), saved)


def compare(config: Config, base_word: str, head_word: str) -> Outcome:
    """Hold one stored run against another, each given by name or by file.

    Raises:
        NothingToDoError: there is no such run, or they have no benchmark in common.
        HostError: a file is damaged, or they are of different environments.
    """
    storage = config.storage
    base_name, base = baselines.find(storage, base_word)
    _, head = baselines.find(storage, head_word)
    if not config.allow_environment_change:
        gate.require_same_environment(head, base, base_name)
    comparison = gate.compare(
        head,
        base,
        limits=Limits(config.limit, config.hard_limit),
        min_change=config.min_change,
        base_name=base_name,
    )
    if gate.nothing_compared(comparison):
        raise _nothing_compared(base_name)
    code = gate.exit_code(comparison, fail_on_improvement=config.fail_on_improvement)
    return Outcome(head, comparison, code, tuple(_stale(comparison, config)))


def _measure(config: Config, collected: Collected, base: Run | None, watcher: Watcher) -> tuple[Run, bool]:
    """The run, and whether it was interrupted."""
    storage = config.storage
    head = Run(
        created_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=environment.commit(config.root),
        failures=collected.failures,
    )
    position = {benchmark.id: index for index, benchmark in enumerate(collected.benchmarks)}
    interrupted = False
    keep = _seldom(partial(baselines.save_last, storage))
    baselines.prepare(storage)  # now: a folder that appears while files are imported would leave its mark
    watcher.planned(len(position))
    with ENGINES["cachegrind"](config) as engine:
        try:
            for outcome in engine.measure(_with_partners(collected), watcher.started):
                if outcome.id not in position:
                    continue
                watcher.done(outcome)
                head = _added(head, outcome, position)
                if head.benchmarks and not head.environment.fingerprint:
                    head = _placed(head, engine, config, base, watcher)
                keep(head)
        except KeyboardInterrupt:
            interrupted = True
            done = {result.id for result in head.benchmarks} | {failure.id for failure in head.failures}
            for left in position.keys() - done:
                head = _added(head, Failure(left, "was not measured: the run was interrupted"), position)
        finally:
            baselines.save_last(storage, head)
    return head, interrupted


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


def _placed(head: Run, engine: Engine, config: Config, base: Run | None, watcher: Watcher) -> Run:
    """The run with its environment, which the first measurement makes known; refused if it doesn't suit."""
    head = replace(head, environment=engine.environment())
    for warning in engine.warnings():
        watcher.warned(warning)
    if base is not None and not config.allow_environment_change:
        gate.require_same_environment(head, base, config.baseline or "")
    return head


def _with_partners(collected: Collected) -> list[Benchmark]:
    """The benchmarks to measure, and the commands that some of them are held against."""
    partners = {benchmark.command.minus for benchmark in collected.benchmarks if benchmark.command}
    return [*collected.benchmarks, *(other for other in collected.others if other.id in partners)]


def _added(head: Run, outcome: Result | Failure, position: dict[str, int]) -> Run:
    """The run with one outcome more, in the order of the suite."""
    if isinstance(outcome, Failure):
        failures = sorted((*head.failures, outcome), key=lambda failure: position.get(failure.id, -1))
        return replace(head, failures=tuple(failures))
    results = sorted((*head.benchmarks, outcome), key=lambda result: position[result.id])
    return replace(head, benchmarks=tuple(results))


def _save(storage: Path, config: Config, head: Run, asked_for: Callable[[str], bool]) -> Path:
    """Save the run under the configured name, beside those of its results that weren't asked for now."""
    name = config.save_baseline or ""
    if name in baselines.names(storage):
        old = baselines.load(storage, name)
        kept = tuple(result for result in old.benchmarks if not asked_for(result.id))
        if kept:
            gate.require_same_environment(head, old, name)
        head = replace(head, benchmarks=(*head.benchmarks, *kept))
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
    chosen = " that match the selection" if config.keyword or config.tag else ""
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
