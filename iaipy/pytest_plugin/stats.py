"""`benchmark.stats`: what pytest-benchmark has in seconds, from counts. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BASE = "base.json"
"""The events of an empty region, in the folder of the measuring processes."""

NANOSECONDS_PER_CYCLE = 1
_SAME = ("min", "max", "mean", "median", "q1", "q3", "hd15iqr", "ld15iqr")
_NOUGHT = ("stddev", "iqr", "iqr_outliers", "stddev_outliers")


class Stats:
    """Seconds of a call: those that a machine of 1 GHz takes for its estimated cycles, and those it waited.

    Nothing is read until a test looks at them.
    """

    def __init__(self, folder: str, before: str, after: str, iterations: int, waited_s: float) -> None:
        self._files = (Path(folder) / f"counts.{before}", Path(folder) / f"counts.{after}")
        self._base = Path(folder) / BASE
        self._waited_s = waited_s
        self.iterations = iterations
        self.rounds = 1

    @property
    def stats(self) -> Stats:
        """pytest-benchmark has the figures one level down."""
        return self

    @property
    def data(self) -> list[float]:
        """The seconds of each round."""
        return [self._seconds()]

    def _seconds(self) -> float:
        from iaipy.measure.valgrind.cachegrind import read_totals
        from iaipy.model.metrics import counters, difference, plausible

        first, last = map(read_totals, self._files)
        base = json.loads(self._base.read_text())
        cycles = counters(plausible(difference(difference(last, first), base)))["estimated_cycles"]
        return cycles * NANOSECONDS_PER_CYCLE * 1e-9 / self.iterations + self._waited_s

    def __getattr__(self, name: str) -> Any:
        if name in _SAME:
            return self._seconds()
        if name in _NOUGHT:
            return 0.0
        if name == "total":
            return self._seconds() * self.iterations
        if name == "ops":
            return 1 / (self._seconds() or 1e-9)
        raise AttributeError(name)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)
