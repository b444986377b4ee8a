"""How often is identical code called different? Fresh runs of it, each compared with the next.

Run from the project's root:

    python benchmarks/calibration/false_alarms.py [--runs N] > docs/false-alarms.md
"""

import argparse
import contextlib
import statistics
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import fresh
from pyperf._utils import is_significant

from iaipy.compare import walltime
from iaipy.model.run import Run, Timing
from iaipy.model.timing import Rule

RAW_SHARE, RULE_SHARE = 0.07, 0.005
"""At most so many comparisons may have p < 0.05; or be called a regression or an improvement."""

OPTIONS = ("--warmup-time", "100ms", "--measurement-time", "100ms")
Samples = tuple[tuple[float, ...], ...]
Alarm = Callable[[Samples, Samples], bool]
_PLAIN = Rule(location="mean", trim=0, in_turn=False)


def _raw(base: Samples, head: Samples) -> bool:
    figures = walltime.judge(base, head).figures
    return figures is not None and figures.p < 0.05


def _full(base: Samples, head: Samples) -> bool:
    return walltime.judge(base, head).verdict in ("regression", "improvement")


def _raw_plain(base: Samples, head: Samples) -> bool:
    figures = walltime.judge(base, head, _PLAIN).figures
    return figures is not None and figures.p < 0.05


def _full_plain(base: Samples, head: Samples) -> bool:
    return walltime.judge(base, head, _PLAIN).verdict in ("regression", "improvement")


def _pytest_benchmark(base: Samples, head: Samples) -> bool:
    """`--benchmark-compare-fail=mean:10%`, which measures in one process: the first of either side."""
    before, after = statistics.fmean(base[0]), statistics.fmean(head[0])
    return abs(after / before - 1) > 0.10


def _pyperf(base: Samples, head: Samples) -> bool:
    """`pyperf compare_to`: Student's t-test on the values of all processes, as many on either side."""
    pooled = [[sample for process in side for sample in process] for side in (base, head)]
    same = min(map(len, pooled))
    return bool(is_significant(pooled[0][:same], pooled[1][:same])[0])


RULES: dict[str, Alarm] = {
    "iaipy: p < 0.05 alone": _raw,
    "iaipy: its rule, p < 0.05 and more than 10 %": _full,
    "Welch on plain process means: p < 0.05 alone": _raw_plain,
    "Welch on plain process means: p < 0.05 and more than 10 %": _full_plain,
    "pytest-benchmark: mean:10%": _pytest_benchmark,
    "pyperf: significant": _pyperf,
}


def when(runs: Sequence[Run]) -> str:
    """From when to when the runs were made."""
    first, last = (datetime.fromisoformat(each(run.created_utc for run in runs)) for each in (min, max))
    return f"{first:%Y-%m-%d}, runs started from {first:%H:%M} to {last:%H:%M} UTC"


def pairs(runs: Sequence[Run]) -> list[tuple[Samples, Samples]]:
    """Each run against the next, benchmark by benchmark."""
    found = []
    for base, head in pairwise(runs):
        before: dict[str, Timing] = {timing.id: timing for timing in base.timings}
        found += [(before[timing.id].samples_ns, timing.samples_ns) for timing in head.timings]
    return found


def main() -> int:
    """Print the report; 1 if a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=11, help="fresh runs, idle and again under load")
    parser.add_argument("--keep", type=Path, help="folder for the runs; those in it aren't made again")
    given = parser.parse_args()
    runs: int = given.runs
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    conditions: dict[str, contextlib.AbstractContextManager[None]] = {
        "idle": contextlib.nullcontext(),
        "load that comes and goes": fresh.coming_and_going(),
    }
    made: dict[str, list[Run]] = {}
    for name, condition in conditions.items():
        with condition:
            files = [
                given.keep and given.keep / f"{name.split()[0]}-{number:02}.json" for number in range(runs)
            ]
            made[name] = [fresh.run(*OPTIONS, kept=file) for file in files]
    found = {name: pairs(runs) for name, runs in made.items()}
    found["both"] = [pair for name in conditions for pair in found[name]]
    days = when([run for runs in made.values() for run in runs])
    print(f"# False alarms: identical code compared\n\n{days}, {fresh.machine()}.\n")
    benchmarks = len(found["both"]) // (2 * (runs - 1))
    print(
        f"{2 * runs} fresh runs of {benchmarks} benchmarks in 10 processes, with `{' '.join(OPTIONS)}`. "
        "Each run is compared with the next, by `python benchmarks/calibration/false_alarms.py`.\n"
    )
    rows, shares = [], {}
    for rule, alarm in RULES.items():
        alarms = {name: sum(alarm(*pair) for pair in some) for name, some in found.items()}
        shares[rule] = alarms["both"] / len(found["both"])
        cells = (f"{n} of {len(found[name])} ({n / len(found[name]):.1%})" for name, n in alarms.items())
        rows.append((rule, *cells))
    print(fresh.table(("called different", *found), rows) + "\n")
    raw, full = list(shares.values())[:2]
    for what, share, most in (("p < 0.05", raw, RAW_SHARE), ("called different", full, RULE_SHARE)):
        print(f"- {'met' if share <= most else 'NOT MET'}: {what} in at most {most:.1%}: {share:.1%}")
    return int(raw > RAW_SHARE or full > RULE_SHARE)


if __name__ == "__main__":
    raise SystemExit(main())
