"""One benchmark, counted by cachegrind and followed by callgrind: where its instructions go."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from iaipy import suite
from iaipy.config import Config
from iaipy.errors import BenchmarkError, HostError, MeasurementError, NothingToDoError, UsageError
from iaipy.measure import ENGINES, environment
from iaipy.measure.folder import RunFolder
from iaipy.measure.valgrind import launch, profiler
from iaipy.measuring import Watcher
from iaipy.model.benchmark import Benchmark
from iaipy.model.profile import Profile, Recording
from iaipy.model.run import Environment, Failure, Result
from iaipy.profile import document, tree
from iaipy.store import baselines
from iaipy.timing import measure_time

_FOLDER = "000000"
"""As long as the folders in which the engine counts: the heap depends on the lengths of paths."""


def profile(config: Config, word: str, start: Path, watcher: Watcher, *, native: bool = False) -> Profile:
    """Make the call tree of one benchmark.

    Parameters:
        word: names it, from the folder `start`.
        native: whether C functions get frames of their own. Without Python names they always do.

    Raises:
        UsageError: the word doesn't name one function or coroutine.
        BenchmarkError: it failed.
        HostError: valgrind can't be used.
    """
    benchmark = _named(config, word, start)
    watcher.planned(1)
    counted, where = _count(config, benchmark, watcher)
    return of_counted(config, benchmark, counted, where, native=native)


def of_counted(
    config: Config, benchmark: Benchmark, counted: int, where: Environment, *, native: bool = False
) -> Profile:
    """Make the call tree of a benchmark that has been counted already.

    Parameters:
        counted: the instructions that cachegrind counts for it.
        where: the environment in which it does.
        native: as for `profile`.

    Raises:
        BenchmarkError: it is a command, or failed.
        HostError: valgrind can't be used.
    """
    if benchmark.command is not None:
        raise BenchmarkError(
            f"{benchmark.id} is a command, and only functions and coroutines have call trees"
        )
    recording = _record(config, benchmark)
    whole = tree.build(recording, counted, benchmark.id, benchmark.iterations)
    return replace(
        whole if native else tree.without_native(whole),
        created_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=environment.commit(config.root),
        fingerprint=where.fingerprint,
    )


def earlier(config: Config, word: str) -> Callable[[str], Profile]:
    """What gives the profile that another of a benchmark is to be held against, by the benchmark's id.

    It raises NothingToDoError where a baseline has no profile of the benchmark.

    Parameters:
        word: a baseline's name, or the path of a file.

    Raises:
        UsageError: there is neither such a baseline nor such a file.
        HostError: it can't be read, or is damaged.
    """
    if word not in baselines.names(config.storage):
        if not Path(word).exists():
            raise UsageError(
                f"there is neither a baseline {word} nor a profile in a file of that name",
                "iaipy run --save-baseline NAME --with-profile makes the one, "
                "iaipy profile FILE::BENCHMARK --report json:PATH the other",
            )
        profile = load(Path(word))
        return lambda benchmark_id: profile
    kept = baselines.load_profiles(config.storage, word)

    def of(benchmark_id: str) -> Profile:
        if benchmark_id not in kept:
            raise NothingToDoError(
                f"the baseline {word} has no profile of {benchmark_id}",
                f"save it anew, from the code that was good: iaipy run --save-baseline {word} --with-profile",
            )
        return kept[benchmark_id]

    return of


def load(path: Path) -> Profile:
    """A profile that was written to a file as `--report json:PATH`.

    Raises:
        HostError: it can't be read, or is damaged.
    """
    try:
        return document.loads(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise HostError(f"the profile {path} can't be read: {error}") from error


def require_alike(before: Profile, now: Profile) -> None:
    """See that two profiles can be held against each other.

    Raises:
        HostError: one has Python names, or frames of C functions, and the other hasn't.
    """
    for name, old, new in (
        ("Python names", before.python, now.python),
        ("frames of C functions", before.native, now.native),
    ):
        if old != new:
            raise HostError(
                f"the profiles can't be compared: only one of them has {name}",
                "make both by the same interpreter and with the same options",
            )


def _named(config: Config, word: str, start: Path) -> Benchmark:
    """The one function or coroutine that a word names."""
    collected = suite.collect(config, (word,), start)
    if collected.failures:
        failure = collected.failures[0]
        raise BenchmarkError(f"{failure.id}: {failure.reason}", failure.details)
    if len(collected.benchmarks) != 1:
        found = ", ".join(benchmark.name for benchmark in collected.benchmarks) or "none"
        raise UsageError(f"{word} must name one benchmark, and names {found}", "write FILE::BENCHMARK")
    benchmark = collected.benchmarks[0]
    if benchmark.command is not None:
        raise UsageError(
            f"{benchmark.id} is a command, and only functions and coroutines have call trees",
            "write a benchmark function that does the same work",
        )
    return benchmark


@measure_time("iaipy.profile.count")
def _count(config: Config, benchmark: Benchmark, watcher: Watcher) -> tuple[int, Environment]:
    """What cachegrind counts for a benchmark, and where."""
    once = replace(benchmark, repeats=1)
    with ENGINES["instructions"](config) as engine:
        outcome = next(iter(engine.measure([once], watcher.started)))
        for warning in engine.warnings():
            watcher.warned(warning)
        where = engine.environment()
    watcher.done(outcome)
    if isinstance(outcome, Failure):
        raise BenchmarkError(f"{outcome.id}: {outcome.reason}", outcome.details)
    assert isinstance(outcome, Result)
    return outcome.events["Ir"], where


@measure_time("iaipy.profile.record")
def _record(config: Config, benchmark: Benchmark) -> Recording:
    env = environment.pinned(os.environ, profile=config.cpu_profile, extra=config.env, passed=config.pass_env)
    place = profiler.Place(
        launch.find(config.valgrind, env, "linux"),
        environment.find_python(config.python, env),
        env,
        config.root,
    )
    timeout_s = benchmark.timeout_s or config.timeout_s
    with closing(RunFolder()) as run:
        folder = run.path / _FOLDER
        folder.mkdir()
        try:
            return profiler.record(place, benchmark, folder, config.timeout_s, timeout_s)
        except MeasurementError as error:
            raise BenchmarkError(
                f"{benchmark.id} was counted, but can't be profiled: {error.message}", error.details
            ) from error
