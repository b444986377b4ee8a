"""What the tests of claims' reports share: a finding of each fate."""

import math

import pytest

from iaipy.model.claim import Budget, Finding, Reference, Side, Speedup, WelchTest
from iaipy.model.run import Environment, Failure, Run
from iaipy.model.timing import Estimate

SUITE = "benchmarks/bench_spawn.yaml"
SPAWN = "benchmarks/bench_spawn.py::"
START = "benchmarks/bench_cli.yaml::start"
TIMED = (Side(51.2e6, 120, 10), Side(158.7e6, 100, 10))


def speedup(name: str, by: float, metric: str = "time", baseline: str = "") -> Speedup:
    """A claim that parallel is so many times as fast as sequential."""
    reference = Reference(f"{SPAWN}sequential[agents=3]", baseline)
    return Speedup(name, SUITE, 3, f"{SPAWN}parallel[agents=3]", reference, by, metric)


def budget(name: str, metric: str, below: float) -> Budget:
    """A claim that a figure of a command is below a limit."""
    return Budget(name, SUITE, 9, START, metric, below)


@pytest.fixture
def findings() -> tuple[Finding, ...]:
    """A finding of each fate and sort."""
    test = WelchTest(41.273, 5.61, 3.2e-8, 18.44)
    apart = "the baseline before was not measured in turns with this run"
    return (
        Finding(
            speedup("parallel spawn is 3 times as fast", 3),
            "holds",
            measured=Estimate(3.0996, 3.02, 3.18),
            sides=TIMED,
            test=test,
        ),
        Finding(
            speedup("and a <b>lot</b> | more", 1000, baseline="before"),
            "fails",
            measured=Estimate(3.0996, 3.02, 3.18),
            sides=TIMED,
            test=WelchTest(math.inf, 18.0, 0.0, math.inf),
            remarks=(apart,),
        ),
        Finding(
            speedup("nearly", 3.1),
            "not shown",
            measured=Estimate(3.0996, 3.02, 3.18),
            sides=TIMED,
            test=test,
            remarks=(apart,),
        ),
        Finding(
            speedup("fewer instructions", 1.2, "instructions"),
            "holds",
            measured=Estimate(1.2004, 1.2, 1.2008),
            basis="spread",
            sides=(Side(1_000_000, 2, 2), Side(1_200_400, 3, 3)),
        ),
        Finding(
            budget("start-up", "p95_ns", 1e8),
            "not shown",
            "these samples are too few to bound it from above: more rounds or processes do",
            measured=Estimate(61.2e6, 58.1e6, math.inf),
            sides=(Side(61.2e6, 100, 10),),
        ),
        Finding(
            budget("memory", "peak_rss", 5e7),
            "holds",
            measured=Estimate(23.4e6, 23.4e6, 23.4e6),
            basis="observed",
            sides=(Side(23.4e6, 100, 10),),
        ),
        Finding(
            budget("exact", "instructions", 2_000_000),
            "fails",
            measured=Estimate(2_000_000, 2_000_000, 2_000_000),
            basis="exact",
            sides=(Side(2_000_000, 1, 1),),
        ),
        Finding(
            budget("broken", "mean_ns", 1500), "not measured", f"{START}: its process ended with `exit 3`"
        ),
        Finding(
            speedup("elsewhere", 2, "estimated_cycles", "main"),
            "incomparable",
            "measured under other conditions: python was 3.9 and is 3.13",
        ),
    )


@pytest.fixture
def run() -> Run:
    """The run that they are of."""
    return Run(
        "2026-01-02T03:04:05Z",
        "0123abc",
        failures=(Failure(START, "its process ended with `exit 3`", "no database\n", "walltime"),),
        machine=Environment({"cpu": "Xeon", "cores": "2"}, {"load": "0.10"}),
    )
