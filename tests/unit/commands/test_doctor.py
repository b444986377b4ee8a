"""What `iaipy doctor` concludes of the numbers it gets; tests/integration has it measure."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import iaipy
from iaipy import pipeline
from iaipy.config import Config
from iaipy.errors import ExitCode
from iaipy.measuring import Watcher
from iaipy.model.comparison import Comparison
from iaipy.model.metrics import COUNTER_KEYS, EVENTS
from iaipy.model.run import Environment, Failure, Result, Run

if TYPE_CHECKING:
    from tests.unit.conftest import FakeProject

EXACT = Result(
    "bench_doctor.py::parse",
    "function",
    dict.fromkeys(COUNTER_KEYS, 1000),
    dict.fromkeys(EVENTS, 1000),
    dict.fromkeys(COUNTER_KEYS, 0),
    repeats=5,
)
INEXACT = replace(EXACT, spread={**EXACT.spread, "instructions": 7})


def conclusion(
    fake: FakeProject, monkeypatch: pytest.MonkeyPatch, results: tuple[Result, ...], *failures: Failure
) -> tuple[int, str, str]:
    """What it says of a run like this."""

    def run(config: Config, words: object, start: Path, watcher: Watcher) -> pipeline.Outcome:
        assert (config.root, config.baseline) == (start, None)
        watcher.warned("this CPU is old")
        found = Run("", "", Environment({"valgrind": "3.24.0"}), results, failures=failures)
        return pipeline.Outcome(found, Comparison(""), ExitCode.OK)

    monkeypatch.setattr(pipeline, "run", run)
    return fake.iaipy("doctor")


def test_exact(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all repeats agree the machine counts exactly: exit code 0; fingerprint and warnings are shown."""
    code, out, err = conclusion(fake, monkeypatch, (EXACT,))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"iaipy:         {iaipy.__version__}",
        "project:       PROJECT",
        f"interpreter:   {sys.executable}",
        "valgrind:      3.24.0",
        "warning:       this CPU is old",
        "bench_doctor.py::parse: 1,000 instructions, 5 times, exact",
        "This machine counts exactly.",
    ]


def test_inexact(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where repeats differ, it says by how much: exit code 4."""
    code, out, err = conclusion(fake, monkeypatch, (INEXACT, EXACT))
    assert code == 4
    assert "NOT exact: off by up to 7" in out
    assert "does not count exactly" in err


def test_failure(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed measurement is shown: exit code 4."""
    code, _, err = conclusion(fake, monkeypatch, (EXACT,), Failure("bench_doctor.py::wait", "it broke"))
    assert code == 4
    assert "bench_doctor.py::wait: it broke" in err
