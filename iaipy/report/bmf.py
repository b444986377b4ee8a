"""Bencher Metric Format, the JSON that Bencher reads with `--adapter json`.

Benchmark → measure → value, and where it can be told the least and the largest that it may be. Format:
bencher.dev/docs/reference/bencher-metric-format. The measures of counters have the slugs that Bencher's own
adapter for iai gives them; `latency` is built in, in nanoseconds.
"""

import hashlib
import json

from iaipy.model.comparison import Comparison
from iaipy.model.metrics import COUNTERS
from iaipy.model.run import Result, Run
from iaipy.model.timing import Summary
from iaipy.report.words import printable

LONGEST_NAME = 1024
"""Characters that a benchmark's name may have; with a longer one Bencher refuses the whole report."""

_DIGEST = 16

Metric = dict[str, float]


def render(run: Run, comparison: Comparison, *, color: bool = False) -> str:
    """The run's results; failures have no place in this format."""
    report: dict[str, dict[str, Metric]] = {}
    for result in run.benchmarks:
        report.setdefault(_name(result.id), {}).update(_counted(result))
    for entry in comparison.timings:
        if entry.summary:
            report.setdefault(_name(entry.id), {})["latency"] = _timed(entry.summary)
    return json.dumps(report, indent=1, allow_nan=False) + "\n"


def _name(benchmark_id: str) -> str:
    """The id, or as much of a very long one as there is room for, told apart by a digest of all of it."""
    name = printable(benchmark_id)
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    return f"{name[: LONGEST_NAME - _DIGEST - 1]}…{digest}"


def _counted(result: Result) -> dict[str, Metric]:
    return {
        counter.key.replace("_", "-"): _between(result.counters[counter.key], result.spread[counter.key])
        for counter in COUNTERS
    }


def _between(value: int, spread: int) -> Metric:
    """The value, and how far the repeats let it vary."""
    ends = {"lower_value": max(0, value - spread), "upper_value": value + spread} if spread else {}
    return {"value": value, **ends}


def _timed(summary: Summary) -> Metric:
    """The mean, and its 95 % interval where there is one."""
    if summary.interval_ns is None:
        return {"value": summary.mean_ns}
    low_ns, high_ns = summary.interval_ns
    return {"value": summary.mean_ns, "lower_value": low_ns, "upper_value": high_ns}
