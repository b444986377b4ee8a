"""Does iaipy name the culprit? Thirty regressions are put into a generated package of sixty functions.

Each is profiled and held against the package as it was, moved down by some lines. The table says which
function is named first, at which place the culprit is, and which part of the change is put down to it.
"""

import os
import random
import re
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import common

from iaipy import profiling, suite
from iaipy.config import load_config
from iaipy.model.profile import Profile
from iaipy.model.run import Environment
from iaipy.profile.difference import difference

FUNCTIONS = 60
PER_KIND = 5
FIRST_AT_LEAST, ACCOUNTED_AT_LEAST = 28, 0.95

_HEAD = """\
import json
import re

DATA = [number * 7919 % 1009 for number in range(200)]
TEXT = "a=1, b=22, c=333; " * 8
DOCUMENT = json.dumps({str(number): [number] * 3 for number in range(30)})
"""
_BENCHMARK = """\
from iaipy import benchmark, keep
from package import work


@benchmark
def whole():
    keep(work.f0(3))
"""
_LIBRARY = {
    1: "    total += len(sorted(DATA))",
    2: "    total += len(re.findall(r'(\\w+)=(\\d+)', TEXT))",
    3: "    total += len(json.loads(DOCUMENT))",
}
"""What a function calls besides its loop, by its number modulo four."""


def callees(number: int) -> list[int]:
    """The functions that a function calls: a tree, and now and then one that has several callers."""
    shared = [FUNCTIONS - 1 - number // 5] if number % 5 == 0 else []
    tree = [2 * number + 1, 2 * number + 2]
    return [each for each in dict.fromkeys((*tree, *shared)) if number < each < FUNCTIONS]


def function(number: int, chance: random.Random) -> str:
    """The source of a function."""
    lines = [
        f"def f{number}(n):",
        "    total = 0",
        f"    for k in range({20 * chance.randrange(2, 6)}):",
        "        total += k * n",
        *([_LIBRARY[number % 4]] if number % 4 else []),
        *(f"    total += f{each}(n)" for each in callees(number)),
        "    return total",
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Injection:
    """A regression.

    Parameters:
        kind: in words.
        number: of the function that is changed, or called more often.
        inject: sources by number → what is changed, and added, in them.
        culprit: who is to be named; the function itself by default.
        library: which functions it can be put into, by their number modulo four.
    """

    kind: str
    inject: Callable[[list[str], int], list[str]]
    culprit: str = "f{number}"
    library: tuple[int, ...] = (0, 1, 2, 3)


def _replaced(sources: list[str], number: int, old: str, new: str) -> list[str]:
    text = re.sub(old, new, sources[number], count=1)
    assert text != sources[number], (number, old)
    return [*sources[:number], text, *sources[number + 1 :]]


def _dearer(sources: list[str], number: int) -> list[str]:
    rounds = int(re.findall(r"range\((\d+)\)", sources[number])[0])
    return _replaced(sources, number, r"range\(\d+\)", f"range({rounds * 11 // 10})")


def _twice(sources: list[str], number: int) -> list[str]:
    caller = min(each for each in range(FUNCTIONS) if number in callees(each))
    return _replaced(sources, caller, rf" (f{number}\(n\))", r" \1 + \1")


def _rewritten(sources: list[str], number: int) -> list[str]:
    return _replaced(
        sources, number, r"(?s)    for .*?k \* n\n", "    total = sum([k % 7 + n for k in range(300)])\n"
    )


def _new_callee(sources: list[str], number: int) -> list[str]:
    helper = (
        "def helper(n):\n    total = 0\n    for k in range(200):\n        total += k % 3\n    return total\n"
    )
    return [*_replaced(sources, number, "total = 0", "total = helper(n)"), helper]


def _slow_pattern(sources: list[str], number: int) -> list[str]:
    return _replaced(sources, number, re.escape(r"(\w+)=(\d+)"), r"(.*?\\w+)=(\\d+)")


def _dear_call(sources: list[str], number: int) -> list[str]:
    return _replaced(sources, number, r"sorted\(DATA\)", "sorted(DATA * 2)")


INJECTIONS = (
    Injection("10 % dearer", _dearer, library=(0,)),
    Injection("called twice as often", _twice),
    Injection("replaced", _rewritten),
    Injection("a new callee", _new_callee, culprit="helper"),
    Injection("a slower regex", _slow_pattern, library=(2,)),
    Injection("a dearer call of C", _dear_call, library=(1,)),
)


class Package:
    """The package in its variants, each in a project of its own.

    Parameters:
        folder: gets the projects.
        python, valgrind: what profiles them.
        seed: of the functions' costs.
    """

    def __init__(self, folder: Path, python: str, valgrind: str, seed: int) -> None:
        self._folder = folder
        self._options = {"python": python, "valgrind": valgrind}
        chance = random.Random(seed)
        self.sources = [function(number, chance) for number in range(FUNCTIONS)]
        self._projects = count()

    def profile(self, sources: list[str], *, moved: int = 0) -> Profile:
        """The profile of these sources."""
        folder = self._folder / f"{next(self._projects):04d}"  # paths of one length, as in one checkout
        folder.mkdir()
        module = "\n\n".join((_HEAD + "\n" * moved, *sources))
        files = {"bench_whole.py": _BENCHMARK, "package/__init__.py": "", "package/work.py": module}
        root = common.project(folder, files)
        config = load_config(root, self._options)
        [benchmark] = suite.collect(config, ("bench_whole.py",), root).benchmarks
        return profiling.of_counted(config, benchmark, 0, Environment({}))  # differences need no counts


def main() -> int:
    """Make the profiles, print the table, and say which targets are missed."""
    parser = common.options(__doc__ or "")
    parser.add_argument(
        "--python", required=True, type=common.program, help="CPython 3.12 or newer, with cffi"
    )
    parser.add_argument("--seed", type=int, default=6, help="another package, and other regressions")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="profiles made at once")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        package = Package(Path(name), arguments.python, arguments.valgrind, arguments.seed)
        return judge(package, arguments.seed, arguments.jobs)


def judge(package: Package, seed: int, jobs: int) -> int:
    """Inject all, print what is named; the exit code."""
    chance = random.Random(seed)
    chosen = [
        (injection, number)
        for injection in INJECTIONS
        for number in chance.sample([n for n in range(1, FUNCTIONS) if n % 4 in injection.library], PER_KIND)
    ]
    with ThreadPoolExecutor(jobs) as pool:
        before = pool.submit(package.profile, package.sources)
        injected = [injection.inject(package.sources, number) for injection, number in chosen]
        profiles = list(pool.map(partial(package.profile, moved=3), injected))
    rows, places, parts = [], [], []
    for (injection, number), now in zip(chosen, profiles, strict=True):
        found = difference(before.result(), now)
        culprit = f"package.work.{injection.culprit.format(number=number)}"
        named = [cause.function.name for cause in found.causes]
        place = named.index(culprit) + 1 if culprit in named else 0
        part = found.causes[place - 1].amount / found.total if place else 0.0
        places.append(place)
        parts.append(part)
        change = f"{found.total:+,}"
        rows.append([injection.kind, culprit, change, named[0], str(place or "-"), f"{part:.1%}"])
    print(common.table(("regression", "culprit", "change", "named first", "place", "share"), rows))
    covered = sum(part >= ACCOUNTED_AT_LEAST for part in parts)
    return common.verdict(
        (
            (f"culprit first in {places.count(1)} of {len(places)}", places.count(1) >= FIRST_AT_LEAST),
            (
                f"among the first three in {sum(0 < place <= 3 for place in places)}",
                all(0 < place <= 3 for place in places),
            ),
            (
                f"at least {ACCOUNTED_AT_LEAST:.0%} of the change put down to it in {covered}, "
                f"the least {min(parts):.1%}",
                covered == len(parts),
            ),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
