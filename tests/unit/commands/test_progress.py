"""How a run goes on, on a terminal and elsewhere."""

import io
import re
import sys

import pytest

from iaipy.commands.progress import watching
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Failure

BENCHMARK = Benchmark("a.py::help[x]", "function", "a.py")


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_quiet_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """Where standard error is no terminal only warnings are printed."""
    with watching() as watcher:
        watcher.planned(1)
        watcher.started(BENCHMARK)
        watcher.warned("this CPU is old")
        watcher.done(Failure(BENCHMARK.id, "it broke"))
    assert capsys.readouterr() == ("", "iaipy: warning: this CPU is old\n")


def test_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal shows what is measured and how many there are, and keeps the warnings."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with watching() as watcher:
        watcher.planned(2)
        watcher.started(BENCHMARK)
        watcher.warned("this CPU is [old]")
        watcher.done(Failure(BENCHMARK.id, "it broke"))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    assert "warning: this CPU is [old]" in shown
    assert "1/2" in shown
