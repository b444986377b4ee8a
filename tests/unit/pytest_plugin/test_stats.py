"""What tests may look at in benchmark.stats."""

from __future__ import annotations

import pytest

from iaipy.measure import assemble
from iaipy.model.benchmark import Benchmark
from iaipy.model.metrics import EVENTS
from iaipy.pytest_plugin.stats import Stats, seconds_of


def test_seconds_are_cycles_at_one_gigahertz_and_waiting() -> None:
    """The estimated cycles of a call, in nanoseconds, and the seconds that it waited."""
    events = {event: 6000 if event == "Ir" else 0 for event in EVENTS}
    benchmark = Benchmark(id="a", kind="function", path="a.py", line=1, iterations=2)
    stats = Stats(assemble.result(benchmark, [assemble.Reading(events)]), 0.5)
    assert stats.mean == pytest.approx(0.5 + 3e-6)
    assert stats["max"] == stats.stats.min == stats.mean
    assert stats.total == 2 * stats.mean
    assert stats.stddev == 0
    with pytest.raises(AttributeError):
        _ = stats.colour


def test_what_waits_is_told_from_what_works() -> None:
    """Only the seconds in which a call did nothing count as waited."""
    result, waited_s = seconds_of(lambda: sum(range(1000)))
    assert result == 499500
    assert waited_s >= 0
