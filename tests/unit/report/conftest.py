"""What the report tests share: a run with everything in it."""

from dataclasses import replace
from typing import Any

import pytest

from iaipy.compare import timings
from iaipy.compare.gate import compare
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import Comparison
from iaipy.model.metrics import COUNTER_KEYS, EVENTS, counters
from iaipy.model.run import Environment, Failure, Result, Run, Timing

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


_PLACES = (-2, 2, -1, 1, 0)
"""How processes lie about their mean; neighbours are not alike."""


def timing(id_: str, mean_ns: float, *, processes: int = 5, scatter: float = 0.01, **fields: Any) -> Timing:
    """A timing whose processes lie around a mean, with a slow sample in each."""
    samples = tuple(
        tuple(
            mean_ns * (1 + scatter * _PLACES[process % 5] + 0.002 * sample) * (1.4 if sample == 9 else 1)
            for sample in range(10)
        )
        for process in range(processes)
    )
    whole = Timing(
        id=f"benchmarks/bench_wait.py::{id_}",
        kind="coroutine",
        samples_ns=samples,
        iterations=(100,) * processes,
        overhead_ns=(65.2,) * processes,
        peak_rss_bytes=(19_500_000,) * processes,
        path="benchmarks/bench_wait.py",
        line=7,
    )
    return replace(whole, **fields)


_MACHINE = Environment({"cpu": "A <fine> CPU|2", "cores": "2"}, {"governor": "performance", "load": "0.10"})


@pytest.fixture
def timed_run() -> Run:
    """A run with a timing of each fate, and one benchmark that was counted."""
    return Run(
        "2026-01-02T03:04:05Z",
        "0123abc",
        environment("3.13.1", "6.1"),
        (result("parse", 152_345),),
        (
            Failure("benchmarks/bench_config.py::broken", "raised ValueError: counted"),
            Failure("benchmarks/bench_wait.py::broken", "raised ValueError: timed", "Traceback", "walltime"),
        ),
        (
            timing("same", 1_234_567.0),
            timing("slower[rows=10]", 56_700.0, elements=10),
            timing("faster", 812.0, processes=4),
            timing("wobbly", 2.5e9, scatter=0.1, overhead_ns=(0.0,) * 5),
            timing("fresh", 41_000_000.0, notes=("left asyncio tasks running",)),
            timing("other_way", 99_999.0, minus="benchmarks/bench_cli.yaml::bare"),
            timing("alone", 5_000.0, processes=1, peak_rss_bytes=(0,)),
        ),
        _MACHINE,
    )


@pytest.fixture
def timed_base() -> Run:
    """The baseline that `timed_run` is held against."""
    return Run(
        "2026-01-01T00:00:00Z",
        "fedcba9",
        environment("3.13.1", "6.1"),
        (result("parse", 152_345),),
        timings=(
            timing("same", 1_230_000.0),
            timing("slower[rows=10]", 45_600.0, elements=10),
            timing("faster", 1_000.0),
            timing("wobbly", 2.4e9, scatter=0.1),
            timing("other_way", 99_999.0),
            timing("alone", 5_000.0),
            timing("gone", 1_000.0),
        ),
        machine=_MACHINE,
    )


@pytest.fixture
def timed(timed_run: Run, timed_base: Run) -> Comparison:
    """`timed_run` against `timed_base`."""
    counted = compare(timed_run, timed_base, limits=Limits(), base_name="main")
    return replace(counted, timings=timings.compare(timed_run, timed_base))


@pytest.fixture
def timed_alone(timed_run: Run) -> Comparison:
    """`timed_run` without a baseline."""
    counted = compare(timed_run, None, limits=Limits())
    return replace(counted, timings=timings.compare(timed_run, None))
