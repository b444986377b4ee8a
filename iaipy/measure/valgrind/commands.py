"""Counting a command: one valgrind process per measurement, and the programs it starts."""

import re
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from iaipy import process
from iaipy.errors import MeasurementError
from iaipy.measure.assemble import Reading
from iaipy.measure.environment import of_command, padded
from iaipy.measure.valgrind import native
from iaipy.measure.valgrind.cachegrind import read_totals
from iaipy.measure.valgrind.logs import Log, explained, read_log
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
        python: the interpreter that measures.
    """

    env: Mapping[str, str]
    root: Path
    python: str


def rehearse(command: Command, place: Place, folder: Path, timeout_s: float) -> None:
    """Run a command once without valgrind: it shows mistakes at once and leaves its caches filled.

    Raises:
        MeasurementError: it can't be started, fails, or isn't ready in time.
    """
    _prepared_run((), command, place, folder, timeout_s, writes_bytecode=True)


def measure(
    prefix: Sequence[str],
    command: Command,
    place: Place,
    folder: Path,
    timeout_s: float,
    *,
    functions: bool = False,
) -> Reading:
    """Count a command's instructions, its own and those of the programs it starts and waits for.

    Parameters:
        prefix: valgrind and its options, which write into `folder`.
        folder: an empty folder of its own.
        timeout_s: seconds the command may take under valgrind.
        functions: whether to tell C functions apart; which objects they are in isn't known.

    Raises:
        MeasurementError: as `rehearse`, or valgrind left no complete counters.
    """
    main = _prepared_run(prefix, command, place, folder, timeout_s)
    if not (folder / f"counts.{main}").exists():
        raise MeasurementError("valgrind left no counter file; the command may have been killed")
    pids = sorted(int(path.suffix[1:]) for path in folder.glob("counts.*"))
    logs = {pid: read_log(folder, pid) for pid in pids}
    forked = {pid for pid in pids if pid != main and _only_forked(logs[pid], logs)}
    notes = []
    if forked:
        notes.append(f"forked {len(forked)} process{'es' * (len(forked) > 1)}, whose work is not counted")
    if not _bare(" ".join(command.argv)).startswith(_bare(logs[main].command)):
        notes.append(f"became {logs[main].command!r} by exec; what it did before is not counted")
    if _ignores_environment(command.argv):
        notes.append("runs Python with -E or -I, which ignores the pinned hash seed: its counts may wander")
    files = [folder / f"counts.{pid}" for pid in pids if pid not in forked]
    costs: Counter[str] = Counter()
    for file in files if functions else ():
        costs.update(native.executed(file))
    return Reading(total(map(read_totals, files)), tuple(notes), native.costliest(costs, lambda function: ""))


def _bare(command: str) -> str:
    """A command's letters and digits: of the rest, valgrind's log escapes some and replaces some."""
    return re.sub(r"[^A-Za-z0-9]", "", command)


def _only_forked(log: Log, logs: Mapping[int, Log]) -> bool:
    """Whether a process goes on with the program of its parent.

    Its counters then begin with what the parent had counted before the fork, so they can't be added.
    """
    parent = logs.get(log.parent)
    return parent is not None and parent.command == log.command


def _ignores_environment(argv: Sequence[str]) -> bool:
    """Whether a command is Python under an option that makes it ignore PYTHONHASHSEED."""
    if not Path(argv[0]).name.startswith("python"):
        return False
    options = takewhile(lambda word: word.startswith("-") and word not in ("-c", "-m", "-"), argv[1:])
    return any(set("EI") & set(word) for word in options if not word.startswith("--"))


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
    env, cwd = of_command(place.env, command, place.python), place.root / command.cwd
    if writes_bytecode:
        env.pop("PYTHONDONTWRITEBYTECODE", None)
    log = folder / "output"
    _aside("setup", command.setup, env, cwd, log, timeout_s)
    try:
        return _run(
            (*prefix, *command.argv), command, padded(env, command.argv, cwd), cwd, place, log, timeout_s
        )
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
        why = explained(status, read_log(log.parent, child.pid))
        raise MeasurementError(
            f"{process.described(status)}, expected {command.expect_exit}{why}", _printed(log)
        )
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
