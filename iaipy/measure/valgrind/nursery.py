"""The host's side of a fork server: starts it, asks it for measurements, reads what they say."""

import contextlib
import os
import select
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from iaipy import process, workers
from iaipy.errors import HostError, MeasurementError
from iaipy.measure import environment
from iaipy.measure.assemble import Reading
from iaipy.measure.valgrind import native
from iaipy.measure.valgrind.cachegrind import read_totals
from iaipy.measure.valgrind.launch import INSTALL
from iaipy.measure.valgrind.logs import explained, log_name, read_log
from iaipy.measure.valgrind.objects import Objects
from iaipy.model.metrics import difference
from iaipy.workers import launcher

_REQUEST = struct.Struct(f"={workers.REQUEST_INTS}i")
_REPLY = struct.Struct(f"={workers.REPLY_INTS}i")
_OUTPUT_LINES = 15
_EMPTY_CHILDREN = 4
"""Forked before the first measurement: after them the server's state, and what the simulated cache holds
of it, no longer changes from one fork to the next."""


@dataclass(frozen=True)
class Launch:
    """How fork servers are started.

    Parameters:
        prefix: valgrind and its options; whatever it writes goes to the folder given to `Nursery`.
        python: the interpreter.
        late: whether counting starts after the import.
        env: the pinned environment.
        root: the project's root, where benchmarks run.
        links: the folder in which all servers of a run find it, and iaipy.
        user_site: whether the interpreter imports from the user's own packages.
    """

    prefix: tuple[str, ...]
    python: str
    late: bool
    env: Mapping[str, str]
    root: Path
    links: Path
    user_site: bool


@dataclass(frozen=True)
class Answer:
    """What came of a forked child.

    Parameters:
        text: all that it wrote; None when its time ran out. It ends in NUL unless the child ended before.
        status: how it ended, as waitstatus_to_exitcode tells.
    """

    text: bytes | None
    status: int
    pid: int


@dataclass(frozen=True)
class Said:
    """What a process that went through a region had to say.

    Parameters:
        lines: the numbers of the two readings, and remarks.
    """

    pid: int
    lines: list[str]


class ForkServer:
    """A worker under valgrind that has made something ready, and waits to fork.

    Safe to use from several threads: they share the server for the instant of a fork and then each
    follow their own child.

    Parameters:
        words: what `launcher.argv` made for it.
        folder: a folder of its own for all its files.
        place: the path by which it shall know its working directory.
        task: what it does before it serves, as a subject: "importing bench_x.py".
        timeout_s: seconds that may take.

    Raises:
        MeasurementError: it didn't get ready.
        HostError: valgrind can't be started.
    """

    def __init__(
        self, launch: Launch, words: Sequence[str], folder: Path, place: Path, task: str, timeout_s: float
    ) -> None:
        self.folder = folder
        self._task = task
        self._lock = threading.Lock()
        self._children: set[int] = set()
        self._log = folder / workers.LOG
        program = (launch.python, *(() if launch.user_site else ("-s",)), *words)
        early, later = environment.parted(launch.env, user_site=launch.user_site)
        told = "".join(f"{name}={value}\0" for name, value in later.items())
        variables = folder / workers.VARIABLES
        variables.write_bytes(os.fsencode(told))
        variables.replace(launch.links / workers.VARIABLES)  # in one piece: another server may read it now
        with self._log.open("wb") as log:
            try:
                self._child = process.serve(
                    (*launch.prefix, *program),
                    env=environment.padded(early, program, place),
                    cwd=launch.root,
                    log=log,
                )
            except OSError as error:
                raise HostError(f"{launch.prefix[0]} can't be started: {error.strerror}") from error
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._requests: IO[bytes] = self._child.stdin
        self._replies: IO[bytes] = self._child.stdout
        try:
            self.hello = self._greet(timeout_s)
        except BaseException:
            self.close()
            raise
        self._objects = Objects(self._child.pid)

    def _greet(self, timeout_s: float) -> dict[str, str]:
        if not select.select([self._replies], [], [], timeout_s)[0]:
            raise MeasurementError(f"{self._task} took longer than {timeout_s:g} s", self._printed(self._log))
        reply = self._reply()
        if reply is None:
            status = process.described(self._child.wait())
            if not any(self.folder.glob(log_name("*"))):
                said = process.last_lines(self._log, 1) or "without a word"
                raise HostError(
                    f"valgrind could not start the interpreter: it {status} ({said})",
                    f"reinstall valgrind: {INSTALL}",
                )
            raise MeasurementError(f"{self._task} ended the process: it {status}", self._printed(self._log))
        if reply == workers.IMPORT_FAILED:
            told = self._placed((self.folder / workers.IMPORT_ERROR).read_text(errors="replace"))
            summary, _, traceback = told.partition("\n")
            raise MeasurementError(f"{self._task} failed: {summary}", traceback)
        lines = (self.folder / workers.HELLO).read_text().splitlines()
        return {name: value for name, _, value in (line.partition(" ") for line in lines)}

    def _reply(self) -> int | None:
        reply = self._replies.read(_REPLY.size)
        return int(_REPLY.unpack(reply)[0]) if len(reply) == _REPLY.size else None

    def _ask(self, *numbers: int) -> int:
        with self._lock:
            try:
                self._requests.write(_REQUEST.pack(*numbers))
                self._requests.flush()
                reply = self._reply()
            except OSError:
                reply = None
        if reply is None:
            raise MeasurementError(
                f"the process that forks measurements is gone: it {process.described(self._child.wait())}",
                self._printed(self._log),
            )
        return reply

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._child.pid

    def warm_up(self) -> None:
        """Make the server ready to fork measurements; to be called once, before the first."""
        for _ in range(_EMPTY_CHILDREN):
            self._ask(workers.WAIT, self._ask(workers.FORK_EMPTY, 0, 0, 0, 0), 0, 0, 0)

    def converse(self, work: int, ticket: int, warmup: int, iterations: int, timeout_s: float) -> Answer:
        """Have a child forked, and wait for its answer and its end.

        Parameters:
            work: the number of what it is to work on.
            ticket: a number never used before on this server.
            timeout_s: seconds it may take.

        Raises:
            MeasurementError: the server itself is gone.
        """
        answers = self._open_answers(ticket)
        try:
            pid = self._ask(workers.FORK, work, ticket, warmup, iterations)
            self._children.add(pid)
            text = _receive(answers, timeout_s, lambda: process.gone(pid))
            if text is None:
                _kill(pid)
            status = os.waitstatus_to_exitcode(self._ask(workers.WAIT, pid, 0, 0, 0))
            process.kill_group(pid)
            self._children.discard(pid)
        finally:
            os.close(answers)
            (self.folder / workers.answer_name(ticket)).unlink(missing_ok=True)
        return Answer(text, status, pid)

    def read(self, before: str, after: str, notes: Iterable[str], *, functions: bool = False) -> Reading:
        """What was counted between two readings, whose files stay until they are forgotten.

        Parameters:
            before, after: the numbers of the readings' processes.
            functions: whether the costliest C functions are told as well.
        """
        first, last = (self.folder / f"counts.{pid}" for pid in (before, after))
        return Reading(
            difference(read_totals(last), read_totals(first)),
            tuple(notes),
            native.costliest(native.executed(last, first), self._objects.of) if functions else {},
        )

    def forget(self, pids: Iterable[str]) -> None:
        """Remove what processes have counted."""
        for pid in pids:
            (self.folder / f"counts.{pid}").unlink(missing_ok=True)

    def wrong(self, ticket: int, answer: Answer, timeout_s: float) -> MeasurementError | None:
        """The error where a child ran out of time or ended without having answered; None where it has."""
        output = self.folder / workers.output_name(ticket)
        if answer.text is None:
            return MeasurementError(f"took longer than its timeout of {timeout_s:g} s", self._printed(output))
        if answer.text.endswith(b"\0"):
            return None
        why = explained(answer.status, read_log(self.folder, answer.pid))
        printed = self._printed(output if output.exists() else self._log)
        return MeasurementError(f"its process {process.described(answer.status)}{why}", printed)

    def _open_answers(self, ticket: int) -> int:
        pipe = self.folder / workers.answer_name(ticket)
        os.mkfifo(pipe)
        return os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def _printed(self, path: Path) -> str:
        return self._placed(process.last_lines(path, _OUTPUT_LINES))

    def _placed(self, text: str) -> str:
        """A worker's text with the project where a person knows it to be."""
        return text

    def close(self) -> None:
        """End the server and all that it started."""
        for pid in tuple(self._children):
            _kill(pid)
        process.end(self._child)


class Nursery(ForkServer):
    """The fork server of one benchmark file, which it has imported.

    Parameters:
        path: the benchmark file, absolute.
        folder: a folder of its own for all its files.
        timeout_s: seconds that the import may take.
        worker: the program, and its arguments before the usual ones.

    Raises:
        MeasurementError: the file can't be imported.
        HostError: valgrind can't be started.
    """

    def __init__(
        self,
        launch: Launch,
        path: Path,
        folder: Path,
        timeout_s: float,
        worker: Sequence[str] = ("nursery",),
    ) -> None:
        self._root, self._link = launch.root, launcher.linked(launch.links, launch.root)
        file = self._link / path.relative_to(launch.root)
        instrument = "start" if launch.late else "on"
        arguments = (*worker[1:], str(folder), str(self._link), str(file), instrument)
        words = launcher.argv(worker[0], launch.links, *arguments)
        super().__init__(launch, words, folder, self._link, f"importing {path.name}", timeout_s)

    @property
    def safe_to_fork(self) -> bool:
        """Whether no thread was left running by the import."""
        return self.hello["threads"] == "0"

    def measure(
        self,
        work: int,
        ticket: int,
        warmup: int,
        iterations: int,
        timeout_s: float,
        *,
        functions: bool = False,
    ) -> Reading:
        """Measure a region in a forked child.

        Parameters:
            work: the benchmark's index in its file, or a number for calibration.
            ticket: a number never used before on this server.
            timeout_s: seconds it may take, set-up and warm-up included.
            functions: whether to tell C functions apart.

        Raises:
            MeasurementError: it raised, ran out of time or ended its process.
        """
        said = self.go_through(work, ticket, warmup, iterations, timeout_s)
        return self._counted(said, functions=functions)

    def measure_here(
        self,
        work: int,
        ticket: int,
        warmup: int,
        iterations: int,
        timeout_s: float,
        *,
        functions: bool = False,
    ) -> Reading:
        """The same in the server itself, which ends with it."""
        said = self.go_through(work, ticket, warmup, iterations, timeout_s, here=True)
        return self._counted(said, functions=functions)

    def _counted(self, said: Said, *, functions: bool) -> Reading:
        before, after, *notes = said.lines
        reading = self.read(before, after, notes, functions=functions)
        self.forget((before, after))
        return reading

    def go_through(
        self, work: int, ticket: int, warmup: int, iterations: int, timeout_s: float, *, here: bool = False
    ) -> Said:
        """Have a region gone through, whatever is read at its ends; as `measure`.

        Parameters:
            here: in the server itself, which ends with it.
        """
        end = (
            self._end_with(work, ticket, warmup, iterations, timeout_s)
            if here
            else self.converse(work, ticket, warmup, iterations, timeout_s)
        )
        return Said(end.pid, self._said(ticket, end, timeout_s))

    def _end_with(self, work: int, ticket: int, warmup: int, iterations: int, timeout_s: float) -> Answer:
        answers = self._open_answers(ticket)
        try:
            with contextlib.suppress(OSError):  # a server that has gone is told by its status, below
                self._requests.write(_REQUEST.pack(workers.RUN_HERE, work, ticket, warmup, iterations))
                self._requests.flush()
            answer = _receive(answers, timeout_s, lambda: self._child.poll() is not None)
        finally:
            os.close(answers)
        return Answer(answer, process.end(self._child), self._child.pid)

    def _said(self, ticket: int, answer: Answer, timeout_s: float) -> list[str]:
        output = self.folder / workers.output_name(ticket)
        try:
            if error := self.wrong(ticket, answer, timeout_s):
                raise error
            assert answer.text is not None
            word, *lines = self._placed(answer.text[:-1].decode(errors="replace")).split("\n")
            if word == workers.UNAWAITED:
                raise MeasurementError(
                    "is a plain function that returned a coroutine nobody awaited; declare it with async def"
                )
            if word == workers.RAISED:
                details = "\n".join((*lines[1:], self._printed(output))).rstrip()
                raise MeasurementError(f"raised {lines[0]}", details)
            return lines
        finally:
            for path in (output, self.folder / workers.answer_name(ticket)):
                path.unlink(missing_ok=True)

    def _placed(self, text: str) -> str:
        """A worker's text with the project where a person knows it to be."""
        return text.replace(str(self._link), str(self._root))


def _kill(pid: int) -> None:
    """Kill a measuring process and what it started; it may not have got as far as leading a group."""
    process.kill_group(pid)
    process.kill(pid)


def _receive(answers: int, timeout_s: float, ended: Callable[[], bool]) -> bytes | None:
    """What comes through a pipe up to a NUL; less if the writer ends first; None when time runs out."""
    deadline = time.monotonic() + timeout_s
    answer = b""
    while not answer.endswith(b"\0"):
        if time.monotonic() > deadline:
            return None
        over = ended()
        # A pipe that nobody has opened yet is readable at once and empty; so is one whose writers are gone.
        ready = select.select([answers], [], [], 0 if over else 0.2)[0]
        piece = os.read(answers, 1 << 16) if ready else b""
        answer += piece
        if over and not piece:
            break
        if ready and not piece:
            time.sleep(0.002)
    return answer
