"""The JSON for github-action-benchmark."""

import json
from dataclasses import replace

import jsonschema

from iaipy.model.comparison import Comparison, TimingEntry
from iaipy.model.run import Run
from iaipy.model.timing import Summary
from iaipy.report.github_action_benchmark import render

FORMAT = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "unit", "value"],
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "unit": {"type": "string"},
            "value": {"type": "number"},
            "range": {"type": "string"},
            "extra": {"type": "string"},
        },
        "additionalProperties": False,
    },
}
"""What the action's BenchmarkResult is: three members that must be there, and two texts that may be."""

SUMMARY = Summary(1234.5, 12.345678, 1200.0, 1300.0, 1230.0, 1290.0, 1299.0, 40, 10, 1230.0, 1239.0, 0, 0)


def test_entries_are_what_the_action_reads(full_run: Run, compared: Comparison) -> None:
    """Each benchmark has its instructions and its cycles, and no two entries are called the same."""
    entries = json.loads(render(full_run, compared))
    jsonschema.validate(entries, FORMAT)
    assert len({entry["name"] for entry in entries}) == len(entries) == 2 * len(full_run.benchmarks)
    assert entries[0] == {
        "name": "benchmarks/bench_config.py::parse (Instructions)",
        "unit": "instructions",
        "value": 152_345,
        "range": "± 0",
        "extra": "iterations: 1\nrepeats: 3",
    }
    assert entries[1]["unit"] == "cycles"


def test_inexact_benchmarks_have_a_range(full_run: Run, compared: Comparison) -> None:
    """How far the repeats lie apart is the range."""
    entries = json.loads(render(full_run, compared))
    assert [entry["range"] for entry in entries if "wobbly" in entry["name"]] == ["± 60000", "± 60000"]


def test_times_are_means(full_run: Run, alone: Comparison) -> None:
    """A time is its mean in nanoseconds; one sample has no range."""
    timings = (
        TimingEntry("b.py::a", "new", SUMMARY),
        TimingEntry("b.py::b", "new", replace(SUMMARY, stddev_ns=None)),
        TimingEntry("b.py::c", "failed"),
    )
    entries = json.loads(render(replace(full_run, benchmarks=()), replace(alone, timings=timings)))
    jsonschema.validate(entries, FORMAT)
    extra = "samples: 40\nprocesses: 10"
    assert entries == [
        {"name": "b.py::a (Time)", "unit": "ns", "value": 1234.5, "range": "± 12.3457", "extra": extra},
        {"name": "b.py::b (Time)", "unit": "ns", "value": 1234.5, "extra": extra},
    ]
