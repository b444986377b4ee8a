"""The JSON that pytest-benchmark compares."""

import json

import pytest

from iaipy.model.comparison import Comparison
from iaipy.model.run import Run
from iaipy.report.pytest_benchmark import render


def test_every_result_has_the_figures_that_are_compared(full_run: Run, compared: Comparison) -> None:
    """Each benchmark's seconds are its estimated cycles in nanoseconds, with its counters beside."""
    document = json.loads(render(full_run, compared))
    names = [each["fullname"] for each in document["benchmarks"]]
    assert names == [each.id for each in full_run.benchmarks]
    first, result = document["benchmarks"][0], full_run.benchmarks[0]
    seconds = result.counters["estimated_cycles"] * 1e-9 / result.iterations
    assert first["stats"]["mean"] == first["stats"]["min"] == pytest.approx(seconds)
    assert first["extra_info"] == dict(result.counters)
    assert first["fullname"].endswith(first["name"])
