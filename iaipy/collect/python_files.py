"""The benchmarks that a Python file declares, learned by importing it in a process of its own."""

import ast
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from iaipy import process, values
from iaipy.durations import parse_duration
from iaipy.errors import HostError, MeasurementError, UsageError
from iaipy.limits import parse_hard_limits, parse_limits
from iaipy.model.benchmark import Benchmark, Kind, Limits, Pace
from iaipy.workers import launcher

_OUTPUT_LINES = 15
_ASYNCIO = "asyncio"

T = TypeVar("T")


def read_file(
    path: Path, root: Path, python: str, env: Mapping[str, str], timeout_s: float
) -> tuple[Benchmark, ...]:
    """Import a benchmark file and list what it declares.

    Parameters:
        path: of the file, absolute.
        root: the project's root; ids are relative to it.
        python, env: the interpreter and environment that will also measure.
        timeout_s: seconds the import may take.

    Raises:
        MeasurementError: the file can't be imported.
        UsageError: a declaration is wrong: a number out of range, an unknown counter, a duplicate id.
        HostError: the interpreter can't be started.
    """
    name = path.relative_to(root).as_posix()
    with tempfile.TemporaryDirectory(prefix="iaipy-") as temporary:
        folder = Path(temporary).absolute()
        answer, log = folder / "answer", folder / "log"
        link = launcher.linked(folder, root)
        words = launcher.argv("collector", folder, str(link), str(link / name), str(answer))
        with log.open("wb") as output:
            try:
                status = process.run(
                    (python, *words),
                    env=env,
                    cwd=root,
                    timeout_s=timeout_s,
                    output=output,
                )
            except OSError as error:
                raise HostError(f"{python} can't be started: {error.strerror}") from error
        printed = process.last_lines(log, _OUTPUT_LINES).replace(str(link), str(root))
        if status is None:
            raise MeasurementError(f"importing {name} took longer than {timeout_s:g} s", printed)
        if not answer.exists():
            raise MeasurementError(
                f"importing {name} ended the process: it {process.described(status)}", printed
            )
        document = ast.literal_eval(answer.read_text(encoding="utf-8"))
    if "refused" in document:
        file, line, why = document["refused"]
        file = file.replace(f"{link}/", "")
        raise UsageError(f"{file}:{line}: {why}")
    if "error" in document:
        summary, traceback = (text.replace(str(link), str(root)) for text in document["error"])
        raise MeasurementError(f"can't be imported: {summary}", traceback)
    return _numbered(name, document["declarations"])


def _numbered(path: str, declarations: list[dict[str, Any]]) -> tuple[Benchmark, ...]:
    """One benchmark per case, numbered as the worker numbers them."""
    cases = [
        (declaration, case, elements)
        for declaration in declarations
        for case, elements in zip(declaration["cases"], declaration["elements"], strict=True)
    ]
    benchmarks = tuple(_benchmark(path, index, *case) for index, case in enumerate(cases))
    lines: dict[str, int] = {}
    for benchmark in benchmarks:
        if benchmark.id in lines:
            raise UsageError(
                f"{benchmark.id} is declared twice, in lines {lines[benchmark.id]} and {benchmark.line}",
                "rename one of the functions, or give it @benchmark(name=...)",
            )
        lines[benchmark.id] = benchmark.line
    return benchmarks


def _loop(given: object, kind: Kind, where: str) -> str:
    """The event loop to time a coroutine in, by name; whether it is installed shows when it is timed."""
    if not isinstance(given, str) or not all(part.isidentifier() for part in given.split(".")):
        raise values.wrong(f"{where}: loop", "asyncio, or the name of a module such as uvloop", given)
    if given != _ASYNCIO and kind != "coroutine":
        raise UsageError(f"{where}: loop is for coroutines", "declare it with async def, or leave loop out")
    return given


def _benchmark(path: str, index: int, declaration: dict[str, Any], case: str, elements: object) -> Benchmark:
    where = f"{path}:{declaration['line']}: {case}"

    def given(option: str, parse: Callable[[object, str], T]) -> T | None:
        value = declaration[option]
        return None if value is None else parse(value, f"{where}: {option}")

    iterations = given("iterations", partial(values.whole, least=1, most=values.MOST_CALLS))
    return Benchmark(
        id=f"{path}::{case}",
        kind=declaration["kind"],
        path=path,
        line=declaration["line"],
        index=index,
        warmup=given("warmup", partial(values.whole, least=0, most=values.MOST_CALLS)) or 0,
        iterations=iterations or 1,
        repeats=given("repeats", values.processes),
        timeout_s=given("timeout", parse_duration),
        fork=declaration["fork"],
        limits=Limits(
            parse_limits(declaration["limits"], f"{where}: limits"),
            parse_hard_limits(declaration["hard_limits"], f"{where}: hard_limits"),
        ),
        tags=tuple(declaration["tags"]),
        modes=tuple(declaration["modes"]),
        pace=Pace(
            given("processes", values.processes),
            given("rounds", values.rounds),
            iterations,
            given("warmup_time", parse_duration),
            given("measurement_time", parse_duration),
            _loop(declaration["loop"], declaration["kind"], where),
            None if elements is None else values.positive(elements, f"{where}: elements"),
        ),
    )
