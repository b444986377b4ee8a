"""Signals that end a run: Ctrl-C, SIGTERM, and the end of the terminal. Each becomes a KeyboardInterrupt.

It is held back where something would be left behind: a folder just made, a process just started.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_SAME_S = 1.0
"""Signals that come together are one: a closing terminal's is sent by the kernel and by the shell."""

_held = 0
_is_pending = False
_received: tuple[int, float] | None = None


def watch() -> None:
    """Handle the signals from now on, but for those that are ignored: under nohup, or in the background."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _arrived)


def exit_code(otherwise: int) -> int:
    """128 and the number of the signal that came last, as shells have it; `otherwise` if none came."""
    return otherwise if _received is None else 128 + _received[0]


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Let no signal interrupt the block; one that comes meanwhile interrupts right after it."""
    global _held, _is_pending
    if threading.current_thread() is not threading.main_thread():  # signals never interrupt another
        yield
        return
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        if _is_pending and not _held:
            _is_pending = False
            raise KeyboardInterrupt


def _arrived(number: int, frame: FrameType | None) -> None:
    global _is_pending, _received
    if number == signal.SIGHUP:
        _let_go_of_the_terminal()
    now = time.monotonic()
    if _received is not None and now - _received[1] < _SAME_S:
        return
    _received = (number, now)
    if _held:
        _is_pending = True
    else:
        raise KeyboardInterrupt


def _let_go_of_the_terminal() -> None:
    """Write nothing to it any more: that would fail, and there is a run to be kept."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, AttributeError, ValueError):
            if os.isatty(stream.fileno()):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
