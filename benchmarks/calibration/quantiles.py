"""How often is the true p95 above the interval's upper end? Simulated processes whose p95 is known.

Run from the project's root: python benchmarks/calibration/quantiles.py [--tries N]
"""

import argparse
from collections.abc import Callable

import fresh
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from iaipy.compare.quantiles import quantile_interval

PROCESSES, SAMPLES = 10, 100
SIGMA = 0.3
_KNOWN = 2_000_000

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
"""Draws so many processes, a row of samples each."""


def _between(share: float) -> Draw:
    """Log-normal samples, of whose variance a share lies between processes."""

    def draw(chance: np.random.Generator, processes: int) -> Floats:
        own = chance.normal(0, SIGMA * (1 - share) ** 0.5, (processes, SAMPLES))
        return np.exp(own + chance.normal(0, SIGMA * share**0.5, (processes, 1)))

    return draw


def _slow_processes(chance: np.random.Generator, processes: int) -> Floats:
    slow = np.where(chance.random((processes, 1)) < 0.2, 1.4, 1.0)
    return np.exp(chance.normal(0, 0.1, (processes, SAMPLES))) * slow


def _slow_samples(chance: np.random.Generator, processes: int) -> Floats:
    times = np.exp(chance.normal(0, 0.05, (processes, SAMPLES)))
    return np.where(chance.random(times.shape) < 0.03, 3 * times, times)


CASES: dict[str, Draw] = {
    "independent, log-normal (σ = 0.3)": _between(0),
    "the same, 10 % of the variance between processes": _between(0.1),
    "the same, half of the variance between processes": _between(0.5),
    "one process in five 40 % slower as a whole (σ = 0.1)": _slow_processes,
    "3 % of the samples three times as long (σ = 0.05)": _slow_samples,
}


def _as_independent(samples: Floats) -> float:
    """The order statistic that bounds the p95 of independent samples from above."""
    pooled = np.sort(samples.ravel())
    return float(pooled[min(int(stats.binom.ppf(0.975, pooled.size, 0.95)), pooled.size - 1)])


def _of_the_processes(samples: Floats) -> float:
    """The upper end of Student's interval of the processes' own p95s."""
    own = np.percentile(samples, 95, axis=1)
    error = own.std(ddof=1) / len(own) ** 0.5
    return float(own.mean() + stats.t.ppf(0.975, len(own) - 1) * error)


def _here(samples: Floats) -> float:
    interval = quantile_interval([list(row) for row in samples], 95)
    assert interval is not None
    return interval.high


RULES = {"taken for independent": _as_independent, "of the processes' p95s": _of_the_processes, "here": _here}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tries", type=int, default=1000)
    tries: int = parser.parse_args().tries
    chance = np.random.default_rng(1)
    rows = []
    for name, draw in CASES.items():
        truth = float(np.percentile(draw(chance, _KNOWN // SAMPLES), 95))
        missed = dict.fromkeys(RULES, 0)
        for _ in range(tries):
            samples = draw(chance, PROCESSES)
            for rule, upper in RULES.items():
                missed[rule] += upper(samples) < truth
        rows.append((name, *(f"{number / tries:.1%}" for number in missed.values())))
    print(fresh.table(("samples", *RULES), rows))


if __name__ == "__main__":
    main()
