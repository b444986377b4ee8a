"""The history of a project's runs: a folder of text files, one for each month, a line for each run.

Lines are sorted, and each stands for itself, so that two histories are merged by keeping all lines of both;
a .gitattributes beside them tells git to do so. What a merge leaves out of order or twice is read all the
same, and put in order when the next run is added.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iaipy.errors import HostError
from iaipy.model.history import Count, Record, Time
from iaipy.model.metrics import COUNTER_KEYS
from iaipy.store import files
from iaipy.store.document import (
    MOMENT,
    _member,
    _moment,
    _strings,
    _times,
    _typed,
    _whole,
    _without_duplicates,
    _WrongError,
)

VERSION = 1
# History of the lines:
#   1  the first one

_ATTRIBUTES = "*.jsonl merge=union\n"
_DIGITS = 7
"""A time is kept in so many digits, which is more than it can be measured to."""


def add(storage: Path, record: Record) -> Path:
    """Add a run to the history; one that is there already is not added again.

    Parameters:
        storage: iaipy's folder, usually `.iaipy`.

    Returns:
        the file it is in.

    Raises:
        HostError: its time isn't one, the month's file is damaged, or it can't be written.
    """
    if not MOMENT.fullmatch(record.created_utc):
        raise HostError(
            f"the run can't be added to the history: its time {record.created_utc[:40]!r} is not of the form "
            "2026-01-31T12:00:00Z",
            "add a run that iaipy has written",
        )
    folder = _folder(storage)
    target = folder / f"{record.created_utc[:7]}.jsonl"
    with files.writing("the history was left as it was"), files.locked(storage):
        kept = _read(target) if target.exists() else {}
        lines = sorted({*kept, _line(record)})
        folder.mkdir(exist_ok=True)
        attributes = folder / ".gitattributes"
        if not attributes.exists():
            attributes.write_text(_ATTRIBUTES, encoding="utf-8")
        files.replace(target, "".join(f"{line}\n" for line in lines), durable=True)
    return target


def load(storage: Path) -> list[Record]:
    """All runs of the history, in the order of time.

    Raises:
        HostError: a file can't be read, or has a line that is no run.
    """
    folder = _folder(storage)
    try:
        months = sorted(folder.glob("*.jsonl"))
    except OSError as error:
        raise HostError(f"{folder} can't be read: {error.strerror}") from error
    kept = {line: record for file in months for line, record in _read(file).items()}
    return [kept[line] for line in sorted(kept)]


def _folder(storage: Path) -> Path:
    return storage / "history"


def _line(record: Record) -> str:
    """A record as a line, its time in front, so that lines sort by it."""
    document = {
        "created_utc": record.created_utc,
        "commit": record.commit,
        "version": VERSION,
        "environment": dict(sorted(record.environment.items())),
        "machine": dict(sorted(record.machine.items())),
        "counts": {id_: _from_count(count) for id_, count in sorted(record.counts.items())},
        "times": {id_: _from_time(time) for id_, time in sorted(record.times.items())},
    }
    return json.dumps(document, separators=(",", ":"), allow_nan=False)


def _from_count(count: Count) -> dict[str, Any]:
    """The counters in the order of COUNTER_KEYS; what is nought or empty is left out."""
    optional = {
        "spread": [count.spread[key] for key in COUNTER_KEYS] if any(count.spread.values()) else [],
        "conditions": dict(sorted(count.conditions.items())),
    }
    counters = {"counters": [count.counters[key] for key in COUNTER_KEYS]}
    return counters | {key: value for key, value in optional.items() if value}


def _from_time(time: Time) -> dict[str, Any]:
    interval = [] if time.low_ns is None or time.high_ns is None else [time.low_ns, time.high_ns]
    optional = {
        "interval_ns": [_rounded(end) for end in interval],
        "conditions": dict(sorted(time.conditions.items())),
    }
    figures = {
        "typical_ns": _rounded(time.typical_ns),
        "mean_ns": _rounded(time.mean_ns),
        "processes": time.processes,
    }
    return figures | {key: value for key, value in optional.items() if value}


def _rounded(nanoseconds: float) -> float:
    return float(f"{nanoseconds:.{_DIGITS}g}")


def _read(file: Path) -> dict[str, Record]:
    """The records of a file by their lines, each of these as it would be written now."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise HostError(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise HostError(f"{file} can't be used as a history: it is not UTF-8 text") from error
    records = [_record(line, f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    return {_line(record): record for record in records}


def _record(line: str, where: str) -> Record:
    try:
        document = json.loads(line, object_pairs_hook=_without_duplicates)
        return _to_record(_typed(document, "the line", dict), where)
    except (ValueError, RecursionError, _WrongError) as error:
        raise HostError(
            f"{where} is no run of a history: {error}",
            "where git has left a conflict, keep the lines of both sides without its marks; else delete it",
        ) from error


def _to_record(document: Mapping[str, Any], where: str) -> Record:
    version = _whole(document, "", "version", 1)
    if version > VERSION:
        raise HostError(
            f"{where} is of format version {version}; this iaipy reads up to version {VERSION}",
            "use the iaipy that wrote it, or a newer one",
        )
    counts = _member(document, "", "counts", dict)
    times = _member(document, "", "times", dict)
    return Record(
        _moment(document),
        _member(document, "", "commit", str),
        _strings(document, "", "environment"),
        _strings(document, "", "machine"),
        {
            id_: _to_count(_typed(item, f"counts.{id_}", dict), f"counts.{id_}")
            for id_, item in counts.items()
        },
        {id_: _to_time(_typed(item, f"times.{id_}", dict), f"times.{id_}") for id_, item in times.items()},
    )


def _to_count(item: Mapping[str, Any], path: str) -> Count:
    nothing = dict.fromkeys(COUNTER_KEYS, 0)
    return Count(
        _by_counter(item, path, "counters"),
        _by_counter(item, path, "spread") if "spread" in item else nothing,
        _strings(item, path, "conditions") if "conditions" in item else {},
    )


def _by_counter(item: Mapping[str, Any], path: str, key: str) -> dict[str, int]:
    numbers = _member(item, path, key, list)
    if len(numbers) != len(COUNTER_KEYS):
        raise _WrongError(f"{path}.{key} has {len(numbers)} numbers, not {len(COUNTER_KEYS)}")
    named = dict(zip(COUNTER_KEYS, numbers, strict=True))
    return {name: _whole(named, f"{path}.{key}", name, 0) for name in COUNTER_KEYS}


def _to_time(item: Mapping[str, Any], path: str) -> Time:
    interval = _times(item.get("interval_ns", []), f"{path}.interval_ns", signed=True)
    if len(interval) not in (0, 2):
        raise _WrongError(f"{path}.interval_ns has {len(interval)} numbers, not 2")
    low_ns, high_ns = interval or (None, None)
    typical_ns, mean_ns = (
        _times([item.get(key)], f"{path}.{key}", signed=True)[0] for key in ("typical_ns", "mean_ns")
    )
    return Time(
        typical_ns,
        mean_ns,
        low_ns,
        high_ns,
        _whole(item, path, "processes", 1),
        _strings(item, path, "conditions") if "conditions" in item else {},
    )
