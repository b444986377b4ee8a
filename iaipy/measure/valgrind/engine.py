"""The `cachegrind` engine: every benchmark counted exactly, as many at once as there are jobs."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count, groupby
from pathlib import Path
from types import TracebackType

from iaipy import interruption, process
from iaipy.config import Config
from iaipy.errors import HostError, MeasurementError
from iaipy.measure import assemble, environment
from iaipy.measure.assemble import Reading
from iaipy.measure.folder import RunFolder
from iaipy.measure.once import Once
from iaipy.measure.pool import Pool
from iaipy.measure.valgrind import commands, launch
from iaipy.measure.valgrind.functions import FunctionFile
from iaipy.measure.valgrind.nursery import Launch, Nursery
from iaipy.measure.valgrind.sources import settle_times
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Environment, Failure, Result
from iaipy.timing import measure_time
from iaipy.workers import launcher

Outcome = Result | Failure
_PATIENCE_S = 5.0
"""How long a thread may take to notice that its processes were ended."""

Started = Callable[[Benchmark], None]


class CachegrindEngine:
    """Measures under `valgrind --tool=cachegrind`.

    Raises:
        HostError: no usable valgrind, or no such Python.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._env = environment.pinned(
            os.environ, profile=config.cpu_profile, extra=config.env, passed=config.pass_env
        )
        self._python = environment.find_python(config.python, self._env)
        self._user_site = environment.has_user_site(self._python, self._env)
        self._valgrind = launch.find(config.valgrind, self._env, sys.platform)
        self._place = commands.Place(self._env, config.root, self._python)
        self._folder = Path()
        self._folders = count()
        self._commands: Once[list[Reading]] = Once()
        self._rehearsed: Once[None] = Once()
        self._pool: Pool[Outcome] = Pool(config.jobs)
        self._cpu = ""
        self._closed = False

    def __enter__(self) -> "CachegrindEngine":
        with interruption.held():
            self._temporary = RunFolder()
        self._folder = self._temporary.path
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with interruption.held():
            self._closed = True
            self._pool.stop()
            process.end_all()
            self._pool.join(_PATIENCE_S)
            process.end_all()  # what a thread had been about to start
            self._temporary.close()

    def measure(self, benchmarks: Sequence[Benchmark], started: Started) -> Iterator[Outcome]:
        """Yield one outcome per benchmark, in the order they are done.

        Parameters:
            benchmarks: those to measure, and with a command the one that it is held against.
            started: called, from other threads, as a benchmark's turn comes.
        """
        pool = self._pool
        functions = sorted((b for b in benchmarks if b.command is None), key=lambda b: b.path)
        files = [list(group) for _, group in groupby(functions, lambda b: b.path)]
        programs = [benchmark for benchmark in benchmarks if benchmark.command is not None]
        pool.push(partial(self._open_file, pool, started, file) for file in files)
        if programs:
            settle_times(self._python, self._env)
        self._push_commands(pool, started, programs)
        return pool.outcomes()

    def _push_commands(self, pool: Pool[Outcome], started: Started, programs: Sequence[Benchmark]) -> None:
        """Push a task that runs each command unmeasured; the last of them pushes those that measure.

        All are rehearsed before any is measured: compiled modules that one leaves behind would be one more
        entry in a folder that another looks through.
        """
        by_id = {benchmark.id: benchmark for benchmark in programs}
        left = count(len(programs) - 1, -1)

        def rehearse(benchmark: Benchmark) -> None:
            with contextlib.suppress(MeasurementError):  # raised again where it is measured
                self._rehearsed.get(benchmark.id, partial(self._rehearse, benchmark))
            if next(left) == 0:
                pool.push(
                    partial(_report, pool, started, b, partial(self._measure_command, b, by_id))
                    for b in programs
                )

        pool.push(partial(rehearse, benchmark) for benchmark in programs)

    def _rehearse(self, benchmark: Benchmark) -> None:
        assert benchmark.command is not None
        for _ in range(benchmark.warmup):
            folder = self._new_folder()
            commands.rehearse(benchmark.command, self._place, folder, self._timeout(benchmark))

    def _open_file(self, pool: Pool[Outcome], started: Started, benchmarks: Sequence[Benchmark]) -> None:
        """Start the fork server of a file, and push a task for each of its benchmarks."""
        path = self._config.root / benchmarks[0].path
        another = partial(self._start_nursery, path)
        try:
            nursery = another()
        except MeasurementError as error:
            for benchmark in benchmarks:
                pool.report(Failure(benchmark.id, error.message, error.details))
            return
        self.accept(nursery.hello)
        file = FunctionFile(nursery, another, len(benchmarks), fork=self._config.fork)
        pool.push(
            partial(_report, pool, started, b, partial(file.measure, b, self._repeats(b), self._timeout(b)))
            for b in benchmarks
        )

    def accept(self, hello: Mapping[str, str]) -> None:
        """Take over what a fork server tells of its machine.

        Raises:
            HostError: its hashes are random.
        """
        self._cpu = hello["cpu"]
        if hello["hash_randomization"] != "0":
            raise HostError(
                f"{self._python} ignores PYTHONHASHSEED, so that counts would differ from run to run",
                "use an interpreter that is not started with -E or -I (by a wrapper script, perhaps)",
            )

    def prepare(self) -> tuple[Launch, Path]:
        """How a fork server is started, and the folder made for it."""
        folder = self._new_folder()
        late = self._valgrind.can_start_late
        prefix = launch.cachegrind_argv(self._valgrind, folder, self._config.cache, late=late)
        start = Launch(
            tuple(prefix), self._python, late, self._env, self._config.root, self._folder, self._user_site
        )
        return start, folder

    @measure_time("iaipy.measure.start_file")
    def _start_nursery(self, path: Path) -> Nursery:
        start, folder = self.prepare()
        return Nursery(start, path, folder, self._config.timeout_s)

    def _measure_command(self, benchmark: Benchmark, by_id: dict[str, Benchmark]) -> Result:
        readings = self._read_command(benchmark)
        assert benchmark.command is not None
        if benchmark.command.minus is None:
            return assemble.result(benchmark, readings)
        try:
            others = self._read_command(by_id[benchmark.command.minus])
        except MeasurementError as error:
            raise MeasurementError(
                f"{benchmark.command.minus}, which it is held against, failed", str(error)
            ) from error
        base = assemble.middle(others)
        if assemble.middle(readings)["Ir"] < base["Ir"]:
            raise MeasurementError(f"costs less than {benchmark.command.minus}, which it is held against")
        return assemble.result(benchmark, readings, base, assemble.spread_of(others))

    def _read_command(self, benchmark: Benchmark) -> list[Reading]:
        return self._commands.get(benchmark.id, partial(self._read_command_now, benchmark))

    def _read_command_now(self, benchmark: Benchmark) -> list[Reading]:
        assert benchmark.command is not None
        self._rehearsed.get(benchmark.id, partial(self._rehearse, benchmark))
        timeout_s = self._timeout(benchmark)
        readings = []
        for repeat in range(self._repeats(benchmark)):
            folder = self._new_folder()
            prefix = launch.cachegrind_argv(self._valgrind, folder, self._config.cache, children=True)
            readings.append(
                commands.measure(
                    prefix, benchmark.command, self._place, folder, timeout_s, functions=repeat == 0
                )
            )
        return readings

    def _new_folder(self) -> Path:
        if self._closed:
            raise MeasurementError("the run was ended")
        folder = self._folder / f"{next(self._folders):06d}"
        folder.mkdir()
        return folder

    def _repeats(self, benchmark: Benchmark) -> int:
        return benchmark.repeats or self._config.repeats

    def _timeout(self, benchmark: Benchmark) -> float:
        return benchmark.timeout_s or self._config.timeout_s

    def environment(self) -> Environment:
        """The fingerprint of where the measurements are made, and notes."""
        config = self._config
        self._cpu = self._cpu or self._probe_cpu()
        return Environment(
            {
                "method": environment.METHOD,
                "python": environment.python_identity(self._python, self._env),
                "libc": environment.libc(),
                "valgrind": self._valgrind.release,
                "architecture": os.uname().machine,
                "cpu": f"{environment.cpu_class(self._cpu)} {self._cpu}",
                "cpu_profile": config.cpu_profile,
                "tunables": environment.tunables(profile=config.cpu_profile, extra=config.env),
                "cache": " ".join(f"{name}={config.cache[name]}" for name in ("I1", "D1", "LL")),
            },
            environment.notes(self._python, self._env),
        )

    def _probe_cpu(self) -> str:
        """What a process under valgrind sees of the CPU, where no fork server has told it."""
        folder = self._new_folder()
        prefix = launch.cachegrind_argv(self._valgrind, folder, self._config.cache)
        argv = [*prefix, self._python, *launcher.argv("cpu_probe", self._folder)]
        return process.ask(argv, env=self._env, cwd=self._config.root).output.strip()

    def warnings(self) -> list[str]:
        """What a person should know of this machine, one sentence each."""
        seen = environment.cpu_class(self._cpu)
        if self._config.cpu_profile == "avx2" and seen not in ("avx2", "other"):
            return [
                f"this CPU has no AVX2 (valgrind shows it as {seen}): libraries take other paths, and counts "
                "differ from most machines'; --cpu-profile any gives the same counts on all of them"
            ]
        return []


def _report(
    pool: Pool[Outcome], started: Started, benchmark: Benchmark, measure: Callable[[], Result]
) -> None:
    started(benchmark)
    try:
        pool.report(measure())
    except MeasurementError as error:
        pool.report(Failure(benchmark.id, error.message, error.details))
