"""Forks that measure: what they answer arrives, and what goes wrong in one is told."""

from __future__ import annotations

import os
import signal
import time

import pytest

from iaipy.pytest_plugin import forks
from iaipy.pytest_plugin.forks import Forks, Reading, Unmeasurable
from iaipy.workers import machine


def begun(first: int, answer: Reading) -> Reading:
    """Do the first reading, as every region does, and answer."""
    machine.reading(first)
    return answer


def test_every_fork_answers() -> None:
    """The first fork is the first reading of all; the others answer, and leave nothing here."""
    kept: list[int] = []

    def region(first: int) -> Reading:
        kept.append(1)
        return begun(first, [len(kept), ["a remark"]])

    readings = Forks(3).measure(region)
    assert [answer for _, *answer in readings] == [[1, ["a remark"]]] * 3
    assert len({first for first, *_ in readings}) == 1
    assert kept == []


def test_a_fork_that_ends_as_its_last_reading_is_that_reading() -> None:
    """Where nothing is answered, the fork's own number is the last reading's."""

    def region(first: int) -> Reading:
        machine.reading(first)
        machine.reading(machine.END)
        raise AssertionError("is never reached")

    (first, second), (again, third) = [reading[:2] for reading in Forks(2).measure(region)]
    assert first == again
    assert len({first, second, third}) == 3


def test_what_is_raised_is_told() -> None:
    """An exception in a fork names itself here."""

    def region(first: int) -> Reading:
        machine.reading(first)
        raise LookupError("no such row")

    with pytest.raises(Unmeasurable) as caught:
        Forks(2).measure(region)
    assert caught.value.args[0] == "LookupError: no such row"


def test_much_that_is_said_is_cut() -> None:
    """However long an exception's text is, its beginning arrives, with whatever files are closed."""

    def region(first: int) -> Reading:
        machine.reading(first)
        os.closerange(3, 1000)
        raise LookupError("ä" * 100_000)

    with pytest.raises(Unmeasurable, match="LookupError: äää"):
        Forks(1).measure(region)


def test_what_cannot_be_measured_says_why_and_no_more() -> None:
    """The sentence of an Unmeasurable comes back as it was."""

    def region(first: int) -> Reading:
        raise Unmeasurable("is never done")

    with pytest.raises(Unmeasurable, match=r"^is never done$"):
        Forks(1).measure(region)


def test_a_fork_that_dies_is_told() -> None:
    """A fork that ends without an answer is an error, not a hang."""

    def region(first: int) -> Reading:
        machine.reading(first)
        os.kill(os.getpid(), signal.SIGTERM)
        return []

    with pytest.raises(Unmeasurable, match="status -15"):
        Forks(1).measure(region)


def test_a_signal_does_not_end_the_wait() -> None:
    """A signal that arrives while a fork works is handled, and the fork waited for."""
    caught: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: caught.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:

        def region(first: int) -> Reading:
            machine.reading(first)
            time.sleep(0.3)
            return [7, []]

        assert Forks(1).measure(region)[0][1:] == [7, []]
        assert caught == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_libc_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no machine code, libc makes the same of it."""
    monkeypatch.setattr(forks, "_turns", forks._turns_by_libc)
    monkeypatch.setattr(machine, "reading", machine._reading_by_libc)
    test_every_fork_answers()
    test_what_is_raised_is_told()
