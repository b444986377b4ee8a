"""One benchmark under callgrind: the same worker, environment and region as when it is counted."""

import ast
import contextlib
from dataclasses import dataclass
from pathlib import Path

from iaipy import workers
from iaipy.errors import MeasurementError
from iaipy.measure.environment import has_user_site
from iaipy.measure.valgrind.callgrind import read_dump
from iaipy.measure.valgrind.launch import Valgrind
from iaipy.measure.valgrind.logs import log_name
from iaipy.measure.valgrind.nursery import Launch, Nursery
from iaipy.model.benchmark import Benchmark
from iaipy.model.profile import Function, Recording
from iaipy.profile import names

DEEPEST = 600
"""Callers that are told apart. Callgrind keeps a path of this length for each context, used or not; a call
from Python to Python takes about seven."""

TICKET = 100_000
_OURS = "…/"
_HARNESS = f"{_OURS}iaipy/workers/"
_NAMELESS = "functions that were gone at the end have no names"
REGIONS = ("region", "region_awaited")
"""What `workers.nursery` calls the functions that hold a region."""


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
    """Run a benchmark once under callgrind, in a child of a fork server as when it is counted.

    Parameters:
        folder: an empty folder of its own, in one for the links by which the worker finds what it needs.
        import_s, timeout_s: seconds that the import and the measurement may take.

    Raises:
        MeasurementError: it can't be imported, raised, ran out of time, ended its process, or callgrind's
            file is damaged.
        HostError: valgrind can't be started.
    """
    prefix = tuple(callgrind_argv(place.valgrind, folder))
    user_site = has_user_site(place.python, place.env)
    start = Launch(prefix, place.python, False, place.env, place.root, folder.parent, user_site)
    nursery = Nursery(start, place.root / benchmark.path, folder, import_s, ("profiler", "marks"))
    perf_map = Path(f"/tmp/perf-{nursery.pid}.map")  # CPython knows no other place
    try:
        fork = benchmark.fork and nursery.safe_to_fork
        if fork:
            nursery.warm_up()
        numbers = (benchmark.index, TICKET, benchmark.warmup, benchmark.iterations)
        said = nursery.go_through(*numbers, timeout_s, here=not fork)
        dump = read_dump(folder / f"profile.{said.pid}.1", DEEPEST)
        functions, lacking = named(folder, place.root, perf_map)
    finally:
        nursery.close()
        with contextlib.suppress(OSError):
            perf_map.unlink()
    harness = frozenset(at for at, function in functions.items() if function.file.startswith(_HARNESS))
    regions = frozenset(at for at in harness if functions[at].name.rpartition(".")[2] in REGIONS)
    return Recording(dump, functions, harness, regions, (*lacking, *said.lines[2:]))


def named(folder: Path, root: Path, perf_map: Path) -> tuple[dict[int, Function], tuple[str, ...]]:
    """Address → Python function, from what the worker left in its folder, and why some or all have no name.

    Raises:
        MeasurementError: it left no names.
    """
    try:
        told = ast.literal_eval((folder / workers.NAMES).read_text())
        lacking, rows, modules = told["lacking"], told["rows"], told["modules"]
    except (OSError, ValueError, SyntaxError, KeyError) as error:
        raise MeasurementError(
            "its process left no names of functions; did the benchmark end it, or fill the disk?"
        ) from error
    if lacking:
        return {}, (lacking,)
    place = {f"{folder.parent}/project/": "", f"{root}/": "", f"{folder.parent}/packages/": _OURS}
    known = names.from_rows(rows, place)
    try:
        mapped = names.from_perf_map(perf_map.read_text(errors="replace"), modules, place)
    except OSError:
        return known, (f"perf's map is missing: {_NAMELESS}",)
    if not names.is_whole(mapped, rows):
        return known, (f"perf's map is cut short or another process's, and isn't used: {_NAMELESS}",)
    return {**mapped, **known}, ()
