"""How many warm-up calls does a function need? The same four functions, each measured after 0, 1, 2 … calls.

CPython specialises a function's bytecode within its first calls, and fills caches of its own and of the
library. The table shows from which call on the counts are steady; `DEFAULT_WARMUP` rests on it.
"""

import sys
import tempfile
from pathlib import Path

import common

MOST = 12
"""Warm-up calls, at most."""

_SUITE = f"""\
import json

from iaipy import benchmark, keep

ROWS = [{{"id": number, "name": f"row {{number}}"}} for number in range(60)]
TEXT = json.dumps(ROWS)


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def norm(self):
        return self.x * self.x + self.y * self.y


def integers():
    total = 0
    for number in range(300):
        total += number * number % 7
    return keep(total)


def objects():
    return keep(sum(Point(number, 2.5).norm() for number in range(100)))


def dictionaries():
    return keep({{row["name"]: row["id"] for row in ROWS if row["id"] % 3}})


def json_loads():
    return keep(json.loads(TEXT))


for function in (integers, objects, dictionaries, json_loads):
    for calls in range({MOST} + 1):
        benchmark(name=f"{{function.__name__}}-{{calls}}", warmup=calls)(function)
"""


def main() -> int:
    """Measure all in one run, and print the table."""
    arguments = common.options(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = common.project(Path(name), {"benchmarks/bench_warmup.py": _SUITE})
        report = folder / "counts.json"
        common.must(common.iaipy("--report", f"json:{report}", valgrind=arguments.valgrind), folder)
        instructions = {
            id_.partition("::")[2]: counters["instructions"]
            for id_, counters in common.counts(report).items()
        }
    functions = list(dict.fromkeys(key.partition("-")[0] for key in instructions))
    rows = [
        [str(calls), *(f"{instructions[f'{function}-{calls}']:,}" for function in functions)]
        for calls in range(MOST + 1)
    ]
    print(f"{common.versions(arguments.valgrind)}; instructions\n")
    print(common.table(("warm-up calls", *functions), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
