"""Child processes, on real ones."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from iaipy import process

ENV = {"PATH": os.environ["PATH"]}
HERE = Path("/")


def run(script: str, log: Path, timeout_s: float = 20) -> int | None:
    """Run a shell script with its output in a file."""
    with log.open("wb") as output:
        return process.run(("/bin/sh", "-c", script), env=ENV, cwd=HERE, timeout_s=timeout_s, output=output)


def wait_until_gone(pid: int) -> None:
    """Wait until a process has ended."""
    deadline = time.monotonic() + 20
    while not process.gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_status_and_output(tmp_path: Path) -> None:
    """A program's status comes back, and both its outputs are in the file; it reads nothing."""
    assert run("read x; echo out; echo err >&2; exit 3", tmp_path / "log") == 3
    assert (tmp_path / "log").read_text() == "out\nerr\n"


def test_killed_program(tmp_path: Path) -> None:
    """A program that a signal ends has that signal's number, negative."""
    assert run("kill -SEGV $$", tmp_path / "log") == -signal.SIGSEGV


def test_environment_is_as_given() -> None:
    """A program sees the variables it is given and no others."""
    finished = process.ask(("/usr/bin/env",), env={"ONLY": "this"}, cwd=HERE)
    assert (finished.status, finished.output) == (0, "ONLY=this\n")


def test_timeout_ends_all_that_was_started(tmp_path: Path) -> None:
    """When time runs out, the program and what it started are killed."""
    assert run(f"sleep 1000 & echo $! > {tmp_path}/pid; wait", tmp_path / "log", 0.5) is None
    wait_until_gone(int((tmp_path / "pid").read_text()))


def test_ended_program_leaves_nothing(tmp_path: Path) -> None:
    """What a program leaves in the background ends with it."""
    assert run(f"sleep 1000 & echo $! > {tmp_path}/pid", tmp_path / "log") == 0
    wait_until_gone(int((tmp_path / "pid").read_text()))


def test_ask_that_takes_too_long() -> None:
    """A question without an answer in time has no status, and what was printed until then."""
    finished = process.ask(("/bin/sh", "-c", "echo so far; exec sleep 1000"), env=ENV, cwd=HERE, timeout_s=1)
    assert (finished.status, finished.output) == (None, "so far\n")


def test_program_that_is_not_there() -> None:
    """A program that isn't there is an OSError, for whoever calls to put into words."""
    with pytest.raises(FileNotFoundError):
        process.start(("/nonexistent",), env=ENV, cwd=HERE)


def test_serve(tmp_path: Path) -> None:
    """A program that serves is written to and read from, and its complaints go to the log."""
    with (tmp_path / "log").open("wb") as log:
        child = process.serve(("/bin/sh", "-c", "echo hm >&2; exec cat"), env=ENV, cwd=HERE, log=log)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"hello\n")
    child.stdin.flush()
    assert child.stdout.readline() == b"hello\n"
    assert process.end(child) == -signal.SIGKILL
    assert (tmp_path / "log").read_text() == "hm\n"
    assert child.stdin.closed
    assert child.stdout.closed


def test_end_all() -> None:
    """Everything that was started and not yet ended is ended together."""
    children = [process.start(("/bin/sleep", "1000"), env=ENV, cwd=HERE) for _ in range(2)]
    process.end_all()
    assert [child.returncode for child in children] == [-signal.SIGKILL] * 2
    process.end_all()


def test_gone_and_cpu_time() -> None:
    """A running process has used CPU time, and one that has ended is gone even before it is reaped."""
    code = "while True: pass"
    child = process.start((sys.executable, "-c", code), env=ENV, cwd=HERE)
    deadline = time.monotonic() + 20
    while process.cpu_ticks(child.pid) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.cpu_ticks(child.pid) >= 2
    assert not process.gone(child.pid)
    process.kill(child.pid)
    wait_until_gone(child.pid)
    process.end(child)
    assert process.cpu_ticks(child.pid) == 0


def test_last_lines(tmp_path: Path) -> None:
    """Of a long file only the end is read; of none, nothing; undecodable bytes are shown as such."""
    path = tmp_path / "log"
    path.write_bytes(b"line\n" * 1_000_000 + b"last \xff\n")
    assert process.last_lines(path, 2) == "line\nlast \N{REPLACEMENT CHARACTER}"
    path.write_text("only")
    assert process.last_lines(path, 15) == "only"
    assert process.last_lines(tmp_path / "none", 15) == ""
