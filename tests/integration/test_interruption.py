"""Ctrl-C, SIGTERM and a closed terminal: what was measured is kept, and nothing keeps running."""

from __future__ import annotations

import json
import os
import signal
import time
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.conftest import ProcessesIn, Project

FILE = """
    import time

    from iaipy import benchmark


    @benchmark
    def quick():
        sorted(range(100))


    @benchmark
    def slow():
        time.sleep(1000)


    @benchmark
    def never_begun():
        pass
"""
SUITE = """
commands:
  quick_command: /bin/true
  slow_command: {run: sleep 1000, warmup: 0}
"""
PATIENCE_S = 60


def wait_for_a_result(project: Project) -> None:
    """Wait until the run has kept its first result."""
    path = project.root / ".iaipy/last-run.json"
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if path.exists() and json.loads(path.read_text())["benchmarks"]:
            return
        time.sleep(0.1)
    pytest.fail("the run kept no result")


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("bench_functions.py", FILE, signal.SIGINT),
        ("bench_cli.yaml", SUITE, signal.SIGTERM),
        ("bench_functions.py", FILE, signal.SIGHUP),
    ],
    ids=["functions", "commands", "terminal"],
)
def test_interrupted_run(
    valgrind: str,
    project: Project,
    processes_in: ProcessesIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    number: int,
) -> None:
    """A run that is stopped reports and keeps what it has, and leaves neither process nor folder behind."""
    folders = tmp_path / "folders"
    folders.mkdir()
    monkeypatch.setenv("TMPDIR", str(folders))
    project.write(f"benchmarks/{name}", text)
    process = project.start("run", "-j", "1", "--save-baseline", "main")
    wait_for_a_result(project)
    assert list(folders.iterdir())
    os.killpg(process.pid, number)
    os.killpg(process.pid, number)
    done = project.finish(process)
    assert done.code == 128 + number
    assert list(folders.iterdir()) == []
    assert "Instructions:" in done.out
    quick, *_ = project.results()
    assert quick.startswith("quick")
    assert {failure["reason"] for failure in project.failures().values()} == {
        "was not measured: the run was interrupted"
    }
    assert len(project.failures()) == text.count("slow") + text.count("never")
    assert not (project.root / ".iaipy/baselines/main.json").exists()
    assert processes_in(project.root) == []


WHILE_IT_IS_IMPORTED = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "iaipy.commands":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
if {ignored}:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
from iaipy.__main__ import main
main()
"""


@pytest.mark.parametrize(("ignored", "code", "err"), [(False, 130, "iaipy: interrupted\n"), (True, 0, "")])
def test_interrupted_while_it_is_imported(project: Project, ignored: bool, code: int, err: str) -> None:
    """A Ctrl-C that comes before iaipy's modules are there ends it with one line, unless it is ignored."""
    done = project.iaipy("--version", program=("-c", WHILE_IT_IS_IMPORTED.format(ignored=ignored)))
    assert (done.code, done.err) == (code, err)


def test_the_installed_command_begins_where_it_can_be_interrupted() -> None:
    """`iaipy` is the same entry as `python -m iaipy`, which sets its handler before it imports much."""
    [command] = entry_points(group="console_scripts", name="iaipy")
    assert command.value == "iaipy.__main__:main"


def test_interrupted_while_collecting(project: Project, processes_in: ProcessesIn) -> None:
    """A run that is stopped before it measures anything ends with 130 and one line."""
    project.write("benchmarks/bench_slow.py", "import time\nopen('begun', 'w').close()\ntime.sleep(1000)\n")
    process = project.start("run")
    deadline = time.monotonic() + PATIENCE_S
    while not (project.root / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    done = project.finish(process, 60)
    assert done.code == 130
    assert done.out == ""
    assert done.err.strip() == "iaipy: interrupted"
    assert processes_in(project.root) == []


def test_output_that_nobody_reads(project: Project) -> None:
    """A reader that goes away early, as `iaipy list | head -1` does, is no error worth a traceback."""
    project.write("benchmarks/bench_cli.yaml", SUITE)
    process = project.start("list")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(PATIENCE_S) == 141
    process.stderr.close()
