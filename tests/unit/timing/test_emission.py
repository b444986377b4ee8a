"""What becomes of records: the log record, the background thread, too many, log handlers that misbehave."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

from iaipy import timing
from iaipy.timing import blocks, dropped, flush, measure_time

if TYPE_CHECKING:
    from tests.unit.timing.conftest import Collector

LOGGER = logging.getLogger("iaipy.timing")


def test_record(log: Collector, clock: None) -> None:
    """A record has operation, parent, times and a readable message, and names no thread."""
    with measure_time("a.outer"), measure_time("a.inner"):
        pass
    flush()
    inner, outer = log.records
    assert (inner.getMessage(), outer.getMessage()) == (
        "a.inner took 1.000 ms in a.outer",
        "a.outer took 3.000 ms",
    )
    assert (inner.levelno, inner.name, inner.thread, inner.threadName) == (20, "iaipy.timing", None, None)
    assert log.fields("operation", "parent", "elapsed_ms", "elapsed_us", "error") == [
        ("a.inner", "a.outer", 1.0, 1000.0, None),
        ("a.outer", None, 3.0, 3000.0, None),
    ]


def test_record_is_dated_to_the_end_of_the_block(log: Collector) -> None:
    """A record that is handed over later has the time at which its block ended, in all of its fields."""
    begun_s = time.time()
    with measure_time("a"):
        pass
    ended_s = time.time()
    time.sleep(0.05)
    flush()
    (record,) = log.records
    assert begun_s - 0.01 < record.created < ended_s + 0.01
    assert record.msecs == int(record.created % 1 * 1000)
    other = LOGGER.makeRecord("a", logging.INFO, "", 0, "", (), None)
    since_ms = other.relativeCreated - record.relativeCreated
    assert since_ms == pytest.approx((other.created - record.created) * 1000, abs=0.01)


def test_exception_passes_and_is_recorded(log: Collector) -> None:
    """What is raised in a block or a decorated function comes through, and its kind is in the record."""

    @measure_time("function")
    def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError) as raised:
        fails()
    assert raised.traceback[-1].name == "fails"
    with pytest.raises(ZeroDivisionError), measure_time("block"):
        _ = 1 / 0
    flush()
    assert log.records[1].getMessage().endswith(" ms, raised ZeroDivisionError")
    assert log.fields("operation", "error") == [("function", "KeyError"), ("block", "ZeroDivisionError")]


def test_more_than_may_be_pending(log: Collector) -> None:
    """Beyond the capacity records are dropped; the count is known, and logged with the next ones."""
    timing.enable(interval_s=None, capacity=3)
    before = dropped()
    for number in range(5):
        with measure_time(str(number)):
            pass
    assert dropped() - before == 2
    flush()
    *kept, warning = log.records
    assert [record.getMessage()[0] for record in kept] == ["0", "1", "2"]
    assert (warning.levelname, vars(warning)["dropped"]) == ("WARNING", 2)
    assert warning.getMessage() == "2 timing records were dropped, since 3 were pending"
    log.records.clear()
    with measure_time("again"):
        pass
    assert log.fields("operation") == ["again"]


def test_no_record_is_lost_by_threads(log: Collector) -> None:
    """All records of threads that measure at once arrive once, while they and another hand them over."""
    timing.enable(interval_s=0.001)
    threads, each, lost = 8, 500, dropped()

    def run(number: int) -> None:
        for step in range(each):
            with measure_time(f"{number}.{step}"):
                pass
            if step % 100 == number:
                flush()

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    expected = {f"{number}.{step}" for number in range(threads) for step in range(each)}
    operations = log.fields("operation")
    assert len(operations) == len(expected)
    assert set(operations) == expected
    assert dropped() == lost


def test_background_thread(log: Collector) -> None:
    """With an interval a thread is started at the first record, hands records over, and ends when off."""

    def ours() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "iaipy.timing"]

    timing.enable(interval_s=0.001)
    assert ours() == []
    with measure_time("a"):
        pass
    (thread,) = ours()
    assert thread.daemon
    deadline = time.monotonic() + 30
    while not log.records and time.monotonic() < deadline:
        time.sleep(0.001)
    assert [vars(record)["operation"] for record in log.records] == ["a"]
    timing.disable()
    assert ours() == []


def test_handler_that_raises(log: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a log handler raises, flush does; the record it had is gone, those after it are still pending."""

    def emit(record: logging.LogRecord) -> None:
        monkeypatch.undo()
        raise OSError("disk full")

    monkeypatch.setattr(log, "emit", emit)
    for name in "abc":
        with measure_time(name):
            pass
    with pytest.raises(OSError, match="disk full"):
        flush()
    assert log.fields("operation") == ["b", "c"]


def test_handler_that_raises_where_all_is_handed_over_at_once(
    log: Collector, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log handler's exception is shown, and doesn't get into a block that ends after timing is off."""

    def emit(record: logging.LogRecord) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(log, "emit", emit)
    with measure_time("a"):
        timing.disable()
    assert "OSError: disk full" in capsys.readouterr().err


def test_handler_that_is_measured(log: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a log handler measures isn't logged, which would never come to an end."""
    emit = log.emit

    @measure_time("emit")
    def measured(record: logging.LogRecord) -> None:
        with measure_time("emit.part"):
            emit(record)

    monkeypatch.setattr(log, "emit", measured)
    with measure_time("a"):
        pass
    assert log.fields("operation") == ["a"]
    assert log.fields("operation") == []
    assert blocks.pending == []


def test_level_of_the_logger(log: Collector) -> None:
    """Records are of level INFO, which the logger lets through unless it is told otherwise."""
    LOGGER.setLevel(logging.NOTSET)
    with measure_time("a"):
        pass
    assert log.fields("operation") == ["a"]
    assert LOGGER.level == logging.INFO
    LOGGER.setLevel(logging.WARNING)
    with measure_time("a"):
        pass
    assert log.fields("operation") == []
    assert blocks.pending == []


def test_without_logging_set_up(
    log: Collector, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no log handler is, records are written to standard error; nothing is left set up."""
    monkeypatch.setattr(LOGGER, "handlers", [])
    monkeypatch.setattr(LOGGER, "propagate", False)
    with measure_time("a.b"):
        pass
    flush()
    assert capsys.readouterr().err.startswith("a.b took 0.")
    assert LOGGER.handlers == []
