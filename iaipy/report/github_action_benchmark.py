"""The JSON that github-action-benchmark reads with `tool: customSmallerIsBetter`.

A list of objects, each with name, unit and value, and where there is one a range and an extra text. Format:
github.com/benchmark-action/github-action-benchmark, README.md and `BenchmarkResult` in src/extract.ts.
"""

import json
from typing import Any

from iaipy.model.comparison import Comparison
from iaipy.model.metrics import COUNTERS
from iaipy.model.run import Result, Run
from iaipy.model.timing import Summary
from iaipy.report.words import printable

_UNITS = {"instructions": "instructions", "estimated_cycles": "cycles"}
"""The counters that are worth a chart of their own; the accesses are what the cycles are made of."""


def render(run: Run, comparison: Comparison, *, color: bool = False) -> str:
    """The run's results; failures have no place in this format."""
    entries = [entry for result in run.benchmarks for entry in _counted(result)]
    entries += [_timed(entry.id, entry.summary) for entry in comparison.timings if entry.summary]
    return json.dumps(entries, indent=1, allow_nan=False) + "\n"


def _counted(result: Result) -> list[dict[str, Any]]:
    extra = f"iterations: {result.iterations}\nrepeats: {result.repeats}"
    return [
        {
            "name": f"{printable(result.id)} ({counter.label})",
            "unit": _UNITS[counter.key],
            "value": result.counters[counter.key],
            "range": f"± {result.spread[counter.key]}",
            "extra": extra,
        }
        for counter in COUNTERS
        if counter.key in _UNITS
    ]


def _timed(benchmark_id: str, summary: Summary) -> dict[str, Any]:
    timed = {"name": f"{printable(benchmark_id)} (Time)", "unit": "ns", "value": summary.mean_ns}
    scatter = {} if summary.stddev_ns is None else {"range": f"± {summary.stddev_ns:.6g}"}
    return {**timed, **scatter, "extra": f"samples: {summary.n}\nprocesses: {summary.processes}"}
