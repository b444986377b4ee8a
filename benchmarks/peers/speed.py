"""How fast is iaipy? Twenty small benchmarks beside the usual way and beside pytest-codspeed under callgrind.

The three are started in turn, round by round, so that a change of the machine's speed meets all of them.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Time:
    """Seconds of the clock, and of all cores together."""

    seconds: float
    cpu_seconds: float


def iaipy(folder: Path, valgrind: str, *words: str) -> Time:
    """Time `iaipy run`."""
    finished = common.must(common.iaipy("--repeats", str(REPEATS), *words, valgrind=valgrind), folder)
    return Time(finished.seconds, finished.cpu_seconds)


def usual(folder: Path, valgrind: str, sample: int) -> Time:
    """Time two cachegrind processes per benchmark, scaled up from the first `sample` benchmarks."""
    prefix = [valgrind, "--tool=cachegrind", "--cache-sim=yes", *common.CACHE]
    prefix += [f"--cachegrind-out-file={folder}/usual.out", sys.executable, "-c"]
    empty = "import copies"
    programs = [code for n in range(sample) for code in (empty, f"{empty}; copies.copy_{n:02}()")]
    runs = [common.must([*prefix, code], folder, {"PYTHONHASHSEED": "0"}) for code in programs]
    scale = common.COPIES / sample
    return Time(sum(run.seconds for run in runs) * scale, sum(run.cpu_seconds for run in runs) * scale)


def codspeed(folder: Path, valgrind: str) -> Time:
    """Time pytest-codspeed."""
    with tempfile.TemporaryDirectory() as profile:
        finished, _ = common.codspeed(folder, Path(profile), valgrind)
    return Time(finished.seconds, finished.cpu_seconds)


def times_of(ways: Mapping[str, Callable[[], Time]], rounds: int) -> dict[str, list[Time]]:
    """Start all of them in turn, again and again."""
    times: dict[str, list[Time]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, time in ways.items():
            times[way].append(time())
    return times


def report(times: Mapping[str, list[Time]]) -> dict[str, float]:
    """Print the table; the median seconds by way."""
    medians = {way: statistics.median(time.seconds for time in taken) for way, taken in times.items()}
    rows = []
    for way, taken in times.items():
        seconds = [time.seconds for time in taken]
        cpu = statistics.median(time.cpu_seconds for time in taken)
        around = f"{min(seconds):.2f} … {max(seconds):.2f}"
        rows.append(
            [way, f"{medians[way]:.2f}", around, f"{medians[way] / medians[_IAIPY]:.2f}", f"{cpu:.2f}"]
        )
    print(common.table(("way", "median, s", "range, s", "ratio", "median CPU, s"), rows))
    return medians


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
    scaled = f" (measured for {sample} benchmarks, scaled)" if sample < common.COPIES else ""
    the_usual = f"the usual way, {2 * common.COPIES} cachegrind processes{scaled}"
    rounds = f"{arguments.rounds} rounds"
    print(f"{common.versions(valgrind)}; {common.COPIES} × json.loads of 200 rows, {rounds}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = common.copies_project(Path(name))
        ways: dict[str, Callable[[], Time]] = {
            _IAIPY: lambda: iaipy(folder, valgrind),
            f"{_IAIPY}, -j 1": lambda: iaipy(folder, valgrind, "-j", "1"),
            the_usual: lambda: usual(folder, valgrind, sample),
        }
        if common.has_codspeed():
            ways[_CODSPEED] = lambda: codspeed(folder, valgrind)
        medians = report(times_of(ways, arguments.rounds))
    share = medians[_IAIPY] / medians[the_usual]
    targets = [(f"at most 1/{1 / USUAL_SHARE:g} of the usual way: 1/{1 / share:.1f}", share <= USUAL_SHARE)]
    if _CODSPEED not in medians:
        raise SystemExit("pytest-codspeed is not installed, so it can't be timed: pip install 'iaipy[peers]'")
    share = medians[_IAIPY] / medians[_CODSPEED]
    targets.append((f"at most {CODSPEED_SHARE:g} × pytest-codspeed: {share:.2f}", share <= CODSPEED_SHARE))
    return common.verdict(targets)


if __name__ == "__main__":
    sys.exit(main())
