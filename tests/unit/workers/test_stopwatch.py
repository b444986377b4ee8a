"""The process that times a command, without any command; tests/integration/test_walltime.py has those."""

import ast
import signal
import time
from pathlib import Path

import pytest

from iaipy.workers import stopwatch


def test_deadline() -> None:
    """A block that takes too long is left, and one that is done in time leaves no alarm behind."""
    with pytest.raises(TimeoutError), stopwatch._Deadline(0.01):
        time.sleep(10)
    with stopwatch._Deadline(0.05):
        pass
    time.sleep(0.1)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_ending_a_process_that_is_gone() -> None:
    """A command that is reaped just as its time runs out is no error."""
    no_child_of_ours = 2**22 - 1
    stopwatch._end(no_child_of_ours)


def test_it_imports_little() -> None:
    """What it holds in memory hides what a small program takes."""
    assert stopwatch.__file__
    tree = ast.parse(Path(stopwatch.__file__).read_text())
    imported = {node.names[0].name for node in tree.body if isinstance(node, ast.Import)}
    assert imported <= {"os", "sys"}
