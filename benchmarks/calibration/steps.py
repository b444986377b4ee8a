"""How often is a step of a time found where it is, and how often where there is none? Simulated histories.

Times of a history scatter around a level, and some runs are slow. Run from the project's root:

    python benchmarks/calibration/steps.py [--tries N]
"""

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from iaipy.compare.steps import time_steps
from iaipy.model.history import Step

Series = NDArray[np.float64]

ALPHA, LEAST = 0.05, 0.1
STRETCH = 8
"""Runs until a slowdown is mended again."""

WEATHERS = {"2 % scatter, 5 % slow runs": (0.02, 0.05), "5 % scatter, 10 % slow runs": (0.05, 0.1)}
RUNS = (20, 60)


def history(random: np.random.Generator, runs: int, scatter: float, slow: float) -> Series:
    """Times of one level; a slow run takes half as long again, in the mean."""
    times: Series = 1e6 * (1 + scatter * random.standard_normal(runs))
    return np.where(random.random(runs) < slow, times * (1 + random.exponential(0.5, runs)), times)


def steps(times: Series, least: float = LEAST) -> list[Step]:
    """The steps by the usual rule."""
    return time_steps(times.tolist(), alpha=ALPHA, least=least)


def slowed(times: Series, factor: float, after: int) -> bool:
    """Whether a slowdown of the last runs is found, to a run."""
    times[-after:] *= factor
    begin = len(times) - after
    return any(step.ratio > 0 and abs(step.index - begin) <= 1 for step in steps(times))


def mended(times: Series) -> bool:
    """Whether a slowdown by 20 % that was mended is found as two steps, the first one to a run."""
    begin = len(times) // 3
    times[begin : begin + STRETCH] *= 1.2
    found = steps(times)
    return len(found) == 2 and abs(found[0].index - begin) <= 1


COLUMNS: dict[str, Callable[[Series], bool]] = {
    "any change found (nothing changed)": lambda times: bool(steps(times, least=0.0)),
    "step found (nothing changed)": lambda times: bool(steps(times)),
    "+12 %, 8 runs ago": lambda times: slowed(times, 1.12, 8),
    "+20 %, 5 runs ago": lambda times: slowed(times, 1.2, 5),
    "+20 %, 8 runs ago": lambda times: slowed(times, 1.2, 8),
    f"+20 % for {STRETCH} runs": mended,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=1000)
    tries = parser.parse_args().tries
    print(f"| history | runs | {' | '.join(COLUMNS)} |\n|---|--:|{'--:|' * len(COLUMNS)}")
    for weather, (scatter, slow) in WEATHERS.items():
        for runs in RUNS:
            random = np.random.default_rng(7)
            shares = [
                sum(found(history(random, runs, scatter, slow)) for _ in range(tries)) / tries
                for found in COLUMNS.values()
            ]
            print(f"| {weather} | {runs} | {' | '.join(f'{share:.1%}' for share in shares)} |")


if __name__ == "__main__":
    main()
