"""Runs that time: baselines and the gate, interruption, other interpreters, options."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.conftest import ProcessesIn, Project

QUICKLY = ("--processes", "2", "--rounds", "3", "--warmup-time", "2ms", "--measurement-time", "2ms")
PATIENCE_S = 60

BRAKED = """
    import os
    import time

    from iaipy import benchmark


    @benchmark(mode="walltime")
    def braked():
        time.sleep(0.25 if os.path.exists("brake") else 0.01)
"""


def test_baseline_and_gate(project: Project) -> None:
    """Slower times are reported; they fail a run only with --gate-walltime, and only if they are slower."""
    project.write("benchmarks/bench_braked.py", BRAKED)
    quickly = (*QUICKLY, "--processes", "4", "--walltime-limit", "200%")
    assert project.iaipy("run", *quickly, "--save-baseline", "main").code == 0

    same = project.iaipy("run", *quickly, "--baseline", "main", "--gate-walltime")
    assert same.code == 0, same
    assert "UNCHANGED" in same.out or "INCONCLUSIVE" in same.out

    (project.root / "brake").touch()
    informed = project.iaipy("run", *quickly, "--baseline", "main")
    assert informed.code == 0
    assert "SLOWER (+" in informed.out
    assert informed.last_line == "Slower: benchmarks/bench_braked.py::braked"
    gated = project.iaipy("run", *quickly, "--baseline", "main", "--gate-walltime", "--report", "markdown")
    assert gated.code == 1
    assert "| slower |" in gated.out
    assert project.iaipy("compare", "main", "--walltime-limit", "200%", "--gate-walltime").code == 1


def test_counts_and_times_in_one_baseline(valgrind: str, project: Project) -> None:
    """Each mode is saved beside the other's results, and compared with its own."""
    project.write(
        "benchmarks/bench_both.py",
        """
        from iaipy import benchmark


        @benchmark(mode=("instructions", "walltime"))
        def both():
            sorted(range(100))


        @benchmark
        def either():
            sorted(range(100))
        """,
    )

    def kept() -> list[tuple[str, str]]:
        document = json.loads((project.root / ".iaipy/baselines/main.json").read_text())
        return [(entry["id"].partition("::")[2], entry["mode"]) for entry in document["benchmarks"]]

    assert project.iaipy("run", "--mode", "walltime", *QUICKLY, "--save-baseline", "main").code == 0
    assert kept() == [("both", "walltime"), ("either", "walltime")]
    done = project.iaipy("run", *QUICKLY, "--save-baseline", "main", "--baseline", "main")
    assert done.code == 0, done
    assert "2 benchmarks: 2 new; 1 timing: 1 " in done.out
    both_and_either = [(name, mode) for name in ("both", "either") for mode in ("instructions", "walltime")]
    assert kept() == both_and_either
    done = project.iaipy("run", "--mode", "instructions", "--save-baseline", "main", "--baseline", "main")
    assert done.code == 0, done
    assert done.out.endswith("2 benchmarks: 2 unchanged\n")
    assert kept() == both_and_either


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


ENDLESS = """
    import time

    from iaipy import benchmark


    @benchmark(mode="walltime")
    def quick():
        pass


    @benchmark(mode="walltime")
    def slow():
        with open("calls", "a") as file:
            print("called", file=file)
        time.sleep(0.05)
"""
ENDLESS_COMMAND = """
commands:
  endless:
    mode: walltime
    run: [sh, -c, "echo $$ >> calls; trap '' TERM; sleep 1234 & sleep 1234"]
    teardown: touch torn
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interruption(
    project: Project,
    processes_in: ProcessesIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    """What the processes up to then have shown is kept and reported, and no process or folder is left."""
    folders = tmp_path / "folders"
    folders.mkdir()
    monkeypatch.setenv("TMPDIR", str(folders))
    project.write("benchmarks/bench_endless.py", ENDLESS)
    process = project.start(
        "run", *QUICKLY, "--processes", "1000", "--rounds", "1", "--save-baseline", "main"
    )
    calls = project.root / "calls"
    wait_for(lambda: calls.exists() and len(calls.read_text().split()) > 6)
    os.killpg(process.pid, number)
    done = project.finish(process, PATIENCE_S)
    assert done.code == 128 + number
    assert list(folders.iterdir()) == []
    for name in ("quick", "slow"):
        timing = project.results()[name]
        rounds = len(timing["walltime"]["processes"])
        assert f"interrupted after {rounds} of 1000 processes" in timing["notes"]
    assert "2 timings: 2 measured" in done.out
    assert not (project.root / ".iaipy/baselines/main.json").exists()
    assert processes_in(project.root) == []


def test_interruption_of_a_command(project: Project, processes_in: ProcessesIn) -> None:
    """A command that ignores SIGTERM is ended too, and nothing more is started."""
    project.write("benchmarks/bench_endless.yaml", ENDLESS_COMMAND)
    process = project.start("run", *QUICKLY)
    wait_for((project.root / "calls").exists)
    os.killpg(process.pid, signal.SIGINT)
    done = project.finish(process, PATIENCE_S)
    assert done.code == 130
    assert "was not measured: the run was interrupted" in done.out
    assert processes_in(project.root) == []
    assert not (project.root / "torn").exists()


def test_a_host_that_is_killed(project: Project, processes_in: ProcessesIn) -> None:
    """The process that was timing for it ends with its round."""
    project.write("benchmarks/bench_endless.py", ENDLESS)
    process = project.start("run", *QUICKLY, "--rounds", "100000", "-k", "slow")
    wait_for((project.root / "calls").exists)
    process.kill()
    process.communicate()
    wait_for(lambda: processes_in(project.root) == [])


@pytest.fixture(scope="session")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter in an environment of its own, in which nothing is installed."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", folder), check=True)
    return folder / "bin/python"


def test_another_interpreter(project: Project, other_python: Path) -> None:
    """Functions and commands run in it; it needs nothing of what iaipy needs."""
    project.write(
        "benchmarks/bench_where.py",
        """
        import sys

        from iaipy import benchmark

        assert "numpy" not in sys.modules
        print(sys.prefix, file=open("prefixes", "a"))


        @benchmark(mode="walltime")
        def where():
            print(sys.prefix, file=open("prefixes", "a"))
        """,
    )
    code = "import sys; print(sys.prefix, file=open('prefixes', 'a'))"
    project.write(
        "benchmarks/bench_where.yaml",
        json.dumps({"commands": {"where": {"run": ["python", "-c", code], "mode": "walltime"}}}),
    )
    done = project.iaipy("run", *QUICKLY, "--mode", "walltime", "--python", str(other_python))
    assert done.code == 0, done
    assert set((project.root / "prefixes").read_text().split()) == {str(other_python.parents[1])}


def test_two_interpreters_in_turns(project: Project, other_python: Path) -> None:
    """One benchmark under two interpreters, or two commands, each less what it is held against."""
    project.write(
        "benchmarks/bench_two.yaml",
        """
        commands:
          bare: sleep 0.01
          short: {run: sleep 0.03, minus: bare}
          long: {run: sleep 0.2, minus: bare}
          python: [python, -c, "import sys; print(sys.prefix, file=open('prefixes', 'a'))"]
        """,
    )
    two = "benchmarks/bench_two.yaml::"
    done = project.iaipy("versus", f"{two}short", f"{two}long", *QUICKLY)
    assert done.code == 0, done
    assert f"base: {two}short\n" in done.out
    assert f"head: {two}long\n" in done.out
    assert "head takes" in done.out
    done = project.iaipy("versus", f"{two}python", "--head-python", str(other_python), *QUICKLY)
    assert done.code == 0, done
    prefixes = (project.root / "prefixes").read_text().split()
    assert set(prefixes) == {sys.prefix, str(other_python.parents[1])}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--processes", "0"), "--processes must be a whole number from 1 to 1000"),
        (("--rounds", "-1"), "--rounds must be a whole number from 1 to 1000000"),
        (("--warmup-time", "0"), "--warmup-time must be seconds"),
        (("--measurement-time", "-1s"), "--measurement-time must be seconds"),
        (("--time-budget", "soon"), "--time-budget must be seconds"),
        (("--significance", "0"), "--significance must be at least 0.0001% and below 100%"),
        (("--significance", "100%"), "--significance must be at least 0.0001% and below 100%"),
        (("--walltime-limit", "-1%"), "--walltime-limit must be a percentage"),
        (("--mode", "cycles"), "--mode must be instructions, walltime or all"),
        (("--layout", "fixed"), "--layout must be random or pinned"),
    ],
)
def test_wrong_options(project: Project, words: tuple[str, ...], message: str) -> None:
    """A clear message and exit code 2, before anything is measured."""
    done = project.iaipy("run", *words)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""


def test_a_time_budget(project: Project) -> None:
    """Goes before the samples and the processes that there would be without it, of slow calls too."""
    project.write("benchmarks/bench_braked.py", BRAKED)
    project.write(
        "benchmarks/bench_slow.py",
        """
        import time

        from iaipy import benchmark


        @benchmark(mode="walltime", processes=1000)
        def slow():
            time.sleep(0.6)
        """,
    )
    begin = time.monotonic()
    done = project.iaipy("run", "--processes", "3", "--measurement-time", "100s", "--time-budget", "3s")
    assert done.code == 0, done
    assert time.monotonic() - begin < 60
    assert sum(map(len, project.results()["braked"]["walltime"]["processes"])) < 300
    slow = project.results()["slow"]
    number = len(slow["walltime"]["processes"])
    assert 2 <= number < 100
    assert slow["notes"] == [
        "the time budget left no time for a call before the one that was timed",
        f"time budget: {number} of 1000 processes",
    ]
    assert f"Note: time budget: {number} of 1000 processes" in " ".join(done.out.split())
