"""One benchmark under callgrind: the same worker, environment and region as when it is counted."""

import ast
import contextlib
from dataclasses import dataclass
from pathlib import Path

from iaipy import process
from iaipy.errors import HostError, MeasurementError
from iaipy.measure.environment import padded
from iaipy.measure.valgrind.callgrind import read_dump
from iaipy.measure.valgrind.launch import INSTALL, Valgrind
from iaipy.measure.valgrind.logs import explained, log_name, read_log
from iaipy.model.benchmark import Benchmark
from iaipy.model.profile import Function, Recording
from iaipy.profile import names
from iaipy.workers import launcher, protocol

DEEPEST = 600
"""Callers that are told apart. Callgrind keeps a path of this length for each context, used or not; a call
from Python to Python takes about seven."""

TICKET = 100_000
_OUTPUT_LINES = 15
_OURS = "…/"
_HARNESS = f"{_OURS}iaipy/workers/"
_REGIONS = ("_region", "_region_awaited")


@dataclass(frozen=True)
class Place:
    """Where a profile is made.

    Parameters:
        valgrind: the one that has callgrind.
        python: the interpreter.
        env: the pinned environment.
        root: the project's root.
    """

    valgrind: Valgrind
    python: str
    env: dict[str, str]
    root: Path


def callgrind_argv(valgrind: Valgrind, folder: Path) -> list[str]:
    """The words before the program to be profiled.

    Parameters:
        folder: gets profile.PID.1 with what was counted, and valgrind.PID with valgrind's own messages.
    """
    files = str(folder).replace("%", "%%")
    return [
        valgrind.path,
        "--command-line-only=yes",
        "--tool=callgrind",
        "--cache-sim=no",
        "--instr-atstart=no",
        f"--separate-callers={DEEPEST}",
        "--separate-recs=1",
        "--skip-plt=no",  # skipping miscounts by up to two instructions for each call through the table
        "--compress-mangled=yes",
        "--demangle=no",  # a C++ name may hold the character that callgrind puts between callers
        "--dump-line=no",
        "--main-stacksize=8388608",
        "--vgdb=no",
        f"--callgrind-out-file={files}/profile.%p",
        f"--log-file={files}/{log_name('%p')}",
    ]


def record(place: Place, benchmark: Benchmark, folder: Path, import_s: float, timeout_s: float) -> Recording:
    """Run a benchmark once under callgrind.

    Parameters:
        folder: an empty folder of its own.
        import_s, timeout_s: seconds that the import and the measurement may take.

    Raises:
        MeasurementError: it raised, ran out of time, ended its process, or callgrind's file is damaged.
        HostError: valgrind can't be started.
    """
    link = launcher.linked(folder, place.root)
    file = link / Path(benchmark.path)
    numbers = (benchmark.index, TICKET, benchmark.warmup, benchmark.iterations)
    words = launcher.argv("profiler", folder, str(folder), str(link), str(file), *map(str, numbers))
    program = (place.python, *words)
    log, answer = folder / "log", folder / protocol.answer_name(TICKET)
    answer.touch()
    argv = (*callgrind_argv(place.valgrind, folder), *program)
    with log.open("wb") as output:
        try:
            child = process.start(argv, env=padded(place.env, program, link), cwd=place.root, stdout=output)
        except OSError as error:
            raise HostError(f"{argv[0]} can't be started: {error.strerror}", INSTALL) from error
    perf_map = Path(f"/tmp/perf-{child.pid}.map")  # CPython knows no other place
    _forget(perf_map)  # an earlier process of that number may have left one, and CPython would add to it
    try:
        status = process.wait(child, import_s + timeout_s)
        process.end(child)
        said = Said(folder, link, place.root)
        notes = said.notes(status, child.pid, import_s + timeout_s)
        dump = read_dump(folder / f"profile.{child.pid}.1", DEEPEST)
        functions, lacking = said.functions(perf_map)
    finally:
        process.end(child)
        _forget(perf_map)
    harness = frozenset(at for at, function in functions.items() if function.file.startswith(_HARNESS))
    regions = frozenset(at for at in harness if functions[at].name.rpartition(".")[2] in _REGIONS)
    return Recording(dump, functions, harness, regions, (*lacking, *notes))


def _forget(perf_map: Path) -> None:
    with contextlib.suppress(OSError):
        perf_map.unlink()


class Said:
    """What the worker left behind, with paths as a person knows them."""

    def __init__(self, folder: Path, link: Path, root: Path) -> None:
        self._folder = folder
        self._link, self._root = str(link), str(root)

    def _lines(self, name: str) -> str:
        text = process.last_lines(self._folder / name, _OUTPUT_LINES)
        return text.replace(self._link, self._root)

    def notes(self, status: int | None, pid: int, timeout_s: float) -> tuple[str, ...]:
        """The worker's remarks.

        Raises:
            MeasurementError: it says that the benchmark failed, or nothing.
        """
        output = protocol.output_name(TICKET)
        if status is None:
            raise MeasurementError(f"took longer than {timeout_s:g} s under callgrind", self._lines(output))
        failed = self._folder / protocol.IMPORT_ERROR
        if failed.exists():
            told = failed.read_text(errors="replace").replace(self._link, self._root)
            summary, _, details = told.partition("\n")
            raise MeasurementError(f"can't be imported: {summary}", details)
        answer = (self._folder / protocol.answer_name(TICKET)).read_bytes()
        if not answer.endswith(b"\0"):
            why = explained(status, read_log(self._folder, pid))
            raise MeasurementError(
                f"its process {process.described(status)}{why}", self._lines(output) or self._lines("log")
            )
        text = answer[:-1].decode(errors="replace").replace(self._link, self._root)
        word, *lines = text.split("\n")
        if word == protocol.UNAWAITED:
            raise MeasurementError(
                "is a plain function that returned a coroutine nobody awaited; declare it with async def"
            )
        if word == protocol.RAISED:
            details = "\n".join((*lines[1:], self._lines(output))).rstrip()
            raise MeasurementError(f"raised {lines[0]}", details)
        return tuple(lines[2:])

    def functions(self, perf_map: Path) -> tuple[dict[int, Function], tuple[str, ...]]:
        """Address → Python function, and why some or all have no name."""
        try:
            told = ast.literal_eval((self._folder / protocol.NAMES).read_text())
            lacking, rows, modules = told["lacking"], told["rows"], told["modules"]
        except (OSError, ValueError, SyntaxError, KeyError) as error:
            raise MeasurementError(
                "its process left no names of functions; did the benchmark end it, or fill the disk?"
            ) from error
        if lacking:
            return {}, (lacking,)
        place = {f"{self._link}/": "", f"{self._root}/": "", f"{self._folder}/packages/": _OURS}
        try:
            text = perf_map.read_text(errors="replace")
        except OSError:
            known = names.from_rows(rows, place)
            return known, ("perf's map is missing: functions that were gone at the end have no names",)
        return {**names.from_perf_map(text, modules, place), **names.from_rows(rows, place)}, ()
