"""One child process on an event loop: its output, its end, and the end of all that it started.

asyncio's own subprocesses are not used. When an event loop shuts down while one is being made, Python 3.11
to 3.13 either wait for ever or leave behind what the child has started by then, because they learn the
process's id only after a turn of the loop. Here a process is made within one turn, so that no cancellation
can come between its start and the knowledge of it.
"""

import asyncio
import contextlib
import os
import re
import signal
import threading
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from iaipy import process

_KEPT_BYTES = 64 * 1024
"""How much of its output is kept, of its end; also what a line is cut to before it is matched."""

_READS_AT_THE_END = 16
"""Reads of 64 KiB from the pipe of a process that has ended; a pipe holds 1 MiB at the very most."""

_POLL_S = 0.01
"""How often a group whose leader has ended is looked at; nothing reports when its last process ends."""


class Output:
    """What a process prints, read as it comes: the end of it, and whether a line has matched.

    Parameters:
        ready: what to look for in every line; None to look for nothing.
    """

    def __init__(self, ready: re.Pattern[str] | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready = ready
        self._line = b""
        self._kept = bytearray()
        self.matched: asyncio.Future[None] = self._loop.create_future()
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._loop.add_reader(self._read_end, self._receive)
        self._open = True

    @property
    def text(self) -> str:
        """The last 64 KiB."""
        return self._kept.decode(errors="replace")

    def drain(self) -> None:
        """Take in what a process that has ended left in the pipe."""
        for _ in range(_READS_AT_THE_END):
            if not self._open or not self._receive():
                break
        self._look_at(self._line)  # the last line may have no end

    def close(self) -> None:
        """Read no more."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._read_end)
            os.close(self._read_end)

    def _receive(self) -> bool:
        """Take in one read; whether there may be more."""
        try:
            data = os.read(self._read_end, _KEPT_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return False
        self._kept += data
        del self._kept[:-_KEPT_BYTES]
        if self._ready and not self.matched.done():
            *lines, rest = (self._line + data).split(b"\n")
            for line in lines:
                self._look_at(line)
            self._line = rest[:_KEPT_BYTES]
        return True

    def _look_at(self, line: bytes) -> None:
        if self._ready and not self.matched.done():
            text = line[:_KEPT_BYTES].rstrip(b"\r").decode(errors="replace")
            if self._ready.search(text):
                self.matched.set_result(None)


class Child:
    """A process in a session and group of its own; it must be given to `end_all` in the end.

    Parameters:
        words: its command.
        ready: what a line of its output says when it is initialised.

    Raises:
        OSError: the program can't be executed.
    """

    def __init__(self, words: Sequence[str], ready: re.Pattern[str] | None) -> None:
        self._closed = False
        self.output = Output(ready)
        try:
            self._process = process.start(words, env=os.environ, cwd=Path(), stdout=self.output.write_end)
        except BaseException:
            self.output.close()
            raise
        finally:
            os.close(self.output.write_end)
        try:
            self.ended = _end_of(self._process.pid)
        except BaseException:
            self.close()
            raise

    @property
    def status(self) -> int:
        """Its exit status, once it has ended."""
        return self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its group."""
        if not self._closed:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def is_gone(self) -> bool:
        """Whether it and all of its group have ended; if so, it is closed."""
        if not self._closed and self.ended.done():
            self._process.wait()  # while it is a zombie its group is never empty
            if not _is_alive(self._process.pid):
                self.close()
        return self._closed

    def close(self) -> None:
        """Kill what is left of its group, reap it, and read no more from it; only once it has ended."""
        if not self._closed:
            self._closed = True
            process.end(self._process)
            self.output.close()

    def let_run(self) -> None:
        """Leave it running; if it ends by itself it is closed at once."""
        self.ended.add_done_callback(self._close_later)

    def recall(self) -> None:
        """Take `let_run` back: its end is awaited again."""
        self.ended.remove_done_callback(self._close_later)

    def _close_later(self, ended: asyncio.Future[None]) -> None:
        self.close()


async def end_all(children: Collection[Child], grace_s: float) -> None:
    """End processes with their groups: SIGTERM to all, then SIGKILL to those that are left.

    It goes on whatever happens: a cancellation is raised when all is over.

    Parameters:
        grace_s: seconds between the two signals; those that end earlier are not waited for.
    """
    patience = _Patience()
    for child in children:
        child.recall()
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while (left := [child for child in children if not child.is_gone()]) and time.monotonic() < deadline:
        await patience.wait([child.ended for child in left if not child.ended.done()], _POLL_S)
    for child in left:
        child.signal(signal.SIGKILL)
    while running := [child.ended for child in left if not child.ended.done()]:
        await patience.wait(running, None)
    for child in left:
        child.close()
    patience.give_way()


class _Patience:
    """Waits through cancellations, and gives way to the last of them in the end."""

    def __init__(self) -> None:
        self._cancellation: asyncio.CancelledError | None = None

    async def wait(self, futures: Collection[asyncio.Future[None]], timeout_s: float | None) -> None:
        """Wait for one of several futures, or for as long as is said."""
        try:
            if futures:
                await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(timeout_s or 0)
        except asyncio.CancelledError as cancellation:
            self._cancellation = cancellation

    def give_way(self) -> None:
        """Raise the cancellation that came meanwhile, if any did."""
        if self._cancellation is not None:
            raise self._cancellation


def _is_alive(group: int) -> bool:
    """Whether any process of a group still runs; zombies, which nobody may ever reap, don't count."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of_group = file.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(of_group) == group and state not in "ZX":
                return True
    return False


def _end_of(pid: int) -> asyncio.Future[None]:
    """A future that is done when a child has ended; the child is not reaped."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:  # an old kernel, or a sandbox or an old valgrind that doesn't know the call
        threading.Thread(target=_wait_aside, args=(pid, loop, ended), daemon=True).start()
        return ended

    def report() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        ended.set_result(None)

    loop.add_reader(descriptor, report)
    return ended


def _wait_aside(pid: int, loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    loop.call_soon_threadsafe(ended.set_result, None)
