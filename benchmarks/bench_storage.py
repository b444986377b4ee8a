"""Stores side by side, by the clock: SQLite's journals, and SQLite against a tool server behind pipes.

It stands for what several processes share: a database that one of them writes while another reads, or a
helper process that keeps the data and is asked in JSON. The databases are on disk, in the system's folder for
temporary files, with synchronous=NORMAL, where a commit in write-ahead mode doesn't wait for the disk.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Protocol

from iaipy import benchmark, keep

APP = Path(__file__).parent / "app"
Entry = dict[str, Any]
ENTRIES: list[Entry] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/log_entries.jsonl").read_text(encoding="utf-8").splitlines()
]
APPENDED_AT_ONCE = 5
TAILS = range(5, 55, 5)
ROWS = 1000
TRANSACTIONS = 50
JOURNALS = ["wal", "delete"]
KINDS = ("placed", "paid", "packed", "shipped", "returned")


def started(program: str, argument: Path) -> subprocess.Popen[str]:
    """A program of benchmarks/app, its input and output being pipes."""
    return subprocess.Popen(
        [sys.executable, str(APP / program), str(argument)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> None:
    """End a program, and close its pipes."""
    process.kill()
    with process:
        process.wait()


class Database:
    """A database of events in a folder of its own, and the process that writes to it, if there is one."""

    def __init__(self, journal: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.path = self.folder / "store.db"
        self.connection = sqlite3.connect(self.path, timeout=60)
        self.connection.executescript(
            f"PRAGMA journal_mode={journal}; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER, kind TEXT, body TEXT)"
        )
        with self.connection:
            self.connection.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?)",
                (
                    (n, 1_710_000_000 + 37 * n, KINDS[n * n % 5], f"order {4000 + n % 97}")
                    for n in range(ROWS)
                ),
            )
        self.writer: subprocess.Popen[str] | None = None


def opened(journal: str) -> Database:
    return Database(journal)


def opened_beside_a_writer(journal: str) -> Database:
    database = Database(journal)
    database.writer = started("writer.py", database.path)
    assert database.writer.stdout is not None
    assert database.writer.stdout.readline() == "writing\n"
    return database


def closed(database: Database) -> None:
    """End the writer, and remove the database."""
    if database.writer:
        ended(database.writer)
    database.connection.close()
    shutil.rmtree(database.folder)


@benchmark(
    mode="walltime",
    params={"journal": JOURNALS},
    elements=TRANSACTIONS,
    setup=opened,
    teardown=closed,
    tags=("sqlite", "storage"),
)
def transactions(database: Database) -> None:
    """Fifty transactions that change one row each."""
    for number in range(TRANSACTIONS):
        with database.connection:
            database.connection.execute("UPDATE events SET kind = 'seen' WHERE id = ?", (number * 7,))
    assert keep(database.connection.total_changes) == ROWS + TRANSACTIONS


def selected(database: Database) -> None:
    """Read every row by its primary key, each in a transaction of its own.

    A thousand of them take longer than the writer rests, so its transactions fall between them.
    """
    found = [
        database.connection.execute("SELECT kind, body FROM events WHERE id = ?", (number,)).fetchall()
        for number in range(ROWS)
    ]
    assert all(keep(found))


@benchmark(
    mode="walltime",
    params={"journal": JOURNALS},
    elements=ROWS,
    setup=opened,
    teardown=closed,
    tags=("sqlite", "storage"),
)
def selects(database: Database) -> None:
    """A thousand selects while nobody writes."""
    selected(database)


@benchmark(
    mode="walltime",
    params={"journal": JOURNALS},
    elements=ROWS,
    setup=opened_beside_a_writer,
    teardown=closed,
    tags=("sqlite", "storage"),
)
def selects_beside_a_writer(database: Database) -> None:
    """A thousand selects while another process writes, resting for 1 ms after every transaction."""
    selected(database)


class Store(Protocol):
    """Keeps log entries, whose index counts from 1."""

    def append(self, previous_index: int, entries: list[Entry]) -> bool:
        """Append behind the entry that must be the last; whether that was so."""

    def tail(self, after: int) -> list[Entry]:
        """The entries behind an index."""

    def close(self) -> None:
        """Remove all of it."""


class SqliteStore:
    """A log in a database of this process, in write-ahead mode."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.connection = sqlite3.connect(self.folder / "log.db")
        self.connection.executescript(
            "PRAGMA journal_mode=wal; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE log (idx INTEGER PRIMARY KEY, term INTEGER NOT NULL, command TEXT NOT NULL)"
        )

    def append(self, previous_index: int, entries: list[Entry]) -> bool:
        with self.connection:
            (last,) = self.connection.execute("SELECT coalesce(max(idx), 0) FROM log").fetchone()
            if last != previous_index:
                return False
            rows = [(entry["index"], entry["term"], json.dumps(entry["command"])) for entry in entries]
            self.connection.executemany("INSERT INTO log VALUES (?, ?, ?)", rows)
        return True

    def tail(self, after: int) -> list[Entry]:
        rows = self.connection.execute(
            "SELECT idx, term, command FROM log WHERE idx > ? ORDER BY idx", (after,)
        )
        return [
            {"index": index, "term": term, "command": json.loads(command)} for index, term, command in rows
        ]

    def close(self) -> None:
        self.connection.close()
        shutil.rmtree(self.folder)


class ToolServerStore:
    """A log that a tool server keeps, in a process of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.server = started("tool_server.py", self.folder / "log.jsonl")
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.requests: IO[str] = self.server.stdin
        self.replies: IO[str] = self.server.stdout
        self.calls = 0
        self.tail(0)  # the server is up when it answers

    def append(self, previous_index: int, entries: list[Entry]) -> bool:
        accepted: bool = self.call("log.append", previous_index=previous_index, entries=entries)["accepted"]
        return accepted

    def tail(self, after: int) -> list[Entry]:
        entries: list[Entry] = self.call("log.tail", after=after)["entries"]
        return entries

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One round trip."""
        self.calls += 1
        request = {"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params}
        self.requests.write(json.dumps(request, separators=(",", ":")) + "\n")
        self.requests.flush()
        reply = json.loads(self.replies.readline())
        assert reply["id"] == self.calls
        result: dict[str, Any] = reply["result"]
        return result

    def close(self) -> None:
        ended(self.server)
        shutil.rmtree(self.folder)


STORES: dict[str, type[SqliteStore | ToolServerStore]] = {
    "sqlite": SqliteStore,
    "tool-server": ToolServerStore,
}


def append_all(store: Store) -> bool:
    return all(
        store.append(start, ENTRIES[start : start + APPENDED_AT_ONCE])
        for start in range(0, len(ENTRIES), APPENDED_AT_ONCE)
    )


def empty(store: str) -> Store:
    return STORES[store]()


def filled(store: str) -> Store:
    made = STORES[store]()
    append_all(made)
    return made


def removed(made: Store) -> None:
    made.close()


@benchmark(
    mode="walltime",
    params={"store": list(STORES)},
    elements=len(ENTRIES),
    setup=empty,
    teardown=removed,
    tags="storage",
)
def append_log(made: Store) -> None:
    """Store fifty log entries with term and index, five to a transaction or request."""
    assert keep(append_all(made))


@benchmark(
    mode="walltime",
    params={"store": list(STORES)},
    elements=sum(TAILS),
    setup=filled,
    teardown=removed,
    tags="storage",
)
def read_log_tail(made: Store) -> None:
    """Read the log's last entries back ten times, for followers that are further and further behind."""
    tails = [made.tail(len(ENTRIES) - behind) for behind in TAILS]
    assert keep(tails)[-1] == ENTRIES
