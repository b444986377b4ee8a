"""The fixtures that tests ask for; registered as a plugin. PYTEST_DONT_REWRITE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from iaipy.pytest_plugin.fixture import BenchmarkFixture, fixture_class


@pytest.fixture
def benchmark(request: pytest.FixtureRequest) -> Iterator[BenchmarkFixture]:
    """Measure a function under `pytest --iaipy`; call it once without."""
    made = fixture_class()(request)
    yield made
    made.cleanup()


@pytest.fixture
def codspeed_benchmark(benchmark: BenchmarkFixture) -> BenchmarkFixture:
    """The same, by pytest-codspeed's other name."""
    return benchmark


@pytest.fixture
def benchmark_weave(benchmark: BenchmarkFixture) -> Callable[..., Any]:
    """`benchmark.weave`."""
    return benchmark.weave
