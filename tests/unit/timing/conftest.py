"""What the tests of measure_time share: a log handler that keeps records, and a clock."""

import itertools
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from iaipy import timing
from iaipy.timing import blocks, flush

LOGGER = logging.getLogger("iaipy.timing")


class Collector(logging.Handler):
    """A log handler that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.records.append(record)

    def fields(self, *names: str) -> list[Any]:
        """Flush, and take out these fields of all records so far: values, or tuples of them."""
        flush()
        taken = [tuple(getattr(record, name) for name in names) for record in self.records]
        self.records.clear()
        return [values[0] for values in taken] if len(names) == 1 else taken

    def parents(self) -> list[tuple[str, str | None]]:
        """Operation and parent of each record."""
        return self.fields("operation", "parent")


@pytest.fixture
def log() -> Iterator[Collector]:
    """The records, after timing was turned on without a background thread; afterwards it is off."""
    collector, level = Collector(), LOGGER.level
    LOGGER.addHandler(collector)
    timing.enable(interval_s=None)
    yield collector
    timing.disable()
    LOGGER.removeHandler(collector)
    LOGGER.setLevel(level)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by a millisecond whenever it is read."""
    monkeypatch.setattr(blocks, "perf_counter_ns", itertools.count(10**9, 10**6).__next__)
