"""What tests may look at in benchmark.stats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iaipy.model.metrics import EVENTS
from iaipy.pytest_plugin.stats import BASE, Stats


def test_seconds_are_cycles_at_one_gigahertz_and_waiting(tmp_path: Path) -> None:
    """The estimated cycles less an empty region's, in nanoseconds, and the seconds that a call waited."""
    for pid, instructions in (("1", 1000), ("2", 4100)):
        numbers = " ".join(str(instructions if event == "Ir" else 0) for event in EVENTS)
        text = f"events: {' '.join(EVENTS)}\nsummary: {numbers}\n"
        (tmp_path / f"counts.{pid}").write_text(text)
    (tmp_path / BASE).write_text(json.dumps({event: 100 if event == "Ir" else 0 for event in EVENTS}))
    stats = Stats(str(tmp_path), "1", "2", 1, 0.5)
    assert stats.mean == pytest.approx(0.5 + 3e-6)
    assert stats["max"] == stats.stats.min == stats.mean
    assert stats.stddev == 0
    with pytest.raises(AttributeError):
        _ = stats.colour
