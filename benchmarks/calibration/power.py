"""Is a true slowdown found? The same work, then 12 % and 20 % more of it, each in fresh runs.

Run from the project's root:

    python benchmarks/calibration/power.py [--runs N] > docs/power.md
"""

import argparse
import time
from collections import Counter

import fresh

from iaipy.compare import walltime
from iaipy.model.timing import TimeVerdict

SUBJECTS = (
    "json_loads",
    "sort",
    "regex",
    "csv",
    "zlib",
    "sqlite",
    "decimal",
    "dates",
    "objects",
    "generators",
)
SLOWDOWNS = {1.12: 0.90, 1.20: 1.0}
"""Work in head over work in base → the share of tries that must be found, none being called unchanged."""

VERDICTS: tuple[TimeVerdict, ...] = ("regression", "inconclusive", "unchanged", "improvement")


def main() -> int:
    """Print the report; 1 if a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5, help="fresh runs of either side")
    runs = parser.parse_args().runs
    start = time.monotonic()
    verdicts: dict[float, Counter[TimeVerdict]] = {slowdown: Counter() for slowdown in SLOWDOWNS}
    for _ in range(runs):
        base = {t.id: t.samples_ns for t in fresh.run(only=SUBJECTS).timings}
        for slowdown, found in verdicts.items():
            for head in fresh.run(units=round(fresh.UNITS * slowdown), only=SUBJECTS).timings:
                found[walltime.judge(base[head.id], head.samples_ns).verdict] += 1
    print(f"# Power: true slowdowns found\n\n{fresh.today()}, {fresh.machine()}.\n")
    print(
        f"{runs} fresh runs of each amount of work, {len(SUBJECTS)} benchmarks, with the default budget; "
        f"base first, then head. Taken in {fresh.seconds_since(start)} by "
        "`python benchmarks/calibration/power.py`.\n"
    )
    rows = [
        (f"{slowdown - 1:+.0%}", *(found[verdict] for verdict in VERDICTS))
        for slowdown, found in verdicts.items()
    ]
    print(fresh.table(("true change", *VERDICTS), rows) + "\n")
    missed = False
    for slowdown, wanted in SLOWDOWNS.items():
        found = verdicts[slowdown]
        share = found["regression"] / found.total()
        met = share >= wanted and not found["unchanged"]
        missed |= not met
        print(
            f"- {'met' if met else 'NOT MET'}: {slowdown - 1:+.0%} found in at least {wanted:.0%}, "
            f"never called unchanged: {share:.0%}, {found['unchanged']} unchanged"
        )
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
