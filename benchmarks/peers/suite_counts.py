"""How exact `pytest --iaipy` is on real projects' suites.

Ten runs in random order, some with -n 2 and some with every core busy; beside them three runs of
pytest-codspeed under callgrind with its runner's options, in the suite's own order.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from statistics import median

import common
import suites

from iaipy.model.metrics import counters

RUNS, CODSPEED_RUNS = 10, 3
WAYS = [*product(((), ("-n", "2")), (False, True))]
"""Options, and whether every core is kept busy; taken in turn."""

COUNTERS = ("instructions", "estimated_cycles")
MOST_PPM = 20
"""The most that instructions may be apart in the others."""

Run = Mapping[str, common.Counters]
_TOOLS = ("pytest-codspeed", "pytest-xdist", "pytest-randomly")


def counted(python: str, source: Path, files: Sequence[str], valgrind: str, runs: int) -> Iterator[Run]:
    """The counters of each run."""
    report = source / "report.json"
    for number in range(runs):
        words, loaded = WAYS[number % len(WAYS)]
        options = (f"--iaipy-valgrind={valgrind}", f"--iaipy-report=json:{report}", *words)
        with common.busy_cores() if loaded else nullcontext():
            common.must([python, "-P", "-m", "pytest", "--iaipy", *suites.COMMON, *options, *files], source)
        yield common.counts(report)


def counted_by_codspeed(python: str, source: Path, files: Sequence[str], valgrind: str) -> Iterator[Run]:
    """The same, from its events."""
    words = [*suites.COMMON, "-p", "no:randomly", *files]
    for number in range(CODSPEED_RUNS):
        output = source / f"callgrind{number}"
        output.mkdir()
        events = common.codspeed_pytest(python, words, source, output, valgrind)[1]
        yield {test: counters(each) for test, each in events.items()}


def row(tool: str, runs: Sequence[Run]) -> list[str]:
    """A row of the table: of how many benchmarks all runs agree, and how far apart they are."""
    cells = [tool, str(len(runs)), str(len(runs[0]))]
    for counter in COUNTERS:
        shares = apart(runs, counter)
        same = sum(share == 0 for share in shares)
        cells += [str(same), f"{median(shares):.4%}", f"{max(shares):.4%}"]
    return cells


def apart(runs: Sequence[Run], counter: str) -> list[float]:
    """How far apart the runs of each benchmark are, as a share of the first."""
    values = [[run[id_][counter] for run in runs] for id_ in runs[0]]
    return [(max(each) - min(each)) / max(1, each[0]) for each in values]


def main() -> int:
    """Run the suites."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help="of iaipy; %(default)s")
    arguments = suites.parsed(parser)
    print(common.versions(arguments.valgrind))
    columns = (
        f"{counter}{what}" for counter in COUNTERS for what in (" identical", ", median", ", furthest")
    )
    header = ("tool", "runs", "benchmarks", *columns)
    targets = []
    with tempfile.TemporaryDirectory() as name:
        for suite in arguments.suites:
            place = (*suites.prepared(Path(name), suite, _TOOLS), arguments.valgrind)
            runs = [*counted(*place, arguments.runs)]
            rows = [row("iaipy", runs), row("pytest-codspeed", [*counted_by_codspeed(*place)])]
            print(f"\n{suite}\n\n{common.table(header, rows)}", flush=True)
            shares = apart(runs, "instructions")
            same, furthest = shares.count(0) / len(shares), max(shares) * 1e6
            targets += [
                (
                    f"{suite}: instructions identical in {suites.IDENTICAL_SHARE:.0%}: {same:.1%}",
                    same >= suites.IDENTICAL_SHARE,
                ),
                (
                    f"{suite}: within {MOST_PPM} parts per million in all: {furthest:.1f}",
                    furthest <= MOST_PPM,
                ),
            ]
    return common.verdict(targets)


if __name__ == "__main__":
    sys.exit(main())
