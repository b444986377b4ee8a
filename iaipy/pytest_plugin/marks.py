"""Which tests are benchmarks, and what their markers say. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import pytest

from iaipy.durations import parse_duration
from iaipy.limits import parse_hard_limits, parse_limits
from iaipy.model.benchmark import Benchmark, Limits
from iaipy.values import require_known, whole

FIXTURES = frozenset({"benchmark", "benchmark_weave", "codspeed_benchmark"})
BODY_MARKERS = ("benchmark", "codspeed_benchmark")
WARMUP = 1
"""Calls before the one that counts, as many as pytest-codspeed makes."""
OPTIONS = ("limit", "hard_limit", "repeats", "warmup", "timeout")


def uses_fixture(item: pytest.Item) -> bool:
    """Whether the test asks for a benchmark fixture, itself or through another fixture."""
    return not FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def body_is_measured(item: pytest.Item) -> bool:
    """Whether the whole test is to be measured: it is marked, and has no fixture to measure with."""
    marked = any(item.get_closest_marker(name) for name in BODY_MARKERS)
    return marked and isinstance(item, pytest.Function) and not uses_fixture(item)


def is_benchmark(item: pytest.Item) -> bool:
    """Whether the test is measured under --iaipy."""
    return uses_fixture(item) or body_is_measured(item)


def benchmark_of(item: pytest.Item) -> Benchmark:
    """The record of a test.

    Raises:
        UsageError: its iaipy marker is wrong.
    """
    where = f"@pytest.mark.iaipy on {item.nodeid}"
    marker = item.get_closest_marker("iaipy")
    given = dict(marker.kwargs) if marker else {}
    require_known(given, OPTIONS, where, "option")
    path, line, _ = item.location
    return Benchmark(
        id=item.nodeid,
        kind="function",
        path=path.replace("\\", "/"),
        line=(line or 0) + 1,
        warmup=whole(given.get("warmup", WARMUP), f"{where}: warmup", 0),
        repeats=whole(given["repeats"], f"{where}: repeats", 1) if "repeats" in given else None,
        timeout_s=parse_duration(given["timeout"], f"{where}: timeout") if "timeout" in given else None,
        limits=Limits(
            parse_limits(given["limit"], f"{where}: limit") if "limit" in given else {},
            parse_hard_limits(given["hard_limit"], f"{where}: hard_limit") if "hard_limit" in given else {},
        ),
    )
