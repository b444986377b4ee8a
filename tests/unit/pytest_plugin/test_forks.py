"""Forks that measure: what they answer arrives, and what goes wrong in one is told."""

from __future__ import annotations

import os
import signal

import pytest

from iaipy.pytest_plugin.forks import Forks, Reading, Unmeasurable


def test_every_fork_answers() -> None:
    """Each fork's answer comes back, in order, and nothing it did stays here."""
    kept: list[int] = []

    def region() -> Reading:
        kept.append(1)
        return [len(kept)]

    forks = Forks(3)
    forks.measure(region)
    assert forks.readings() == [[1], [1], [1]]
    assert kept == []


def test_what_is_raised_is_told() -> None:
    """An exception in a fork names itself here."""

    def region() -> Reading:
        raise LookupError("no such row")

    forks = Forks(2)
    forks.measure(region)
    with pytest.raises(Unmeasurable, match="LookupError: no such row"):
        forks.readings()


def test_what_cannot_be_measured_says_why_and_no_more() -> None:
    """The sentence of an Unmeasurable comes back as it was."""

    def region() -> Reading:
        raise Unmeasurable("is never done")

    forks = Forks(1)
    forks.measure(region)
    with pytest.raises(Unmeasurable, match=r"^is never done$"):
        forks.readings()


def test_a_fork_that_dies_is_told() -> None:
    """A fork that ends without an answer is an error, not a hang."""

    def region() -> Reading:
        os.kill(os.getpid(), signal.SIGTERM)
        return []

    forks = Forks(1)
    forks.measure(region)
    with pytest.raises(Unmeasurable, match="status -15"):
        forks.readings()
