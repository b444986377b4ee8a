"""Counting a command: one valgrind process per measurement, and the programs it starts."""

import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from iaipy import process
from iaipy.errors import MeasurementError
from iaipy.measure.assemble import Reading
from iaipy.measure.environment import padded
from iaipy.measure.valgrind.cachegrind import read_totals
from iaipy.model.benchmark import Command
from iaipy.model.metrics import total

_END_SIGNAL = signal.SIGVTALRM
"""Ends a daemon that has become ready. Hardly a program handles it, so that none counts its own shutdown;
valgrind writes the counters as the process dies of it."""

_REST_S, _REST_AT_MOST_S = 0.1, 5.0
_OUTPUT_LINES = 15


@dataclass(frozen=True)
class Place:
    """Where commands run.

    Parameters:
        env: the pinned environment.
        root: the project's root, from which a command's paths are taken.
    """

    env: Mapping[str, str]
    root: Path

    def of(self, command: Command) -> tuple[dict[str, str], Path]:
        """The environment and folder of one command; `python` is the interpreter that runs iaipy."""
        path = f"{Path(sys.executable).parent}:{self.env.get('PATH', '/usr/bin:/bin')}"
        return {**self.env, "PATH": path, **command.env}, self.root / command.cwd


def rehearse(command: Command, place: Place, folder: Path, timeout_s: float) -> None:
    """Run a command once without valgrind: it shows mistakes at once and leaves its caches filled.

    Raises:
        MeasurementError: it can't be started, fails, or isn't ready in time.
    """
    _prepared_run((), command, place, folder, timeout_s, writes_bytecode=True)


def measure(prefix: Sequence[str], command: Command, place: Place, folder: Path, timeout_s: float) -> Reading:
    """Count a command's instructions, its own and those of the programs it starts and waits for.

    Parameters:
        prefix: valgrind and its options, which write into `folder`.
        folder: an empty folder of its own.
        timeout_s: seconds the command may take under valgrind.

    Raises:
        MeasurementError: as `rehearse`, or valgrind left no complete counters.
    """
    pid = _prepared_run(prefix, command, place, folder, timeout_s)
    notes = []
    if not (folder / f"counts.{pid}").exists():
        raise MeasurementError("valgrind left no counter file; the command may have been killed")
    counted, forked = [], 0
    for path in sorted(folder.glob("counts.*")):
        # A process that valgrind started has a log of its own; one that was only forked has not, and its
        # file repeats what its parent had counted up to the fork.
        if (folder / f"valgrind.{path.suffix[1:]}").exists():
            counted.append(read_totals(path))
        else:
            forked += 1
    if forked:
        notes.append(f"forked {forked} process{'es' * (forked > 1)} whose work is not counted")
    return Reading(total(counted), tuple(notes))


def _prepared_run(
    prefix: Sequence[str],
    command: Command,
    place: Place,
    folder: Path,
    timeout_s: float,
    *,
    writes_bytecode: bool = False,
) -> int:
    """Set up, run under `prefix`, tear down; the process's number."""
    env, cwd = place.of(command)
    if writes_bytecode:
        env.pop("PYTHONDONTWRITEBYTECODE", None)
    log = folder / "output"
    _aside("setup", command.setup, env, cwd, log, timeout_s)
    try:
        return _run((*prefix, *command.argv), command, padded(env, command.argv), cwd, place, log, timeout_s)
    finally:
        _aside("teardown", command.teardown, env, cwd, log, timeout_s)


def _aside(
    what: str, argv: Sequence[str] | None, env: Mapping[str, str], cwd: Path, log: Path, timeout_s: float
) -> None:
    if argv is None:
        return
    with log.open("wb") as output:
        try:
            status = process.run(argv, env=env, cwd=cwd, timeout_s=timeout_s, output=output)
        except OSError as error:
            raise MeasurementError(f"its {what} {argv[0]} can't be started: {error.strerror}") from error
    if status is None:
        raise MeasurementError(f"its {what} took longer than {timeout_s:g} s", _printed(log))
    if status != 0:
        raise MeasurementError(f"its {what} {process.described(status)}", _printed(log))


def _run(
    argv: Sequence[str],
    command: Command,
    env: Mapping[str, str],
    cwd: Path,
    place: Place,
    log: Path,
    timeout_s: float,
) -> int:
    with ExitStack() as files:
        output = files.enter_context(log.open("wb"))
        stdin = (
            None if command.stdin is None else files.enter_context((place.root / command.stdin).open("rb"))
        )
        try:
            child = process.start(
                argv, env=env, cwd=cwd, stdout=output, **({} if stdin is None else {"stdin": stdin})
            )
        except OSError as error:
            raise MeasurementError(f"{argv[0]} can't be started: {error.strerror}") from error
    try:
        if command.ready is not None:
            _await_line(child, re.compile(command.ready), log, timeout_s)
            _await_rest(child.pid)
            child.send_signal(_END_SIGNAL)
            if process.wait(child, timeout_s) is None:
                raise MeasurementError(f"did not end within {timeout_s:g} s of its ready line", _printed(log))
            return child.pid
        status = process.wait(child, timeout_s)
    finally:
        process.end(child)
    if status is None:
        raise MeasurementError(f"took longer than its timeout of {timeout_s:g} s", _printed(log))
    if status != command.expect_exit:
        raise MeasurementError(f"{process.described(status)}, expected {command.expect_exit}", _printed(log))
    return child.pid


def _await_line(child: process.Child, pattern: re.Pattern[str], log: Path, timeout_s: float) -> None:
    """Wait until a line of the output matches."""
    deadline = time.monotonic() + timeout_s
    with log.open(errors="replace") as output:
        line = ""
        while True:
            ended = child.poll() is not None
            line += output.readline()
            if line.endswith("\n"):
                if pattern.search(line.rstrip("\n")):
                    return
                line = ""
                continue
            if ended:
                raise MeasurementError(
                    f"{process.described(child.wait())} before a line matched {pattern.pattern!r}",
                    _printed(log),
                )
            if time.monotonic() > deadline:
                raise MeasurementError(
                    f"no line matched {pattern.pattern!r} within {timeout_s:g} s", _printed(log)
                )
            time.sleep(0.01)


def _await_rest(pid: int) -> None:
    """Wait until a process has used no CPU time for a while: what it does after its line belongs to it."""
    deadline = time.monotonic() + _REST_AT_MOST_S
    used, since = process.cpu_ticks(pid), time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - since < _REST_S:
        time.sleep(0.02)
        now = process.cpu_ticks(pid)
        if now != used:
            used, since = now, time.monotonic()


def _printed(log: Path) -> str:
    return process.last_lines(log, _OUTPUT_LINES)
