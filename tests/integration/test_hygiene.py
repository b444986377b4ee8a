"""How little the measured process loads: every import there costs instructions, and time under valgrind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from iaipy.measure.valgrind.cachegrind import read_totals

if TYPE_CHECKING:
    from tests.integration.conftest import Project

MOST_INSTRUCTIONS = 5_000_000 if sys.version_info < (3, 12) else 6_000_000
"""3.12 and 3.13 spend more on the same imports (docs/architecture.md)."""

ALLOWED = {
    "_cffi_backend",
    "gc",
    "iaipy",
    "iaipy.workers",
    "iaipy.workers._libc",
    "iaipy.workers.heap",
    "iaipy.workers.machine",
    "iaipy.workers.nursery",
    "iaipy.workers.subject",
}


MODULES = """
    import sys

    if "iaipy.workers.nursery" in sys.modules and "iaipy.workers.collector" not in sys.modules:
        with open("modules", "w") as file:
            print(*sys.modules, file=file)

    from iaipy import benchmark


    @benchmark
    def work():
        pass
"""


def loaded(code: str, *words: str) -> set[str]:
    """The modules that a fresh interpreter has after some code."""
    report = "; import sys, json; print(json.dumps(sorted(sys.modules)))"
    argv = (sys.executable, *words, "-c", code + report)
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_of_iaipy() -> None:
    """`import iaipy` loads nothing but itself; its public names load the declarations, and nothing else."""
    bare = loaded("pass")
    assert loaded("import iaipy") - bare == {"iaipy"}
    assert loaded("from iaipy import benchmark, keep") - bare == {"iaipy", "iaipy.declare"}


def test_public_names() -> None:
    """All public names can be had, and an unknown one is an AttributeError that names it."""
    import iaipy

    assert dir(iaipy) == sorted(iaipy.__all__)
    assert all(getattr(iaipy, name) is not None for name in iaipy.__all__)
    with pytest.raises(AttributeError, match="module 'iaipy' has no attribute 'benchmrak'"):
        _ = iaipy.benchmrak


def test_modules_of_the_worker(valgrind: str, project: Project) -> None:
    """When a benchmark file's import begins, the measured process holds a few modules of ours and no more."""
    project.write("benchmarks/bench_modules.py", MODULES)
    project.measured("--repeats", "1")
    modules = set((project.root / "modules").read_text().split())
    assert "iaipy.workers.nursery" in modules
    assert modules - loaded("pass", "-P") - {"bench_modules", "__future__"} <= ALLOWED


def count(valgrind: str, folder: Path, code: str) -> int:
    """The instructions of an interpreter that runs some code."""
    counts = folder / "counts"
    options = (
        "--tool=cachegrind",
        "--cache-sim=yes",
        "--vgdb=no",  # a killed process leaves its pipes behind
        f"--cachegrind-out-file={counts}",
        "--log-file=/dev/null",
    )
    env = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run((valgrind, *options, sys.executable, "-P", "-c", code), env=env, cwd=folder, check=True)
    return read_totals(counts)["Ir"]


def test_end_without_counter_file(valgrind: str, tmp_path: Path) -> None:
    """A process that `machine.end` has ended is killed, and valgrind has written no counter file for it."""
    code = "from iaipy.workers import machine; machine.end()"
    with pytest.raises(subprocess.CalledProcessError) as ended:
        count(valgrind, tmp_path, code)
    assert ended.value.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_instructions_of_the_workers_import(valgrind: str, tmp_path: Path) -> None:
    """The worker's own import adds less than 5 million instructions to a bare start; from 3.12 on, 6."""
    end = "import os; os._exit(0)"  # as the worker ends: the interpreter doesn't clean up
    loaded("import iaipy.workers.nursery")  # compiles it
    added = count(valgrind, tmp_path, f"import iaipy.workers.nursery; {end}") - count(valgrind, tmp_path, end)
    assert 0 < added < MOST_INSTRUCTIONS
