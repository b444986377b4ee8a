"""Signals that end a run, and what they may not interrupt."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from iaipy import interruption


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Signals are handled, and as they were afterwards."""
    before = {number: signal.getsignal(number) for number in interruption.SIGNALS}
    monkeypatch.setattr(interruption, "_received", None)
    monkeypatch.setattr(interruption, "_is_pending", False)
    monkeypatch.setattr(interruption, "_held", 0)
    interruption.watch()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_each_signal_interrupts(number: int, code: int) -> None:
    """And decides the exit code, as shells count."""
    assert interruption.exit_code(7) == 7
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    assert interruption.exit_code(7) == code


def test_signals_that_come_together_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closing terminal sends two; a person who presses Ctrl-C again later means it."""
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    assert interruption.exit_code(0) == 129
    monkeypatch.setattr(interruption, "_SAME_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    assert interruption.exit_code(0) == 143


def test_ignored_signals_stay_ignored() -> None:
    """As nohup wants it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interruption.watch()
    os.kill(os.getpid(), signal.SIGHUP)
    assert interruption.exit_code(0) == 0


def test_a_block_is_not_interrupted() -> None:
    """What follows it is, also where blocks are within each other, and where the block raises."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt), interruption.held():
        with interruption.held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("inner")
        done.append("outer")
    with interruption.held():
        done.append("later")
    assert done == ["inner", "outer", "later"]


def test_interruption_goes_before_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the block raised is its context."""
    with pytest.raises(KeyboardInterrupt) as caught, interruption.held():
        os.kill(os.getpid(), signal.SIGINT)
        raise ValueError
    assert isinstance(caught.value.__context__, ValueError)


def test_other_threads_hold_nothing_back() -> None:
    """Signals interrupt the main thread alone."""
    begun, over = threading.Event(), threading.Event()

    def hold() -> None:
        with interruption.held():
            begun.set()
            over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    try:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        over.set()
        thread.join()


def test_a_terminal_that_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """After SIGHUP nothing is written to it, which would fail."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGHUP)
        os.close(ours)
        print("to nobody", flush=True)
