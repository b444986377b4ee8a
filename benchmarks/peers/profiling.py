"""What a profile costs, and how exact it is: three benchmarks, counted once and profiled twice each.

The table shows the processor time of a plain `iaipy run` and of `iaipy profile` of the same benchmark; what
callgrind followed, and how far that is from what cachegrind counts in the same worker with trampolines; and
how much more that is than cachegrind counts without them.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import common

from iaipy import suite
from iaipy.config import load_config
from iaipy.measure.valgrind import profiler
from iaipy.measure.valgrind.engine import CachegrindEngine
from iaipy.measure.valgrind.nursery import Nursery

AT_MOST_TIMES = 4
AT_MOST_APART = 0.001

_FILE = """\
import asyncio
import json
import re

from iaipy import benchmark, keep

ROWS = [{"id": number, "name": f"row {number}"} for number in range(100)]
TEXT = json.dumps(ROWS)
WORD = re.compile(r"(\\w+) (\\d+)")


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def norm(self):
        return self.x * self.x + self.y * self.y


@benchmark
def parse():
    for row in json.loads(TEXT):
        keep(WORD.match(row["name"]).groups())


@benchmark
def many_small_calls():
    keep(sum(Point(number, 2.5).norm() for number in range(500)))


async def sleeper(number):
    await asyncio.sleep(0)
    return number


@benchmark
async def tasks():
    keep(await asyncio.gather(*map(sleeper, range(50))))
"""
_NAMES = ("parse", "many_small_calls", "tasks")
_CHANGING = ("created_utc",)


def profile(folder: Path, name: str, *words: str) -> tuple[common.Finished, dict[str, Any]]:
    """How long `iaipy profile` took, and its document without what may change."""
    argv = [sys.executable, "-P", "-m", "iaipy", "profile", f"bench_three.py::{name}", *words]
    finished = common.must([*argv, "--report", "json:profile.json"], folder)
    document: dict[str, Any] = json.loads((folder / "profile.json").read_text())
    return finished, {key: value for key, value in document.items() if key not in _CHANGING}


def count_with_trampolines(folder: Path, name: str, python: str, valgrind: str) -> int:
    """The instructions of a region with trampolines active, as cachegrind counts them."""
    config = load_config(folder, {"python": python, "valgrind": valgrind})
    [benchmark] = suite.collect(config, (f"bench_three.py::{name}",), folder).benchmarks
    with CachegrindEngine(config) as engine:
        start, place = engine.prepare()
        nursery = Nursery(start, folder / benchmark.path, place, config.timeout_s, ("profiler", "cachegrind"))
        nursery.warm_up()
        numbers = (benchmark.index, profiler.TICKET, benchmark.warmup, benchmark.iterations)
        return nursery.measure(*numbers, config.timeout_s).events["Ir"]


def main() -> int:
    """Count and profile, and print the table."""
    parser = common.options(__doc__ or "")
    parser.add_argument(
        "--python", required=True, type=common.program, help="CPython 3.12 or newer, with cffi"
    )
    arguments = parser.parse_args()
    rows, times, apart, same = [], [], [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = common.project(Path(temporary), {"bench_three.py": _FILE})
        words = ("--python", arguments.python)
        for name in _NAMES:
            plain = common.must(
                common.iaipy(f"bench_three.py::{name}", *words, valgrind=arguments.valgrind), folder
            )
            finished, first = profile(folder, name, *words, "--valgrind", arguments.valgrind)
            _, second = profile(folder, name, *words, "--valgrind", arguments.valgrind)
            told = first["accounting"]
            named = count_with_trampolines(folder, name, arguments.python, arguments.valgrind)
            overhead = told["executed"] - told["harness"] - told["counted"]
            times.append(finished.cpu_seconds / plain.cpu_seconds)
            apart.append(abs(told["executed"] - named) / named)
            same.append(first == second)
            rows.append(
                [
                    name,
                    f"{told['counted']:,}",
                    f"{told['executed']:,}",
                    f"{named:,}",
                    f"{plain.cpu_seconds:.1f} s",
                    f"{finished.cpu_seconds:.1f} s",
                    f"{times[-1]:.2f}",
                    f"{apart[-1]:.4%}",
                    f"{overhead / told['counted']:.1%}",
                    "yes" if same[-1] else "no",
                ]
            )
    print(f"{common.versions(arguments.valgrind)}; profiled by {arguments.python}\n")
    head = (
        "benchmark",
        "counted",
        "followed, with trampolines",
        "counted with them",
        "run",
        "profile",
        "times",
        "apart",
        "overhead",
        "twice the same",
    )
    print(common.table(head, rows))
    return common.verdict(
        (
            (f"at most {AT_MOST_TIMES} times a plain run: {max(times):.2f}", max(times) <= AT_MOST_TIMES),
            (
                f"at most {AT_MOST_APART:.1%} between both tools: {max(apart):.4%}",
                max(apart) <= AT_MOST_APART,
            ),
            ("two profiles of the same code are the same, but for their dates", all(same)),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
