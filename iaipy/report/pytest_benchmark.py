"""The JSON of pytest-benchmark, which its `pytest-benchmark compare` reads.

Its figures are seconds. Here they are the estimated cycles on a machine of 1 GHz, one cycle a nanosecond; the
counters themselves stand in each benchmark's `extra_info`, beside what its test has put there. Format:
pytest_benchmark/stats.py, `as_dict`.
"""

import json

from iaipy.model.comparison import Comparison
from iaipy.model.run import Result, Run

SECONDS_PER_CYCLE = 1e-9


def render(run: Run, comparison: Comparison, *, color: bool = False) -> str:
    """The run's counts; failures and times have no place in it."""
    document = {
        "machine_info": {"cpu": {}, **run.environment.fingerprint},
        "commit_info": {"id": run.commit.partition("+")[0], "dirty": run.commit.endswith("+dirty")},
        "benchmarks": [_benchmark(result) for result in run.benchmarks],
        "datetime": run.created_utc.removesuffix("Z") + "+00:00",
        "version": "5.0.0",
    }
    return json.dumps(document, indent=1) + "\n"


def _benchmark(result: Result) -> dict[str, object]:
    name = result.id.rpartition("::")[2] or result.id
    parameters = name.partition("[")[2].removesuffix("]")
    seconds = result.counters["estimated_cycles"] * SECONDS_PER_CYCLE / result.iterations
    return {
        "group": result.group or None,
        "name": name,
        "fullname": result.id,
        "params": None,
        "param": parameters or None,
        "extra_info": {**result.extra_info, **result.counters},
        "options": {"timer": "estimated cycles", "disable_gc": False, "min_rounds": 1, "warmup": False},
        "stats": {
            **dict.fromkeys(("min", "max", "mean", "median", "q1", "q3", "ld15iqr", "hd15iqr"), seconds),
            **dict.fromkeys(("stddev", "iqr", "iqr_outliers", "stddev_outliers"), 0),
            "rounds": 1,
            "outliers": "0;0",
            "ops": 1 / seconds if seconds else 0,
            "total": seconds * result.iterations,
            "iterations": result.iterations,
        },
    }
