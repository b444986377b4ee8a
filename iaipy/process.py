"""Child processes: the only module that starts any."""

import contextlib
import functools
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from iaipy import interruption
from iaipy.workers.ended import described as described

_SMALL_NUMBERS = range(257)
"""Of these Python keeps an object each; to make one of any other number takes some 30 instructions more."""

Child = subprocess.Popen[bytes]
_running: set[Child] = set()


@dataclass(frozen=True)
class Finished:
    """How a process ended.

    Parameters:
        status: exit status; −N when signal N ended it; None when it ran out of time and was killed.
        output: what it printed on standard output, and on standard error if that was asked for.
    """

    status: int | None
    output: str


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.STDOUT,
) -> Child:
    """Start a program in a session of its own, so that all it starts can be ended with it.

    Raises:
        OSError: the program can't be executed.
    """
    _use_up_small_numbers()
    with interruption.held():
        child = subprocess.Popen(
            argv, env=dict(env), cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
        )
        _running.add(child)
    return child


@functools.cache
def _use_up_small_numbers() -> None:
    """See that processes started from here on have no small numbers, as the first ones in a container have.

    A measuring process deals with the numbers of those it forks, and would count some instructions less.
    """
    with contextlib.suppress(OSError):  # no such program: then a few instructions it is
        while os.getpid() in _SMALL_NUMBERS:
            number = os.posix_spawnp("true", ["true"], os.environ)
            os.waitpid(number, 0)
            if number not in _SMALL_NUMBERS:
                break


def serve(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: IO[bytes]) -> Child:
    """Start a program that answers on its standard output what it is asked on its standard input."""
    return start(argv, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    timeout_s: float | None,
    output: IO[bytes],
) -> int | None:
    """Run a program to its end, its output going to a file; its status, or None when time ran out."""
    child = start(argv, env=env, cwd=cwd, stdout=output)
    try:
        return wait(child, timeout_s)
    finally:
        end(child)


def wait(child: Child, timeout_s: float | None) -> int | None:
    """The status of a process that ends in time; None if it does not. Without a time it is waited for."""
    try:
        return child.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None


def ask(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout_s: float = 30, errors: bool = True
) -> Finished:
    """Run a short program and keep what it prints.

    Parameters:
        errors: whether to keep what it prints on standard error too.
    """
    try:
        done = subprocess.run(
            argv,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return Finished(None, (late.stdout or b"").decode(errors="replace"))
    return Finished(done.returncode, done.stdout.decode(errors="replace"))


def foreground(argv: Sequence[str]) -> int:
    """Run a program in this one's place: it has the terminal, and an interruption is its own to deal with.

    Returns:
        its exit status; 128 + N when signal N ended it, as shells have it.

    Raises:
        OSError: the program can't be executed.
    """
    with subprocess.Popen(argv) as child:
        while True:
            try:
                status = child.wait()
            except KeyboardInterrupt:
                # A terminal tells all of its programs by itself.
                if not os.isatty(0):
                    child.send_signal(signal.SIGINT)
                continue
            return status if status >= 0 else 128 - status


def end(child: Child) -> int:
    """Kill a process with its group, and the groups that its children lead, if it still runs; its status."""
    started: list[int] = []
    if child.returncode is None:
        _signal(child.pid, signal.SIGSTOP)  # so that it can't start another one meanwhile
        started = _children(child.pid)
    kill_group(child.pid)
    for pid in started:
        kill(pid)
        kill_group(pid)
    status = child.wait()
    _running.discard(child)
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    return status


def end_all() -> None:
    """End every process that was started and has not been ended."""
    with interruption.held():
        for child in list(_running):
            end(child)


def kill_group(leader: int) -> None:
    """Kill a process group, by the number of the process that leads it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def kill(pid: int) -> None:
    """Kill one process."""
    _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def gone(pid: int) -> bool:
    """Whether a process has ended, be it reaped or not."""
    fields = _stat(pid)
    return not fields or fields[0] in "ZX"


def cpu_ticks(pid: int) -> int:
    """Clock ticks of CPU time that a process has used, its threads included; 0 if it is gone."""
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _children(pid: int) -> list[int]:
    """The processes that a process has started and not reaped."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name, from the state on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def last_lines(path: Path, lines: int) -> str:
    """The end of a file of output, however long it is; "" if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 200 * lines))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
