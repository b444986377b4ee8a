"""The JSON for Bencher."""

import json
from dataclasses import replace

import jsonschema

from iaipy.model.comparison import Comparison, TimingEntry
from iaipy.model.run import Run
from iaipy.model.timing import Summary
from iaipy.report.bmf import LONGEST_NAME, render

METRIC = {
    "type": "object",
    "required": ["value"],
    "properties": {name: {"type": "number"} for name in ("value", "lower_value", "upper_value")},
    "additionalProperties": False,
}
FORMAT = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "propertyNames": {"minLength": 1, "maxLength": 1024},
    "additionalProperties": {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 64},
        "additionalProperties": METRIC,
    },
}
"""Bencher's published schema (bencher.dev/bmf.json) with its limits of names, and nothing beyond it."""

SUMMARY = Summary(1234.5, 12.3, 1200.0, 1300.0, 1230.0, 1290.0, 1299.0, 40, 10, 1230.0, 1239.0, 0, 0)


def test_report_is_what_bencher_reads(full_run: Run, compared: Comparison) -> None:
    """Each benchmark has the five counters under Bencher's names for them."""
    report = json.loads(render(full_run, compared))
    jsonschema.validate(report, FORMAT)
    assert list(report) == [result.id for result in full_run.benchmarks]
    counters = full_run.benchmarks[0].counters
    assert report["benchmarks/bench_config.py::parse"] == {
        "instructions": {"value": counters["instructions"]},
        "l1-accesses": {"value": counters["l1_accesses"]},
        "l2-accesses": {"value": counters["l2_accesses"]},
        "ram-accesses": {"value": counters["ram_accesses"]},
        "estimated-cycles": {"value": counters["estimated_cycles"]},
    }


def test_inexact_benchmarks_have_bounds(full_run: Run, compared: Comparison) -> None:
    """The bounds are as far from the value as the repeats lie apart, and never below nought."""
    report = json.loads(render(full_run, compared))["benchmarks/bench_config.py::wobbly"]
    assert report["instructions"] == {"value": 120_050, "lower_value": 60_050, "upper_value": 180_050}
    assert report["l2-accesses"]["lower_value"] == 0


def test_times_are_latencies(full_run: Run, alone: Comparison) -> None:
    """A time is the latency, with its interval; it stands beside the counters of the same benchmark."""
    id_ = full_run.benchmarks[0].id
    timings = (
        TimingEntry(id_, "new", SUMMARY),
        TimingEntry("b.py::b", "new", replace(SUMMARY, low_ns=None, high_ns=None)),
        TimingEntry("b.py::c", "failed"),
    )
    report = json.loads(render(full_run, replace(alone, timings=timings)))
    jsonschema.validate(report, FORMAT)
    assert report[id_]["latency"] == {"value": 1234.5, "lower_value": 1230.0, "upper_value": 1239.0}
    assert len(report[id_]) == 6
    assert report["b.py::b"] == {"latency": {"value": 1234.5}}
    assert "b.py::c" not in report


def test_very_long_names_are_shortened(full_run: Run, alone: Comparison) -> None:
    """Two names beyond Bencher's limit that differ at their ends alone stay two."""
    first = full_run.benchmarks[0]
    long = [replace(first, id=f"b.py::f[{'x' * 2000}{n}]") for n in range(2)]
    report = json.loads(render(replace(full_run, benchmarks=tuple(long)), alone))
    assert [len(name) for name in report] == [LONGEST_NAME, LONGEST_NAME]
