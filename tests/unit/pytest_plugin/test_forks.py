"""Forks that measure: what they answer arrives, and what goes wrong in one is told."""

from __future__ import annotations

import os
import signal

import pytest

from iaipy.pytest_plugin.forks import Forks, Reading, Unmeasurable


def test_every_fork_answers() -> None:
    """Each fork's answer comes back, in order, and nothing it did stays here."""
    kept: list[int] = []

    def region() -> list[Reading]:
        kept.append(1)
        return [[len(kept)]]

    forks = Forks(3)
    forks.measure(region)
    assert forks.readings() == [[1], [1], [1]]
    assert kept == []


def test_forks_of_a_fork_answer_through_it() -> None:
    """What a fork's own forks have read is what it answers."""

    def outer() -> list[Reading]:
        inner = Forks(2)
        inner.measure(lambda: [[7, 8]])
        return inner.readings()

    forks = Forks(1)
    forks.measure(outer)
    assert forks.readings() == [[7, 8], [7, 8]]


def test_what_is_raised_is_told() -> None:
    """An exception in a fork names itself here."""

    def region() -> list[Reading]:
        raise LookupError("no such row")

    forks = Forks(2)
    forks.measure(region)
    with pytest.raises(Unmeasurable, match="LookupError: no such row"):
        forks.readings()


def test_what_cannot_be_measured_says_why_and_no_more() -> None:
    """The sentence of an Unmeasurable comes back as it was, also through two forks."""

    def inner() -> list[Reading]:
        raise Unmeasurable("is never done")

    def outer() -> list[Reading]:
        forks = Forks(1)
        forks.measure(inner)
        return forks.readings()

    forks = Forks(1)
    forks.measure(outer)
    with pytest.raises(Unmeasurable, match=r"^is never done$"):
        forks.readings()


def test_a_fork_that_dies_is_told() -> None:
    """A fork that ends without an answer is an error, not a hang."""

    def region() -> list[Reading]:
        os.kill(os.getpid(), signal.SIGTERM)
        return []

    forks = Forks(1)
    forks.measure(region)
    with pytest.raises(Unmeasurable, match="status -15"):
        forks.readings()
