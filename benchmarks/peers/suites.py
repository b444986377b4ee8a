"""Real projects' benchmark suites, unmodified: `pytest --iaipy` beside pytest-codspeed under callgrind.

Packages come from PyPI as wheels, their tests from the source distributions; `-P` keeps those from hiding
the packages. The ways are started in turn. Collecting the tests under valgrind's tool `none` shows which part
of the time no tool that runs pytest under valgrind can do without.
"""

import argparse
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import common

SUITES = ("propcache", "yarl", "multidict")
"""Their source distributions have tests/test_*benchmarks.py; frozenlist's, of version 1.8.0, has none."""

WAYS = {"iaipy": (), "-n 2": ("-n", "2"), "repeats=1": ("--iaipy-repeats=1",)}
"""Ways to run iaipy; with one repeat it measures as often as pytest-codspeed does."""
MOST = {"iaipy": 1.0, "-n 2": 0.6}
"""The most of pytest-codspeed's time that iaipy is to take."""
IDENTICAL_SHARE = 0.95
"""The least share of benchmarks whose instructions are the same in all runs."""

COMMON = ("-q", "-o", "addopts=", "-p", "no:cacheprovider")
_TOOLS = ("pytest-codspeed", "pytest-xdist")


def prepared(folder: Path, name: str, tools: Sequence[str]) -> tuple[str, Path, list[str]]:
    """A Python with the packages, iaipy and these tools; the unpacked source distribution; its test files."""
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        common.must([sys.executable, "-m", "venv", str(python.parents[1])], folder)
        iaipy = str(Path(__file__).parents[2])
        common.must([str(python), "-m", "pip", "install", "-q", iaipy, *tools, *SUITES], folder)
    source = folder / name
    source.mkdir()
    download = ["download", "-q", "--no-deps", "--no-binary", name, name, "--dest", str(source)]
    common.must([str(python), "-m", "pip", *download], folder)
    (archive,) = source.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(source, filter="data")
    root = next(path for path in source.iterdir() if path.is_dir())
    files = sorted(str(file.relative_to(root)) for file in root.glob("tests/test_*benchmarks.py"))
    return str(python), root, files


def compared(folder: Path, name: str, valgrind: str) -> tuple[list[str], dict[str, float], float]:
    """The row of one suite, each way's share of pytest-codspeed's time, and the share of identical counts."""
    python, source, files = prepared(folder, name, _TOOLS)
    seconds: dict[str, float] = {}
    counts = []
    for way, words in WAYS.items():
        report = source / f"{way}.json"
        options: Sequence[str] = (f"--iaipy-valgrind={valgrind}", f"--iaipy-report=json:{report}", *words)
        argv = [python, "-P", "-m", "pytest", "--iaipy", *COMMON, *options, *files]
        seconds[way] = common.must(argv, source).seconds
        counts.append(common.counts(report))
    output = source / "callgrind"
    output.mkdir()
    collect = [valgrind, "-q", "--tool=none", python, "-P", "-m", "pytest", "--collect-only", *COMMON, *files]
    collecting = common.must(collect, source).seconds
    finished, _ = common.codspeed_pytest(python, [*COMMON, *files], source, output, valgrind)
    shares = {way: took / finished.seconds for way, took in seconds.items()}
    same = [id_ for id_ in counts[0] if len({run[id_]["instructions"] for run in counts}) == 1]
    told = [f"{took:.1f} ({shares[way]:.2f})" for way, took in seconds.items()]
    row = [name, str(len(counts[0])), f"{len(same)}", f"{collecting:.1f}", *told, f"{finished.seconds:.1f}"]
    return row, shares, len(same) / len(counts[0])


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The command line, with all suites where none is named."""
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; default: all")
    arguments = parser.parse_args()
    if unknown := set(arguments.suites) - set(SUITES):
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    arguments.suites = arguments.suites or [*SUITES]
    return arguments


def main() -> int:
    """Run the suites."""
    arguments = parsed(common.options(__doc__ or ""))
    print(f"{common.versions(arguments.valgrind)}; in brackets: shares of pytest-codspeed's time\n")
    rows, targets = [], []
    with tempfile.TemporaryDirectory() as name:
        for suite in arguments.suites:
            row, shares, same = compared(Path(name), suite, arguments.valgrind)
            rows.append(row)
            for way, most in MOST.items():
                told = f"{suite}, {way}: at most {most:g} × pytest-codspeed: {shares[way]:.2f}"
                targets.append((told, shares[way] <= most))
            told = f"{suite}: instructions identical in {IDENTICAL_SHARE:.0%}: {same:.0%}"
            targets.append((told, same >= IDENTICAL_SHARE))
    ways = [f"{way} s" for way in WAYS]
    print(common.table(["suite", "benchmarks", "identical", "collecting s", *ways, "codspeed s"], rows))
    return common.verdict(targets)


if __name__ == "__main__":
    sys.exit(main())
