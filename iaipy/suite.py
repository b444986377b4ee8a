"""The first stage whole: what there is to measure, in the files that the configuration and the words name."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from iaipy import process
from iaipy.collect import discover, python_files, select, shards, suite_files
from iaipy.config import Config
from iaipy.errors import MeasurementError, NothingToDoError
from iaipy.measure import environment
from iaipy.model.benchmark import MODES, Benchmark, Mode
from iaipy.model.run import Failure, Run
from iaipy.timing import measure_time


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


NOTHING = Collected((), (), (), lambda benchmark_id: False)


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


def sharded(collected: Collected, config: Config, base: Run | None) -> Collected:
    """The configured shard of it; what no suite has any more is missed by the first shard alone.

    Parameters:
        base: a run whose costs decide how the suite is split; None to take all benchmarks to cost the same.

    Raises:
        NothingToDoError: there are more shards than benchmarks, and this one is empty.
    """
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


def modes(benchmark: Benchmark, asked: str) -> Sequence[Mode]:
    """In which ways a benchmark is measured.

    Parameters:
        asked: one mode, for all benchmarks that were declared for it or for none; "all" for those that each
            was declared for, or instructions.
    """
    if asked == "all":
        return benchmark.modes or MODES[:1]
    return [mode for mode in benchmark.modes or MODES if mode == asked]


def nothing_found(config: Config, words: Sequence[str]) -> NothingToDoError:
    """The error of a run without benchmarks."""
    where = " ".join(words) or " ".join(config.benchmarks)
    chosen = " that match the selection" if config.keyword or config.tag or config.mode != "all" else ""
    return NothingToDoError(
        f"no benchmarks{chosen} in {where}",
        f"benchmarks are functions under @benchmark, or commands, in {' or '.join(config.pattern)}; "
        "iaipy list shows what is found",
    )
