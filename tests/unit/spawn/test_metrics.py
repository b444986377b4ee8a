"""Records of spawns, their summaries, and the window that keeps them."""

import json
import os
import threading
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.spawn.metrics import (
    LEAST_FOR_P95,
    WINDOW,
    BatchRecord,
    SpawnMetrics,
    SpawnRecord,
    percentile,
    summarised,
)
from tests.conftest import Pipe

START = "2026-01-02T03:04:05.000006+00:00"


def spawn(duration_ns: int, error: str | None = None) -> SpawnRecord:
    """A spawn that took so long."""
    return SpawnRecord("agent", START, duration_ns, error is None, error)


def filled(*durations_ns: int, window: int = WINDOW) -> SpawnMetrics:
    """Metrics with spawns that took so long."""
    metrics = SpawnMetrics(window)
    for duration_ns in durations_ns:
        metrics.add_spawn(spawn(duration_ns))
    return metrics


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=200),
    st.sampled_from([0.0, 0.05, 0.5, 0.95, 0.99, 1.0]),
)
def test_percentile_is_numpys(values: list[int], share: float) -> None:
    """The percentile is the one numpy gives by default."""
    assert percentile(values, share) == pytest.approx(float(numpy.quantile(values, share)), rel=1e-9)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=60))
def test_summary_in_any_order(durations: list[int]) -> None:
    """A summary doesn't depend on the order, and its figures lie between the shortest and the longest."""
    summary = summarised(spawn(duration) for duration in durations)
    assert summary == summarised(spawn(duration) for duration in sorted(durations))
    assert summary.mean_ns is not None
    assert min(durations) <= summary.mean_ns <= max(durations)
    assert (summary.min_ns, summary.max_ns) == (min(durations), max(durations))


@pytest.mark.parametrize(("count", "has_p95"), [(LEAST_FOR_P95 - 1, False), (LEAST_FOR_P95, True)])
def test_p95_from_twenty_on(count: int, has_p95: bool) -> None:
    """There is a 95th percentile from 20 spawns on."""
    p95_ns = summarised(spawn(duration) for duration in range(count)).p95_ns
    assert (p95_ns is not None) == has_p95


def test_p95_of_twenty() -> None:
    """Of 0 … 19 the 95th percentile is at position 18.05."""
    assert summarised(spawn(duration) for duration in range(20)).p95_ns == pytest.approx(18.05)


def test_failures_count_but_lend_no_duration() -> None:
    """Failed spawns lower the success rate, and leave the durations and the percentile alone."""
    failed = [spawn(1, "SpawnError: it ended")] * 10
    summary = summarised([*failed, *(spawn(100) for _ in range(19))])
    assert (summary.spawns, summary.succeeded, summary.success_rate) == (29, 19, 19 / 29)
    assert (summary.mean_ns, summary.min_ns, summary.max_ns, summary.p95_ns) == (100, 100, 100, None)


def test_summary_of_failures_alone() -> None:
    """Where all failed, the rate is 0 and there are no durations."""
    summary = summarised([spawn(1, "cancelled")])
    assert summary.success_rate == 0
    assert (summary.mean_ns, summary.min_ns, summary.max_ns, summary.p95_ns) == (None,) * 4


def test_summary_of_nothing() -> None:
    """Without any spawn there is no rate either."""
    assert SpawnMetrics().summary() == summarised([])
    assert summarised([]).success_rate is None


def test_window_rolls() -> None:
    """Only the latest thousand spawns are kept and summarised."""
    metrics = filled(*range(WINDOW + 5))
    assert [record.duration_ns for record in metrics.spawns] == list(range(5, WINDOW + 5))
    assert metrics.summary().spawns == WINDOW
    assert metrics.summary().min_ns == 5


def test_window_of_batches_rolls() -> None:
    """Batches are forgotten as spawns are."""
    metrics = SpawnMetrics(window=2)
    for total_ns in range(3):
        metrics.add_batch(BatchRecord(START, total_ns, summarised([])))
    assert [batch.total_ns for batch in metrics.batches] == [1, 2]


@pytest.mark.parametrize(
    ("window", "kind"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), (True, TypeError)]
)
def test_impossible_windows(window: int, kind: type[Exception]) -> None:
    """A window is a whole number of at least 1."""
    with pytest.raises(kind, match="window="):
        SpawnMetrics(window)


def test_threads_share_one_window() -> None:
    """Spawns may be added from several threads while others read; none is lost."""
    metrics = SpawnMetrics()

    def add() -> None:
        for duration_ns in range(200):
            metrics.add_spawn(spawn(duration_ns))
            metrics.summary()

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(metrics.spawns) == 800


def test_export(tmp_path: Path) -> None:
    """The file holds the window, its summary and every record, and replaces an older one."""
    metrics = filled(10, 30)
    metrics.add_spawn(spawn(5, "TimeoutError: too late"))
    metrics.add_batch(BatchRecord(START, 45, metrics.summary()))
    path = tmp_path / "spawns.json"
    path.write_text("old")
    metrics.export_json(path)
    document = json.loads(path.read_text())
    assert (document["format"], document["version"], document["window"]) == ("iaipy.spawn", 1, WINDOW)
    assert document["exported_utc"].endswith("+00:00")
    assert document["summary"] == {
        "spawns": 3,
        "succeeded": 2,
        "success_rate": 2 / 3,
        "mean_ns": 20,
        "min_ns": 10,
        "max_ns": 30,
        "p95_ns": None,
    }
    assert document["batches"] == [
        {"started_utc": START, "total_ns": 45, "summary": document["summary"]},
    ]
    assert document["spawns"][2] == {
        "name": "agent",
        "started_utc": START,
        "duration_ns": 5,
        "success": False,
        "error": "TimeoutError: too late",
    }
    assert list(tmp_path.iterdir()) == [path]


def test_export_to_a_pipe(pipe: Pipe) -> None:
    """A pipe or a device, /dev/null for one, is written to rather than replaced."""
    filled(1).export_json(pipe.path)
    assert pipe.path.is_fifo()
    assert json.loads(pipe.read())["format"] == "iaipy.spawn"


def test_failed_export_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the file can't be written, the old one stays as it was, and nothing is left beside it."""
    path = tmp_path / "spawns.json"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        filled(1).export_json(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_export_to_a_missing_folder(tmp_path: Path) -> None:
    """A missing folder is an error that names the file."""
    with pytest.raises(FileNotFoundError, match="missing"):
        filled(1).export_json(tmp_path / "missing" / "spawns.json")
