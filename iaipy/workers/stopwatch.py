"""Times a command: runs it again and again from a process as small as Python can be.

Linux counts a program's peak memory from its start as a copy of the process that starts it, so that of a
smaller program can't be told. Hence no module is imported here that can be done without.

The request and the answer are Python literals in files.
"""

import os
import sys
from time import perf_counter_ns

from iaipy.workers.ended import described
from iaipy.workers.pace import Pace, drive, peak_bytes, resolution, schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import Any, NoReturn

    Request = dict[str, Any]
else:
    import _signal as signal

_GRACE_S = 2.0
_HOST = os.getppid()
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that the interpreter ignores, and that a program which it starts must not."""

_STUBBORN = f"ran on for {_GRACE_S:g} s after SIGTERM each time and was killed: fewer rounds are over sooner"
_SMALL = "takes less memory than the process that times it, whose peak is given instead"


class _FailedError(Exception):
    """What went wrong with the command, one sentence."""


class _Runs:
    """Runs a command and knows what its runs had in common.

    Parameters:
        request: argv, env, stdin (a path or None), setup, teardown (argv or None), expect_exit, ready (a
            regular expression or None), timeout_s, output (the path of a file).
    """

    def __init__(self, request: "Request") -> None:
        self._request = request
        self.peak_bytes = 0
        self.from_start = request["ready"] is None
        """Whether the peak memory includes that of the copy of this process which a program begins as."""
        self.is_stubborn = request["ready"] is not None
        """Whether none of its programs, being ready, has ended when SIGTERM asked for it."""
        self._ready = None
        if request["ready"] is not None:
            import re

            self._ready = re.compile(request["ready"])

    def round(self, iterations: int) -> int:
        """The nanoseconds from the start of the program to its end, or to its being ready."""
        request = self._request
        if os.getppid() != _HOST:  # nobody waits for an answer any more
            os._exit(1)
        self._aside("setup")
        try:
            with open(request["output"], "wb") as output, open(request["stdin"] or os.devnull, "rb") as stdin:
                elapsed, peak = self._run(stdin.fileno(), output.fileno())
        except _FailedError:
            try:
                self._aside("teardown")
            except _FailedError:  # because of what went wrong before, which is what a person must know
                pass
            raise
        self._aside("teardown")
        self.peak_bytes = max(self.peak_bytes, peak)
        return elapsed

    def _run(self, stdin: int, output: int) -> "tuple[int, int]":
        """The nanoseconds of one run, and the most memory it had."""
        request = self._request
        begin = perf_counter_ns()
        if self._ready is not None:
            end, peak = self._until_ready(stdin, output)
            return end - begin, peak
        end, status, peak = _wait(self._spawn(request["argv"], stdin, output), request["timeout_s"])
        if status != request["expect_exit"]:
            raise _FailedError(f"{described(status)}, expected {request['expect_exit']}")
        return end - begin, peak

    def _until_ready(self, stdin: int, output: int) -> "tuple[int, int]":
        """The instant at which a line of the output matched, and the most memory the program had by then."""
        source, sink = os.pipe()
        pid = self._spawn(self._request["argv"], stdin, sink)
        os.close(sink)
        peak = peak_in_all = 0
        try:
            with _Deadline(self._request["timeout_s"]):
                end = self._matched(source, output)
            peak = peak_bytes(pid)
        except TimeoutError:
            raise _FailedError(
                f"no line matched {self._request['ready']!r} within {self._request['timeout_s']:g} s"
            ) from None
        finally:
            peak_in_all, was_killed = _end(pid)
            self.is_stubborn = self.is_stubborn and was_killed
            os.close(source)
        if not peak:  # it has ended by itself meanwhile, and its memory is gone
            self.from_start = True
        return end, peak or peak_in_all

    def _matched(self, source: int, output: int) -> int:
        """The instant at which a line of what can be read matched; all of it goes to the output."""
        assert self._ready is not None
        line = b""
        while True:
            piece = os.read(source, 1 << 16)
            end = perf_counter_ns()
            if not piece:
                raise _FailedError(f"closed its output before a line matched {self._request['ready']!r}")
            os.write(output, piece)
            *lines, line = (line + piece).split(b"\n")
            if any(self._ready.search(each.decode(errors="replace")) for each in lines):
                return end

    def _spawn(self, argv: "list[str]", stdin: int, output: int) -> int:
        """Start a program in a process group of its own."""
        try:
            return os.posix_spawnp(
                argv[0],
                argv,
                self._request["env"],
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, stdin, 0),
                    (os.POSIX_SPAWN_DUP2, output, 1),
                    (os.POSIX_SPAWN_DUP2, output, 2),
                ],
                setpgroup=0,
                setsigdef=_IGNORED_BY_PYTHON,
            )
        except OSError as error:
            raise _FailedError(f"{argv[0]} can't be started: {error.strerror}") from None

    def _aside(self, what: str) -> None:
        argv = self._request[what]
        if argv is None:
            return
        with open(self._request["output"], "ab") as output, open(os.devnull, "rb") as stdin:
            pid = self._spawn(argv, stdin.fileno(), output.fileno())
            _, status, _ = _wait(pid, self._request["timeout_s"])
        if status != 0:
            raise _FailedError(f"its {what} {described(status)}")


class _Deadline:
    """Raise TimeoutError in the block when it takes longer than so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        signal.signal(signal.SIGALRM, self._over)
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _over(self, *_: object) -> "NoReturn":
        raise TimeoutError


def _wait(pid: int, timeout_s: float) -> "tuple[int, int, int]":
    """When a process ended, its exit status (−N when signal N ended it), and its peak memory in bytes."""
    try:
        with _Deadline(timeout_s):
            _, status, used = os.wait4(pid, 0)
            end = perf_counter_ns()
    except TimeoutError:
        _end(pid)
        raise _FailedError(f"took longer than its timeout of {timeout_s:g} s") from None
    _signal_group(pid, signal.SIGKILL)
    return end, os.waitstatus_to_exitcode(status), used.ru_maxrss * 1024


def _end(pid: int) -> "tuple[int, bool]":
    """End a process and its group, and reap it. Its peak memory in bytes, and whether it took force."""
    peak, was_killed = 0, False
    _signal_group(pid, signal.SIGTERM)
    try:
        with _Deadline(_GRACE_S):
            peak = _reaped(pid)
    except (TimeoutError, ChildProcessError):  # the latter where time ran out just as it had been reaped
        pass
    _signal_group(pid, signal.SIGKILL)
    try:
        peak = _reaped(pid)
        was_killed = True
    except ChildProcessError:
        pass
    return peak, was_killed


def _reaped(pid: int) -> int:
    """The peak memory in bytes of a process that has ended or will, which is reaped."""
    return os.wait4(pid, 0)[2].ru_maxrss * 1024


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def main(request_path: str, answer: str, *pace: str) -> None:
    """Time the command of a request and write what came out, or what went wrong, to the file `answer`.

    Parameters:
        pace: the arguments of Pace; the iterations are one.
    """
    with open(request_path, encoding="utf-8") as file:
        request: Request = eval(file.read(), {"__builtins__": {}})  # iaipy's own words, as literals
    os.environ["PATH"] = request["env"].get("PATH", os.defpath)  # where programs are looked for
    runs = _Runs(request)
    wanted = Pace(*map(int, pace))
    wanted.iterations = 1
    try:
        samples, _ = drive(schedule(wanted, resolution(perf_counter_ns), perf_counter_ns), runs.round)
    except (_FailedError, OSError, RuntimeError) as error:
        document: dict[str, Any] = {"error": (str(error), "")}
    else:
        small = runs.from_start and runs.peak_bytes <= peak_bytes()
        document = {
            "samples_ns": samples,
            "iterations": 1,
            "overhead_ns": 0.0,
            "peak_rss_bytes": runs.peak_bytes,
            "notes": [
                *([_SMALL] if small else []),
                *([_STUBBORN] if runs.is_stubborn else []),
                *wanted.notes,
            ],
        }
    with open(answer, "w", encoding="utf-8") as file:
        file.write(ascii(document))
    sys.stdout.flush()
    os._exit(0)
