"""Does iaipy's gate see what it should, and nothing else? Runs unchanged, and with a little more work."""

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import common

SMALL, FINE_LIMIT = 0.005, "0.2%"
"""0.5 % more work in one benchmark is seen at this limit, while unchanged runs raise no alarm at it."""
BELOW, ABOVE, COARSE_LIMIT = 0.05, 0.15, "10%"
"""At this limit, 5 % more work passes and 15 % fails."""

_BENCHMARKS = """
from iaipy import benchmark

TEXT = "the quick brown fox jumps over the lazy dog"
NUMBERS = [number * 7919 % 64 for number in range(64)]


@benchmark
def arithmetic():
    total = 0
    for number in range({arithmetic}):
        total += number * number % 7
    return total


@benchmark
def strings():
    for _ in range({strings}):
        " ".join(word.title() for word in TEXT.split())


@benchmark
def dictionaries():
    for _ in range({dictionaries}):
        {{number: str(number) for number in NUMBERS}}


@benchmark
def sorting():
    for _ in range({sorting}):
        sorted(NUMBERS)


@benchmark
async def coroutines():
    async def nothing():
        pass

    for _ in range({coroutines}):
        await nothing()
"""
_LOOPS = {"arithmetic": 8000, "strings": 200, "dictionaries": 200, "sorting": 200, "coroutines": 4000}
"""How often each goes round: about a million instructions, and 0.5 % more is a whole number."""


def write(folder: Path, loops: Mapping[str, int]) -> None:
    """Make the project, or its changed version."""
    common.project(folder, {"benchmarks/bench_loops.py": _BENCHMARKS.format(**loops)})


def more(name: str, share: float) -> dict[str, int]:
    """The loop counts with so much more work in one benchmark."""
    return {**_LOOPS, name: round(_LOOPS[name] * (1 + share))}


def failing(report: str) -> set[str]:
    """The names of the benchmarks that a terminal report calls failed."""
    return set(re.findall(r"^\S+::(\w+)$(?:\n  .*)*?\n  Status: FAIL", report, re.MULTILINE))


def gate(folder: Path, valgrind: str, loops: Mapping[str, int], limit: str) -> tuple[int, set[str]]:
    """Run against the baseline; the exit code, and the names of the benchmarks that failed."""
    write(folder, loops)
    words = ("--baseline", "main", "--limit", limit, "--report", "terminal")
    finished = common.run(common.iaipy(*words, valgrind=valgrind), folder)
    if finished.status not in (0, 1):
        raise SystemExit(finished.output)
    return finished.status, failing(finished.output)


def main() -> int:
    """Save a baseline and hold unchanged and changed sources against it."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--unchanged", type=int, default=50, metavar="N", help="runs without a change")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, valgrind = Path(name), arguments.valgrind
        write(folder, _LOOPS)
        common.must(common.iaipy("--save-baseline", "main", valgrind=valgrind), folder)
        unchanged = [("", _LOOPS)] * arguments.unchanged
        cases = [
            ("unchanged", FINE_LIMIT, unchanged, 0),
            (f"+{SMALL:.1%} in one", FINE_LIMIT, [(one, more(one, SMALL)) for one in _LOOPS], 1),
            (f"+{BELOW:.0%} in one", COARSE_LIMIT, [(one, more(one, BELOW)) for one in _LOOPS], 0),
            (f"+{ABOVE:.0%} in one", COARSE_LIMIT, [(one, more(one, ABOVE)) for one in _LOOPS], 1),
        ]
        rows, targets = [], []
        for what, limit, runs, status in cases:
            wrong = []
            for one, loops in runs:
                found = gate(folder, valgrind, loops, limit)
                if found != (status, {one} if status else set()):
                    wrong.append(f"{one or 'run'}: exit {found[0]}, failing {sorted(found[1])}")
            expected = "exit 1, naming just that one" if status else "exit 0"
            right = len(runs) - len(wrong)
            rows.append([what, limit, expected, f"{right} of {len(runs)}", "; ".join(wrong) or "–"])
            targets.append((f"{what} at --limit {limit}: {expected}", not wrong and bool(runs)))
    print(f"{common.versions(valgrind)}\n")
    print(common.table(("change", "limit", "expected", "as expected", "otherwise"), rows))
    return common.verdict(targets)


if __name__ == "__main__":
    sys.exit(main())
