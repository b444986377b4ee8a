"""What the report tests share: a run with everything in it."""

import pytest

from iaipy.compare.gate import compare
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import Comparison
from iaipy.model.metrics import COUNTER_KEYS, EVENTS, counters
from iaipy.model.run import Environment, Failure, Result, Run

NAMES = Limits(soft={"instructions": 0.02, "ram_accesses": None})


def result(
    id_: str, ir: int, *, ram: int = 40, spread: int = 0, limits: Limits | None = None, iterations: int = 1
) -> Result:
    """A result with plausible events around a number of instructions."""
    events = dict.fromkeys(EVENTS, 0) | {
        "Ir": ir,
        "Dr": ir // 4,
        "Dw": ir // 6,
        "I1mr": ir // 100,
        "D1mr": ir // 150 + ram,
        "DLmr": ram,
    }
    return Result(
        id=f"benchmarks/bench_config.py::{id_}",
        kind="function",
        counters=counters(events),
        events=events,
        spread=dict.fromkeys(COUNTER_KEYS, spread) | {"ram_accesses": min(spread, 1)},
        iterations=iterations,
        repeats=3,
        path="benchmarks/bench_config.py",
        line=12,
        limits=limits or Limits(),
        notes=("measured in a process of its own: threads were alive",) if spread else (),
    )


def environment(python: str, kernel: str) -> Environment:
    """An environment that differs in a fact of each sort."""
    notes = {"kernel": kernel} | {f"package{n:02}": f"{n}.{kernel[0]}" for n in range(14)}
    return Environment({"python": python, "valgrind": "3.24.0"}, notes)


@pytest.fixture
def full_run() -> Run:
    """A run with one benchmark of each fate."""
    return Run(
        "2026-01-02T03:04:05Z",
        "0123abc+dirty",
        environment("3.13.1", "6.1"),
        (
            result("parse", 152_345),
            result("same", 1_234_567),
            result("slower[rows=10]", 1_300_000),
            result("own_limits", 103_000, limits=NAMES),
            result("capped", 2_000_000, limits=Limits(hard={"instructions": 1_500_000})),
            result("faster", 70_000),
            result("wobbly", 120_050, spread=60_000),
            result("ram_only", 9_000_000, ram=60),
            result("other_loop", 50_000, iterations=10),
            result("fresh", 7_700),
        ),
        (
            Failure(
                "benchmarks/bench_config.py::broken",
                "it raised ValueError: no such row",
                "Traceback\n\n  a\n",
            ),
            Failure("benchmarks/bench_db.py", "it can't be imported: No module named 'db'"),
        ),
    )


@pytest.fixture
def base_run() -> Run:
    """The baseline that `full_run` is held against."""
    return Run(
        "2026-01-01T00:00:00Z",
        "fedcba9",
        environment("3.13.0", "5.9"),
        (
            result("parse", 145_234),
            result("same", 1_234_567),
            result("slower[rows=10]", 1_000_000),
            result("own_limits", 100_000),
            result("capped", 2_000_000),
            result("faster", 100_000),
            result("wobbly", 100_000, spread=10),
            result("ram_only", 9_000_000, ram=40),
            result("other_loop", 50_000),
            result("gone", 1_000),
            result("broken", 1_000),
        ),
    )


@pytest.fixture
def compared(full_run: Run, base_run: Run) -> Comparison:
    """`full_run` against `base_run`."""
    return compare(full_run, base_run, limits=Limits(), base_name="main")


@pytest.fixture
def alone(full_run: Run) -> Comparison:
    """`full_run` without a baseline."""
    return compare(full_run, None, limits=Limits())


@pytest.fixture
def calm(base_run: Run) -> Comparison:
    """A run against itself."""
    return compare(base_run, base_run, limits=Limits(), base_name="main")
