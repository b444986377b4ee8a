"""Twenty pieces of work whose size is set from outside: one unit is done so many times in each call."""

import base64
import copy
import csv
import hashlib
import html
import io
import json
import os
import pickle
import re
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, chain

from iaipy import benchmark, keep

UNITS = int(os.environ.get("CALIBRATION_UNITS", "25"))

ROWS = [{"id": n, "name": f"row {n}", "tags": ["a", "b", str(n % 7)], "price": n * 1.25} for n in range(20)]
TEXT = json.dumps(ROWS)
WORDS = re.findall(r"\w+", TEXT)
STORED = pickle.dumps(ROWS)
TABLE = "\n".join(",".join(map(str, row.values())) for row in ROWS)
DATABASE = sqlite3.connect(":memory:")
DATABASE.execute("create table item (id integer primary key, name text)")
DATABASE.executemany("insert into item values (?, ?)", [(row["id"], row["name"]) for row in ROWS])


class Point:
    """Something to make many of."""

    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y


def _numbers(limit: int) -> int:
    return sum(n * n % 7 for n in range(limit))


UNIT_OF: dict[str, Callable[[], object]] = {
    "json_loads": lambda: json.loads(TEXT),
    "json_dumps": lambda: json.dumps(ROWS),
    "pickle_loads": lambda: pickle.loads(STORED),
    "pickle_dumps": lambda: pickle.dumps(ROWS),
    "deepcopy": lambda: copy.deepcopy(ROWS[:4]),
    "sort": lambda: sorted(WORDS, key=str.lower),
    "count": lambda: Counter(WORDS),
    "regex": lambda: re.findall(r"[a-z]+ \d+", TEXT),
    "split_join": lambda: "-".join(TEXT.split(" ")),
    "csv": lambda: list(csv.reader(io.StringIO(TABLE))),
    "html": lambda: html.escape(TEXT),
    "base64": lambda: base64.b64decode(base64.b64encode(STORED * 8)),
    "zlib": lambda: zlib.compress(STORED),
    "sha256": lambda: hashlib.sha256(STORED * 8).digest(),
    "sqlite": lambda: DATABASE.execute("select * from item where id % 3 = 0").fetchall(),
    "decimal": lambda: sum((Decimal(n) / 7 for n in range(40)), Decimal()),
    "fractions": lambda: sum((Fraction(1, n) for n in range(1, 12)), Fraction()),
    "dates": lambda: [datetime.fromisoformat(f"2026-01-{day:02}T10:00:00") for day in range(1, 29)],
    "objects": lambda: [Point(n, -n) for n in range(200)],
    "generators": lambda: list(accumulate(chain(range(100), (_numbers(40),)))),
}


@benchmark(mode="walltime", params={"subject": list(UNIT_OF)})
def work(subject: str) -> None:
    unit = UNIT_OF[subject]
    for _ in range(UNITS):
        keep(unit())
