"""SQLite as a service's own store: one database file on disk, written and read by the same process.

It stands for the embedded queue, cache or replicated log that so many daemons keep: small transactions in
write-ahead mode, point and range queries, and the log of a consensus protocol, synced at every append.
"""

import json
import sqlite3
from pathlib import Path
from typing import NamedTuple

import scratch

from iaipy import benchmark, keep

LOG = (Path(__file__).parent / "data/log_entries.jsonl").read_text(encoding="utf-8")
ENTRIES = [
    (entry["index"], entry["term"], json.dumps(entry["command"]))
    for entry in map(json.loads, LOG.splitlines())
]
APPENDED_AT_ONCE = 5
ROWS = 1000
KINDS = ("placed", "paid", "packed", "shipped", "returned")
Event = tuple[int, int, str, str]
EVENTS: list[Event] = [
    (n, 1_710_000_000 + 37 * n, KINDS[n * n % 5], f'{{"order": {4000 + n % 97}, "total": {n * 7 % 400}.50}}')
    for n in range(ROWS)
]

EVENTS_SCHEMA = """
    CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER, kind TEXT, body TEXT);
    CREATE INDEX events_by_kind ON events (kind, at);
"""
LOG_SCHEMA = "CREATE TABLE log (idx INTEGER PRIMARY KEY, term INTEGER NOT NULL, command TEXT NOT NULL)"


class Store(NamedTuple):
    """A database and its two connections, as a service has one that writes and one that reads."""

    writer: sqlite3.Connection
    reader: sqlite3.Connection


def opened(journal: str, schema: str) -> Store:
    """An empty database in a folder of its own."""
    path = scratch.enter() / "store.db"
    path.touch()
    scratch.give_away(path)
    writer = sqlite3.connect(path)
    writer.executescript(f"PRAGMA journal_mode={journal}; PRAGMA synchronous=NORMAL; {schema}")
    reader = sqlite3.connect(path)
    reader.execute(
        "SELECT count(*) FROM sqlite_schema"
    ).fetchall()  # opens its files, which is more work for root
    return Store(writer, reader)


def closed(store: Store) -> None:
    """Close and remove a database."""
    store.reader.close()
    store.writer.close()
    scratch.leave()


def empty_events() -> Store:
    return opened("wal", EVENTS_SCHEMA)


def filled_events(journal: str = "wal") -> Store:
    store = opened(journal, EVENTS_SCHEMA)
    with store.writer:
        store.writer.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", EVENTS)
    return store


@benchmark(setup=empty_events, teardown=closed, tags="sqlite")
def insert_batches(store: Store) -> None:
    """Ten write-ahead transactions of twenty rows each."""
    for start in range(0, 200, 20):
        with store.writer:
            store.writer.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", EVENTS[start : start + 20])
    keep(store.writer.total_changes)


@benchmark(params={"journal": ["wal", "delete"]}, setup=filled_events, teardown=closed, tags="sqlite")
def select_points(store: Store) -> None:
    """A hundred rows by primary key, each in a read transaction of its own."""
    found = [
        store.reader.execute("SELECT kind, body FROM events WHERE id = ?", (n,)).fetchall()
        for n in range(3, ROWS, 10)
    ]
    assert len(keep(found)) == 100


@benchmark(setup=filled_events, teardown=closed, tags="sqlite")
def select_range(store: Store) -> None:
    """The newest fifty events of each kind since a moment, through an index."""
    since = EVENTS[ROWS // 2][1]
    query = "SELECT id, at, body FROM events WHERE kind = ? AND at >= ? ORDER BY at DESC LIMIT 50"
    keep([store.reader.execute(query, (kind, since)).fetchall() for kind in KINDS])


def empty_log() -> Store:
    store = opened("wal", LOG_SCHEMA)
    store.writer.execute(
        "PRAGMA synchronous=FULL"
    )  # what a consensus log has confirmed must survive a power cut
    return store


def append(
    log: sqlite3.Connection, previous_index: int, previous_term: int, entries: list[tuple[int, int, str]]
) -> bool:
    """Append after an entry that must be there, as a follower does; entries that conflict give way."""
    with log:
        known = log.execute("SELECT term FROM log WHERE idx = ?", (previous_index,)).fetchall()
        if previous_index and known != [(previous_term,)]:
            return False
        log.execute("DELETE FROM log WHERE idx > ?", (previous_index,))
        log.executemany("INSERT INTO log VALUES (?, ?, ?)", entries)
    return True


def append_all(store: Store) -> bool:
    previous = (0, 0)
    for start in range(0, len(ENTRIES), APPENDED_AT_ONCE):
        entries = ENTRIES[start : start + APPENDED_AT_ONCE]
        if not append(store.writer, *previous, entries):
            return False
        previous = entries[-1][:2]
    return True


def filled_log() -> Store:
    store = empty_log()
    append_all(store)
    return store


@benchmark(setup=empty_log, teardown=closed, tags=("sqlite", "storage"))
def append_log(store: Store) -> None:
    """Store fifty log entries with term and index, five to a synced transaction."""
    assert keep(append_all(store))


@benchmark(setup=filled_log, teardown=closed, tags=("sqlite", "storage"))
def read_log_tail(store: Store) -> None:
    """Read the log's last entries back ten times, for followers that are further and further behind."""
    tails = []
    for behind in range(5, 55, 5):
        rows = store.reader.execute(
            "SELECT idx, term, command FROM log WHERE idx > ? ORDER BY idx", (50 - behind,)
        )
        tails.append([(index, term, json.loads(command)) for index, term, command in rows])
    assert len(keep(tails)[-1]) == len(ENTRIES)
