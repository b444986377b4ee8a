"""Are iaipy's counts exact? A suite ten times under ten conditions, and twenty copies of one function.

Run it from the project's root.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import common
from common import Counters

import iaipy
from iaipy.model.metrics import COUNTER_KEYS, counters

IDENTICAL_SHARE = 0.95
"""Of the benchmarks, at least so many have the same five counters in every run."""
INSTRUCTIONS_PPM = 20
"""No benchmark's instructions are further apart, in parts per million."""
OTHERS_SHARE, OTHERS_ACCESSES = 0.01, 10
"""No other counter is further apart: 1 %, or 10 where that is more."""

# The CLI measures a file's benchmarks in their order there, however they are named; this turns it round.
_REVERSED = """
from dataclasses import replace
from iaipy import cli, suite
collect = suite.collect
def backwards(*arguments):
    found = collect(*arguments)
    return replace(found, benchmarks=found.benchmarks[::-1])
suite.collect = backwards
cli.main()
"""


@dataclass(frozen=True)
class Suite:
    """What is measured, and how often iaipy is started for it.

    Parameters:
        targets: one tuple of targets per start of iaipy.
        options: for every start.
        environment: kilobytes of environment added outside.
    """

    cwd: Path
    targets: Sequence[Sequence[str]]
    valgrind: str
    options: Sequence[str] = ()
    program: Sequence[str] = ("-P", "-m", "iaipy")
    environment: int = 0

    def count(self) -> tuple[float, dict[str, Counters]]:
        """Measure it; the seconds, and the counters by id."""
        seconds, counted = 0.0, {}
        env = {"IAIPY_PEERS_FILLER": "x" * 1000 * self.environment} if self.environment else {}
        with tempfile.TemporaryDirectory() as name:
            document = Path(name, "run.json")
            stored = ("--report", f"json:{document}", "--storage", f"{name}/storage")
            for targets in self.targets:
                argv = common.iaipy(
                    *targets, *self.options, *stored, valgrind=self.valgrind, program=self.program
                )
                seconds += common.must(argv, self.cwd, env).seconds
                counted.update(common.counts(document))
        return seconds, counted


def edited(ids: Iterable[str], cwd: Path, start: float) -> list[Path]:
    """Files of the suite and of iaipy written since a time: the runs then measured different things."""
    folders = {cwd / Path(id_.partition("::")[0]).parts[0] for id_ in ids} | {Path(iaipy.__file__).parent}
    files = [path for folder in folders for path in (folder, *folder.rglob("*")) if path.is_file()]
    return [path for path in files if path.suffix != ".pyc" and path.stat().st_mtime > start]


def firsts(ids: Sequence[str], number: int) -> list[tuple[str]]:
    """The first benchmarks of each file, by the names that select them: without parameters."""
    names: dict[str, dict[str, None]] = {}
    for id_ in ids:
        names.setdefault(id_.partition("::")[0], {})[id_.partition("[")[0]] = None
    return [(name,) for chosen in names.values() for name in list(chosen)[:number]]


def apart(values: Sequence[int]) -> int:
    """The largest less the smallest."""
    return max(values) - min(values)


def allowance(counter: str, value: int) -> float:
    """How far apart a counter of this size may be."""
    if counter == "instructions":
        return value * INSTRUCTIONS_PPM / 1e6
    return max(value * OTHERS_SHARE, OTHERS_ACCESSES)


@dataclass(frozen=True)
class Judged:
    """How far the runs of some benchmarks are apart."""

    benchmarks: int
    moved: dict[str, list[str]]
    instructions_ppm: float
    other: str
    within: bool


def judge(runs: Sequence[dict[str, Counters]]) -> Judged:
    """Hold runs against each other, by the benchmarks that are in the last one."""
    moved: dict[str, list[str]] = {}
    ppm, other, worst, within = 0.0, "0", 0.0, True
    for id_ in runs[-1]:
        for key in COUNTER_KEYS:
            values = [run[id_][key] for run in runs if id_ in run]
            if not (distance := apart(values)):
                continue
            first = max(values[0], 1)
            moved.setdefault(id_, []).append(f"{key} {min(values):,} … {max(values):,}")
            within = within and distance <= allowance(key, first)
            if key == "instructions":
                ppm = max(ppm, distance / first * 1e6)
            elif (used := distance / allowance(key, first)) > worst:
                worst, other = used, f"{distance / first:.3%} ({distance:,} {key})"
    return Judged(len(runs[-1]), moved, ppm, other, within)


def row(name: str, seconds: float, judged: Judged) -> list[str]:
    """A line of the table."""
    same = judged.benchmarks - len(judged.moved)
    return [
        name,
        f"{seconds:.1f}",
        str(judged.benchmarks),
        str(same),
        f"{judged.instructions_ppm:.2f}",
        judged.other,
    ]


def ten_runs(suite: Suite, singles: int) -> list[tuple[str, bool]]:
    """Measure the suite under ten conditions and print how far apart the counts are; the targets."""

    def loaded() -> tuple[float, dict[str, Counters]]:
        with common.busy_cores():
            return suite.count()

    start = time.time()
    seconds, first = suite.count()
    runs, rows = [first], [row("idle", seconds, judge([first]))]
    conditions = {
        "every core busy": loaded,
        "another working directory": replace(suite, cwd=suite.cwd / "benchmarks").count,
        "3 kB more environment": replace(suite, environment=3).count,
        "reversed order": replace(suite, program=("-c", _REVERSED), options=("-j", "1")).count,
        f"alone, {singles} of each file": replace(suite, targets=firsts(list(first), singles)).count,
        "-j 1": replace(suite, options=("-j", "1")).count,
        "-j 2": replace(suite, options=("-j", "2")).count,
        "idle again": suite.count,
        "busy again": loaded,
    }
    for condition, count in conditions.items():
        seconds, counted = count()
        strange = counted.keys() - first.keys() if "alone" in condition else counted.keys() ^ first.keys()
        if strange:
            raise SystemExit(f"{condition}: not in both this and the first run: {sorted(strange)}")
        runs.append(counted)
        rows.append(row(condition, seconds, judge([first, counted])))
    if files := edited(first, suite.cwd, start):
        raise SystemExit(f"written while being measured, so that the runs can't be compared: {files}")
    overall = judge([*runs, first])
    rows.append(row("all of them", sum(float(cells[1]) for cells in rows), overall))
    header = ("run", "s", "benchmarks", "identical", "worst instructions, ppm", "worst other counter")
    print(common.table(header, rows))
    if overall.moved:
        print("\nNot identical in all runs:\n")
        print("\n".join(f"- {id_}: {'; '.join(ranges)}" for id_, ranges in overall.moved.items()))
    other_checkout(suite, first)
    share = 1 - len(overall.moved) / overall.benchmarks
    limits = (
        f"instructions within {INSTRUCTIONS_PPM} ppm, others within {OTHERS_SHARE:.0%} or {OTHERS_ACCESSES}"
    )
    return [
        (f"identical in at least {IDENTICAL_SHARE:.0%} of benchmarks: {share:.1%}", share >= IDENTICAL_SHARE),
        (limits, overall.within),
    ]


def other_checkout(suite: Suite, first: dict[str, Counters]) -> None:
    """Measure a copy of the project at a longer path, and print how far its counts are from the first run's.

    No target: a command deals with its paths itself, and longer ones take more instructions.
    """
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name, "another/checkout/at/a/rather/longer/path", suite.cwd.name)
        shutil.copytree(suite.cwd, copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        seconds, counted = replace(suite, cwd=copy).count()
    rows = []
    for kind, is_wanted in (("functions", False), ("commands", True)):
        chosen = {id_: found for id_, found in counted.items() if (".yaml::" in id_) == is_wanted}
        equal = sum(found["instructions"] == first[id_]["instructions"] for id_, found in chosen.items())
        judged = judge([first, chosen])
        rows.append([*row(kind, seconds, judged), str(equal)])
    header = ("another checkout", "s", "benchmarks", "identical", "worst instructions, ppm")
    print("\n" + common.table((*header, "worst other counter", "equal instructions"), rows))


def twenty_copies(valgrind: str) -> list[tuple[str, bool]]:
    """Measure equal functions of one file and print how far apart they are; the target."""
    with tempfile.TemporaryDirectory() as name:
        folder = common.copies_project(Path(name))
        results = {"iaipy": list(Suite(folder, [()], valgrind).count()[1].values())}
        if common.has_codspeed():
            (folder / "profile").mkdir()
            events = common.codspeed(folder, folder / "profile", valgrind)[1]
            results["pytest-codspeed under callgrind"] = [counters(event) for event in events.values()]
    rows = [
        [tool, str(len(found))]
        + [
            f"{apart([one[key] for one in found]) / min(one[key] for one in found):.4%}"
            for key in COUNTER_KEYS
        ]
        for tool, found in results.items()
    ]
    if not common.has_codspeed():
        rows.append(["pytest-codspeed: not installed, see iaipy's extra peers", *["–"] * 6])
    print(f"\n{common.COPIES} copies of one function in one file, (max − min) / min:\n")
    print(common.table(("tool", "copies", *COUNTER_KEYS), rows))
    equal = all(one == results["iaipy"][0] for one in results["iaipy"])
    return [(f"{common.COPIES} copies give {common.COPIES} equal results", equal)]


def main() -> int:
    """Run both parts."""
    parser = common.options(__doc__ or "")
    parser.add_argument(
        "--suite", metavar="PATH", help="a file or folder instead of all benchmarks of this project"
    )
    parser.add_argument(
        "--singles", type=int, default=1, metavar="N", help="functions of each file to run alone"
    )
    arguments = parser.parse_args()
    print(f"{common.versions(arguments.valgrind)}\n")
    targets = (str(Path(arguments.suite).absolute()),) if arguments.suite else ()
    suite = Suite(Path.cwd(), [targets], arguments.valgrind)
    return common.verdict([*ten_runs(suite, arguments.singles), *twenty_copies(arguments.valgrind)])


if __name__ == "__main__":
    sys.exit(main())
