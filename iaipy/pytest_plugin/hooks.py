"""The hooks of pytest-benchmark, for conftest files where it is absent. PYTEST_DONT_REWRITE.

iaipy never calls them: they change a table and a file that are pytest-benchmark's own.
"""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookspec(firstresult=True)
def pytest_benchmark_scale_unit(
    config: Any, unit: Any, benchmarks: Any, best: Any, worst: Any, sort: Any
) -> None:
    """Choose the unit of the table."""


@pytest.hookspec(firstresult=True)
def pytest_benchmark_generate_machine_info(config: Any) -> None:
    """Describe the machine."""


def pytest_benchmark_update_machine_info(config: Any, machine_info: Any) -> None:
    """Add to the machine's description."""


@pytest.hookspec(firstresult=True)
def pytest_benchmark_generate_commit_info(config: Any) -> None:
    """Describe the commit."""


def pytest_benchmark_update_commit_info(config: Any, commit_info: Any) -> None:
    """Add to the commit's description."""


@pytest.hookspec(firstresult=True)
def pytest_benchmark_group_stats(config: Any, benchmarks: Any, group_by: Any) -> None:
    """Group the table."""


@pytest.hookspec(firstresult=True)
def pytest_benchmark_generate_json(
    config: Any, benchmarks: Any, include_data: Any, machine_info: Any, commit_info: Any
) -> None:
    """Make the file."""


def pytest_benchmark_update_json(config: Any, benchmarks: Any, output_json: Any) -> None:
    """Change the file."""


def pytest_benchmark_compare_machine_info(
    config: Any, benchmarksession: Any, machine_info: Any, compared_benchmark: Any
) -> None:
    """Judge whether two machines compare."""
