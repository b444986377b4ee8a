"""How a process ended."""

import signal

import pytest

from iaipy.workers.ended import described


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "ended with exit status 0"),
        (255, "ended with exit status 255"),
        (-11, "was killed by SIGSEGV (Segmentation fault)"),
        (-9, "was killed by SIGKILL (Killed)"),
        (-signal.SIGRTMIN, "was killed by SIGRTMIN (Real-time signal 0)"),
        (-35, "was killed by signal 35 (Real-time signal 1)"),
    ],
)
def test_in_words(status: int, words: str) -> None:
    """As a person would say it, also where the signal has no name."""
    assert described(status) == words
