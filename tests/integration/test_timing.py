"""measure_time in real processes: the switch, the end of a process, its threads, and its children."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

_TIMEOUT_S = 60

LOGGING = """
    import json, logging, os, sys, threading, time
    from iaipy import timing
    from iaipy.timing import measure_time

    class Lines(logging.Handler):
        def emit(self, record):
            fields = {"name": getattr(record, "operation", record.getMessage()), "pid": os.getpid()}
            fields["parent"] = getattr(record, "parent", None)
            os.write(1, (json.dumps(fields) + chr(10)).encode())

    logging.getLogger().addHandler(Lines())

    def wait_for(condition):
        while not condition():
            time.sleep(0.01)
"""


@dataclass(frozen=True)
class Ran:
    """How a program ended: its status, what it logged, and its standard error."""

    status: int
    records: list[dict[str, Any]]
    err: str

    @property
    def names(self) -> list[str]:
        """The operations, in the order they were logged in."""
        return [record["name"] for record in self.records]


def run(folder: Path, program: str, *, switch: str | None = "1") -> Ran:
    """Run a program that logs its records as lines of JSON, with IAIPY_TIMING set, or (None) not."""
    path = folder / "program.py"
    path.write_text(dedent(LOGGING) + dedent(program), encoding="utf-8")
    done = execute(str(path), switch=switch)
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)


def execute(*words: str, switch: str | None) -> subprocess.CompletedProcess[str]:
    """Run Python with these words."""
    env = {name: value for name, value in os.environ.items() if name != "IAIPY_TIMING"}
    return subprocess.run(
        (sys.executable, "-W", "error", *words),
        env=env if switch is None else {**env, "IAIPY_TIMING": switch},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )


@pytest.mark.parametrize(
    ("switch", "on"),
    [("1", True), ("true", True), (" Yes ", True), ("ON", True), ("0", False), ("", False), (None, False)],
)
def test_environment_variable(switch: str | None, on: bool) -> None:
    """The variable turns timing on when it is 1, true, yes or on, in any case; else it is off."""
    done = execute("-c", "from iaipy import timing; print(timing.enabled())", switch=switch)
    assert done.stdout.strip() == str(on)


def test_import_while_off() -> None:
    """While timing is off, the import loads no logging and no threading, nor anything else of iaipy."""
    code = f"""if True:
        import os, sys  # os is loaded by any start but -S
        sys.path.insert(0, {str(ROOT)!r})
        before = set(sys.modules)
        from iaipy import timing
        with timing.measure_time("a"):
            timing.flush()
        timing.disable()
        print(*set(sys.modules) - before)
    """
    done = execute("-S", "-c", code, switch=None)
    ours = {"iaipy", "iaipy.timing", "iaipy.timing.blocks"}
    assert set(done.stdout.split()) == ours | {"_contextvars", "contextvars"}, done.stderr


def test_without_logging_set_up() -> None:
    """A program that sets up no logging shows its records on standard error."""
    code = "from iaipy.timing import measure_time\nwith measure_time('a.b'): pass"
    done = execute("-c", code, switch="1")
    assert done.stderr.startswith("a.b took 0.")
    assert execute("-c", code, switch=None).stderr == ""


@pytest.mark.parametrize(
    ("ending", "status"),
    [("", 0), ("sys.exit(3)", 3), ("sys.excepthook = lambda *_: None; 1 / 0", 1)],
)
def test_end_of_the_process(tmp_path: Path, ending: str, status: int) -> None:
    """What is pending is logged when the process ends, however Python ends it."""
    program = """
        with measure_time("a"):
            pass
    """
    ran = run(tmp_path, dedent(program) + ending)
    assert (ran.status, ran.names) == (status, ["a"])


def test_exit_handlers(tmp_path: Path) -> None:
    """What exit handlers measure is logged, be they registered before timing was turned on or after."""
    program = """
        import atexit
        atexit.register(measure_time("early")(lambda: None))
        timing.enable()
        atexit.register(measure_time("late")(lambda: None))
        with measure_time("a"):
            pass
    """
    ran = run(tmp_path, program, switch=None)
    assert ran.names == ["a", "late", "early"]


def test_threads_that_end_with_the_process(tmp_path: Path) -> None:
    """Records of threads that the process waits for at its end are logged, each once."""
    program = """
        def work(number):
            time.sleep(0.05)
            for step in range(500):
                with measure_time(f"{number}.{step}"):
                    pass

        for number in range(8):
            threading.Thread(target=work, args=(number,)).start()
    """
    ran = run(tmp_path, program)
    assert len(ran.names) == len(set(ran.names)) == 8 * 500


def test_background_thread(tmp_path: Path) -> None:
    """In a process that goes on, a thread logs what is pending; a process that is killed loses the rest."""
    program = """
        import signal
        timing.enable(interval_s=0.01)
        with measure_time("seen"):
            pass
        wait_for(lambda: not timing.blocks.pending)
        timing.enable(interval_s=3600)
        with measure_time("lost"):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    """
    ran = run(tmp_path, program)
    assert (ran.status, ran.names) == (-signal.SIGKILL, ["seen"])


@pytest.mark.parametrize("interval_s", [None, 3600, 0.01])
def test_fork(tmp_path: Path, interval_s: float | None) -> None:
    """After a fork each process logs its own records once, the child none of those its parent had."""
    program = f"""
        timing.enable(interval_s={interval_s})
        with measure_time("outer"):
            with measure_time("before"):
                pass
            child = os.fork()
            if child:
                os.waitpid(child, 0)
            with measure_time("child" if not child else "parent"):
                pass
        print(json.dumps({{"name": "me", "pid": os.getpid(), "child": child}}), flush=True)
    """
    ran = run(tmp_path, program)
    assert ran.status == 0
    parent, child = next((record["pid"], record["child"]) for record in ran.records if record.get("child"))
    logged = sorted((record["pid"] == child, record["name"], record.get("parent")) for record in ran.records)
    assert {record["pid"] for record in ran.records} == {parent, child}
    assert [record for record in logged if record[1] != "me"] == [
        (False, "before", "outer"),
        (False, "outer", None),
        (False, "parent", "outer"),
        (True, "child", "outer"),
        (True, "outer", None),
    ]


def test_fork_ends_the_background_thread(tmp_path: Path) -> None:
    """A process forks with no thread of ours running; each process starts one with its next record."""
    program = """
        def ours():
            return sum(thread.name == "iaipy.timing" for thread in threading.enumerate())

        timing.enable(interval_s=0.01)
        for turn in range(20):
            with measure_time(f"{turn}"):
                pass
            assert ours() == 1
            child = os.fork()
            assert ours() == 0
            if not child:
                with measure_time("child"):
                    pass
                assert ours() == 1
                timing.flush()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
    """
    ran = run(tmp_path, program)
    assert ran.status == 0, ran.err
    assert sorted(ran.names) == sorted([*map(str, range(20)), *["child"] * 20])


def test_child_that_ends_by_os_exit(tmp_path: Path) -> None:
    """os._exit runs no exit handlers: a child that calls flush before it loses nothing."""
    program = """
        timing.enable(interval_s=3600)
        for name in ("flushed", "lost"):
            if not (child := os.fork()):
                with measure_time(name):
                    pass
                if name == "flushed":
                    timing.flush()
                os._exit(0)
            os.waitpid(child, 0)
    """
    assert run(tmp_path, program).names == ["flushed"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("when", ["switch", "before", "inside"])
def test_multiprocessing(tmp_path: Path, method: str, when: str) -> None:
    """Children of multiprocessing log what they measured when they end, however they were started."""
    program = f"""
        import multiprocessing

        if {when == "before"}:
            timing.enable(interval_s=3600)

        def work(number):
            if {when == "inside"}:
                timing.enable(interval_s=3600)
            with measure_time(f"child {{number}}"):
                pass

        if __name__ == "__main__":
            timing.enable(interval_s=3600)
            with measure_time("main"):
                pass
            context = multiprocessing.get_context("{method}")
            children = [context.Process(target=work, args=(number,)) for number in range(2)]
            for child in children:
                child.start()
            for child in children:
                child.join()
            with context.Pool(1) as pool:
                pool.map(work, [2])
                pool.close()
                pool.join()
    """
    ran = run(tmp_path, program, switch="1" if when == "switch" else None)
    assert ran.status == 0, ran.err
    assert sorted(ran.names) == ["child 0", "child 1", "child 2", "main"]


def test_multiprocessing_imported_first(tmp_path: Path) -> None:
    """It makes no difference whether multiprocessing is imported before timing is turned on."""
    program = """
        import multiprocessing
        import multiprocessing.util
        timing.enable(interval_s=3600)

        def work():
            with measure_time("child"):
                pass

        child = multiprocessing.get_context("fork").Process(target=work)
        child.start()
        child.join()
        with measure_time("main"):
            pass
    """
    assert sorted(run(tmp_path, program, switch=None).names) == ["child", "main"]
