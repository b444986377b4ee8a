"""How fast is iaipy? Twenty small benchmarks beside the usual way and beside pytest-codspeed under callgrind.

The three are started in turn, round by round, so that a change of the machine's speed meets all of them.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import common

USUAL_SHARE = 1 / 8
"""iaipy takes at most this share of the usual way's time: two whole processes per benchmark, one empty."""
CODSPEED_SHARE = 1.0
"""iaipy takes no longer than pytest-codspeed under callgrind."""

REPEATS = 2
"""iaipy measures each benchmark twice; the others once."""

_IAIPY = f"iaipy run, {REPEATS} repeats"
_CODSPEED = "pytest-codspeed under callgrind"


def iaipy(folder: Path, valgrind: str, *words: str) -> float:
    """Seconds of `iaipy run`."""
    argv = common.iaipy("--repeats", str(REPEATS), *words, valgrind=valgrind)
    return common.must(argv, folder).seconds


def usual(folder: Path, valgrind: str, sample: int) -> float:
    """Seconds of two cachegrind processes per benchmark, scaled up from the first `sample` of them."""
    seconds = 0.0
    prefix = [valgrind, "--tool=cachegrind", "--cache-sim=yes", *common.CACHE]
    for number in range(sample):
        for code in ("import copies", f"import copies; copies.copy_{number:02}()"):
            counts = f"--cachegrind-out-file={folder}/usual.out"
            argv = [*prefix, counts, sys.executable, "-c", code]
            seconds += common.must(argv, folder, {"PYTHONHASHSEED": "0"}).seconds
    return seconds * common.COPIES / sample


def codspeed(folder: Path, valgrind: str) -> float:
    """Seconds of pytest-codspeed."""
    with tempfile.TemporaryDirectory() as profile:
        return common.codspeed(folder, Path(profile), valgrind)[0]


def main() -> int:
    """Time the three side by side."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is timed")
    parser.add_argument(
        "--usual-sample",
        type=int,
        default=5,
        choices=range(1, common.COPIES + 1),
        metavar="N",
        help=f"benchmarks that are really measured the usual way, its time being scaled to {common.COPIES}",
    )
    arguments = parser.parse_args()
    valgrind, sample = arguments.valgrind, arguments.usual_sample
    scaled = (
        "" if sample == common.COPIES else f" (measured for {sample} benchmarks, scaled to {common.COPIES})"
    )
    the_usual = f"the usual way, {2 * common.COPIES} cachegrind processes{scaled}"
    with tempfile.TemporaryDirectory() as name:
        folder = common.copies_project(Path(name))
        ways: dict[str, Callable[[], float]] = {
            _IAIPY: lambda: iaipy(folder, valgrind),
            f"iaipy run -j 1, {REPEATS} repeats": lambda: iaipy(folder, valgrind, "-j", "1"),
            the_usual: lambda: usual(folder, valgrind, sample),
        }
        if common.has_codspeed():
            ways[_CODSPEED] = lambda: codspeed(folder, valgrind)
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(arguments.rounds):
            for way, seconds in ways.items():
                times[way].append(seconds())
    medians = {way: statistics.median(taken) for way, taken in times.items()}
    of_iaipy = medians[_IAIPY]
    rows = [
        [way, f"{median:.2f}", f"{min(times[way]):.2f} … {max(times[way]):.2f}", f"{median / of_iaipy:.2f}"]
        for way, median in medians.items()
    ]
    print(
        f"{common.versions(valgrind)}; {common.COPIES} × json.loads of 200 rows, {arguments.rounds} rounds\n"
    )
    print(common.table(("way", "median, s", "range, s", "ratio to iaipy"), rows))
    share = of_iaipy / medians[the_usual]
    targets = [(f"at most 1/{1 / USUAL_SHARE:g} of the usual way: 1/{1 / share:.1f}", share <= USUAL_SHARE)]
    if _CODSPEED in medians:
        share = of_iaipy / medians[_CODSPEED]
        targets.append(
            (f"at most {CODSPEED_SHARE:g} of pytest-codspeed's time: {share:.2f}", share <= CODSPEED_SHARE)
        )
    else:
        targets.append(
            ("at most pytest-codspeed's time: it is not installed (pip install 'iaipy[peers]')", False)
        )
    return common.verdict(targets)


if __name__ == "__main__":
    sys.exit(main())
