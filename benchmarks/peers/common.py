"""What the scripts beside this one share: starting iaipy and its peers, generated projects, tables."""

import argparse
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iaipy.model.metrics import EVENTS

Counters = Mapping[str, int]

CACHE = ("--I1=32768,8,64", "--D1=32768,8,64", "--LL=8388608,16,64")
"""The geometry that iaipy and CodSpeed's runner simulate; so that all tools do the same work."""

COPIES = 20
"""Functions in the generated module."""

_DATA = """\
import json

DATA = json.dumps([{"id": i, "name": f"row {i}", "value": i * 1.5} for i in range(200)])
"""

# The command line of CodSpeed's runner (github.com/CodSpeedHQ/runner, src/executor/valgrind/measure.rs and
# src/executor/helpers/env.rs, 2025), less the two shells that it puts between valgrind and pytest, which
# would only cost time, and less --obj-skip, which changes how costs are attributed and not their sum.
_CODSPEED_VALGRIND = (
    "-q --tool=callgrind --trace-children=yes --cache-sim=yes",
    *CACHE,
    "--instr-atstart=no --collect-systime=nsec --compress-strings=no --combine-dumps=yes --dump-line=no",
    "--read-inline-info=yes --trace-children-skip=*esbuild",
)
_CODSPEED_ENV = {
    "CODSPEED_ENV": "runner",
    "CODSPEED_RUNNER_MODE": "instrumentation",
    "PYTHONHASHSEED": "0",
    "PYTHONMALLOC": "malloc",
    "PYTHON_PERF_JIT_SUPPORT": "0",
    "ARCH": platform.machine(),
}
_PART = re.compile(
    r"^desc: Trigger: Client Request: \S+?::(.+?)$.*?^totals: ([\d ]+)$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Finished:
    """A process that has ended.

    Parameters:
        seconds: of the clock.
        cpu_seconds: of its processes, on all cores together.
        output: its stdout and stderr.
    """

    seconds: float
    cpu_seconds: float
    status: int
    output: str


def options(description: str) -> argparse.ArgumentParser:
    """The parser of a script, with the option that all of them have."""
    parser = argparse.ArgumentParser(description=description.partition("\n\n")[0])
    parser.add_argument("--valgrind", default="valgrind", metavar="PATH", help="the valgrind of all tools")
    return parser


def program(word: str) -> str:
    """A program's path as it is seen from any folder; links stay, since a virtual environment is one."""
    return str(Path(word).absolute()) if os.sep in word else word


def versions(valgrind: str) -> str:
    """One line on what does the measuring."""
    said = run([valgrind, "--version"], Path.cwd()).output.strip()
    return f"{said}, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"


def run(argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> Finished:
    """Run a command to its end, with these variables added to the environment."""
    start, cpu_start = time.perf_counter(), _cpu_seconds()
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    seconds, cpu_seconds = time.perf_counter() - start, _cpu_seconds() - cpu_start
    return Finished(seconds, cpu_seconds, done.returncode, done.stdout + done.stderr)


def _cpu_seconds() -> float:
    """What all ended children, and theirs, have used so far."""
    times = os.times()
    return times.children_user + times.children_system


def must(argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> Finished:
    """The same for a command that has to succeed; otherwise the script ends with what it printed."""
    finished = run(argv, cwd, env)
    if finished.status:
        raise SystemExit(f"{' '.join(argv)}\nended with {finished.status} in {cwd}:\n{finished.output}")
    return finished


def iaipy(*words: str, valgrind: str, program: Sequence[str] = ("-P", "-m", "iaipy")) -> list[str]:
    """The command line of `iaipy run` under the interpreter that runs this."""
    return [sys.executable, *program, "run", "--mode", "instructions", "--valgrind", valgrind, *words]


def counts(document: Path) -> dict[str, Counters]:
    """The counters of each benchmark in a JSON report, by id."""
    entries: list[dict[str, Any]] = json.loads(document.read_text())["benchmarks"]
    return {entry["id"]: entry["counters"] for entry in entries}


def project(folder: Path, files: Mapping[str, str]) -> Path:
    """Make a project of a pyproject.toml and these files."""
    for name, text in {"pyproject.toml": "[tool.iaipy]\n", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def copies(head: str, body: Callable[[str], str]) -> str:
    """A module of equal functions copy_00, copy_01 ..., each made by `body`, all parsing one JSON text."""
    return "\n\n".join([_DATA + head, *(body(f"copy_{number:02}") for number in range(COPIES))]) + "\n"


def copies_project(folder: Path) -> Path:
    """The same functions for each tool: for iaipy, for pytest-codspeed, and plain."""
    body = "def {0}():\n    return json.loads(DATA)\n".format
    return project(
        folder,
        {
            "benchmarks/bench_copies.py": copies(
                "from iaipy import benchmark\n", lambda name: f"@benchmark\n{body(name)}"
            ),
            "test_copies.py": copies(
                "", lambda name: f"{body(name)}\ndef test_{name}(benchmark):\n    benchmark({name})\n"
            ),
            "copies.py": copies("", body),
        },
    )


def has_codspeed() -> bool:
    """Whether pytest-codspeed is installed beside iaipy."""
    return importlib.util.find_spec("pytest_codspeed") is not None


def codspeed(folder: Path, output: Path, valgrind: str) -> tuple[Finished, dict[str, dict[str, int]]]:
    """Run test_copies.py as CodSpeed's runner would; the process, and the events of each test.

    Parameters:
        output: an empty folder for callgrind's files.
    """
    finished, events = codspeed_pytest(sys.executable, ["test_copies.py"], folder, output, valgrind)
    if len(events) != COPIES:
        raise SystemExit(
            f"pytest-codspeed left {len(events)} results instead of {COPIES}:\n{finished.output}"
        )
    return finished, events


def codspeed_pytest(
    python: str, words: Sequence[str], folder: Path, output: Path, valgrind: str
) -> tuple[Finished, dict[str, dict[str, int]]]:
    """Run pytest with these words as CodSpeed's runner would; the process, and the events of each test."""
    aslr_off = ["setarch", platform.machine(), "-R"]
    if run([*aslr_off, "true"], folder).status:  # containers may forbid it
        aslr_off = []
    files = [f"--callgrind-out-file={output}/%p.out", f"--log-file={output}/valgrind.log"]
    argv = [*aslr_off, valgrind, *" ".join(_CODSPEED_VALGRIND).split(), *files]
    argv += [python, "-P", "-m", "pytest", "--codspeed", *words]
    finished = must(argv, folder, {**_CODSPEED_ENV, "CODSPEED_PROFILE_FOLDER": str(output)})
    parts = _PART.findall("\n".join(path.read_text(errors="replace") for path in output.glob("*.out")))
    events = {test: dict(zip(EVENTS, map(int, totals.split()), strict=False)) for test, totals in parts}
    return finished, events


@contextmanager
def busy_cores() -> Iterator[None]:
    """Keep every core busy with another process."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers, and stand to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def verdict(targets: Iterable[tuple[str, bool]]) -> int:
    """Print each target and whether it is met; the exit code."""
    targets = list(targets)
    print()
    for sentence, met in targets:
        print(f"- {'met' if met else 'NOT MET'}: {sentence}")
    return 0 if all(met for _, met in targets) else 1
