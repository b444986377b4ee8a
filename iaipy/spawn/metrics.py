"""What spawns took and how they ended: records, summaries, and the rolling window that keeps them."""

import contextlib
import json
import math
import os
import secrets
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMAT = "iaipy.spawn"
VERSION = 1
# History of the format:
#   1  the first one

WINDOW = 1000
"""Spawns, and batches, that are kept unless another number is asked for."""

LEAST_FOR_P95 = 20
"""Spawns below which no 95th percentile is given: with fewer it is little else than the slowest one."""


@dataclass(frozen=True)
class SpawnRecord:
    """One spawn.

    Parameters:
        name: the agent's.
        started_utc: when it was started, ISO 8601.
        duration_ns: from its start until it was initialised, had failed, or was cancelled.
        success: whether it was initialised.
        error: why not: the kind of error and its message, or "cancelled".
    """

    name: str
    started_utc: str
    duration_ns: int
    success: bool
    error: str | None = None


@dataclass(frozen=True)
class Summary:
    """Several spawns together; the durations are those of the spawns that succeeded.

    Parameters:
        spawns: how many there were, cancelled ones included.
        succeeded: how many of them were initialised.
        success_rate: the share of these, 0 to 1; None without any spawn.
        mean_ns: the arithmetic mean; None, as the next two, if none succeeded.
        min_ns: the shortest.
        max_ns: the longest.
        p95_ns: the 95th percentile; None below 20 spawns that succeeded.
    """

    spawns: int
    succeeded: int
    success_rate: float | None
    mean_ns: float | None
    min_ns: int | None
    max_ns: int | None
    p95_ns: float | None


@dataclass(frozen=True)
class BatchRecord:
    """One batch.

    Parameters:
        started_utc: when its first agent was started, ISO 8601.
        total_ns: from then until all were initialised or had failed, and those that failed were ended.
        summary: its spawns together.
    """

    started_utc: str
    total_ns: int
    summary: Summary


def now_utc() -> str:
    """The time, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def percentile(values: Sequence[float], share: float) -> float:
    """A quantile by linear interpolation between the two nearest values, as numpy's default method does.

    As `iaipy.compare.statistics.percentile`, in plain Python: a program that spawns needs no numpy. It
    is definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996): the value at
    position share · (n − 1) of the sorted values, counted from 0.

    Parameters:
        values: at least one, in any order.
        share: 0 to 1; 0.95 for the 95th percentile.
    """
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = math.ceil(position)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def summarised(records: Iterable[SpawnRecord]) -> Summary:
    """Several spawns together."""
    every = list(records)
    durations = [record.duration_ns for record in every if record.success]
    return Summary(
        spawns=len(every),
        succeeded=len(durations),
        success_rate=len(durations) / len(every) if every else None,
        mean_ns=sum(durations) / len(durations) if durations else None,
        min_ns=min(durations, default=None),
        max_ns=max(durations, default=None),
        p95_ns=percentile(durations, 0.95) if len(durations) >= LEAST_FOR_P95 else None,
    )


class SpawnMetrics:
    """The latest spawns and batches; may be shared by batches, event loops and threads.

    Parameters:
        window: how many spawns, and how many batches, are kept; older ones are forgotten.

    Raises:
        TypeError: `window` is no whole number.
        ValueError: it is below 1.
    """

    def __init__(self, window: int = WINDOW) -> None:
        if isinstance(window, bool) or not isinstance(window, int):
            raise TypeError(f"window={window!r}: a whole number is wanted")
        if window < 1:
            raise ValueError(f"window={window}: at least 1 is wanted")
        self.window = window
        self._spawns: deque[SpawnRecord] = deque(maxlen=window)
        self._batches: deque[BatchRecord] = deque(maxlen=window)
        self._lock = threading.Lock()

    @property
    def spawns(self) -> tuple[SpawnRecord, ...]:
        """The spawns in the window, in the order they ended in."""
        with self._lock:
            return tuple(self._spawns)

    @property
    def batches(self) -> tuple[BatchRecord, ...]:
        """The latest batches, in the order they ended in."""
        with self._lock:
            return tuple(self._batches)

    def summary(self) -> Summary:
        """The spawns in the window together."""
        return summarised(self.spawns)

    def add_spawn(self, record: SpawnRecord) -> None:
        """Take a spawn into the window."""
        with self._lock:
            self._spawns.append(record)

    def add_batch(self, record: BatchRecord) -> None:
        """Take a batch into the window."""
        with self._lock:
            self._batches.append(record)

    def to_document(self) -> dict[str, Any]:
        """All of it as plain data, as `export_json` writes it."""
        spawns, batches = self.spawns, self.batches
        return {
            "format": FORMAT,
            "version": VERSION,
            "exported_utc": now_utc(),
            "window": self.window,
            "summary": asdict(summarised(spawns)),
            "batches": [asdict(batch) for batch in batches],
            "spawns": [asdict(spawn) for spawn in spawns],
        }

    def export_json(self, path: str | os.PathLike[str]) -> None:
        """Write all of it to a file, so that at every instant either the old file or the new one is there.

        Parameters:
            path: of the file; what is there already is replaced.

        Raises:
            OSError: the file can't be written; its folder is missing, for one.
        """
        target = Path(path)
        text = json.dumps(self.to_document(), indent=1, allow_nan=False) + "\n"
        if target.exists() and not target.is_file():  # a device or a pipe can't be replaced
            target.write_text(text, encoding="utf-8")
            return
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        try:
            with temporary.open("x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
