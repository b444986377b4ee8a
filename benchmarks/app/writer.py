"""A writer: changes rows of a database in one small transaction after the other, until it is ended.

    python writer.py STORE.db

Between two transactions it rests for a millisecond. It says "writing" when the first one is committed.
"""

import itertools
import sqlite3
import sys
import time

ROWS_AT_ONCE = 20
REST_S = 0.001


def main(path: str) -> None:
    """Write for ever."""
    store = sqlite3.connect(path, timeout=60)
    store.execute("PRAGMA synchronous=NORMAL")
    (rows,) = store.execute("SELECT count(*) FROM events").fetchone()
    for first in itertools.cycle(range(0, rows - ROWS_AT_ONCE, ROWS_AT_ONCE)):
        with store:
            store.execute(
                "UPDATE events SET body = ? WHERE id >= ? AND id < ?",
                (f"changed {time.monotonic_ns()}", first, first + ROWS_AT_ONCE),
            )
        if first == 0:
            print("writing", flush=True)
        time.sleep(REST_S)


if __name__ == "__main__":
    main(sys.argv[1])
