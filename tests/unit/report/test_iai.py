"""The report in iai's form."""

import re
from collections.abc import Callable
from dataclasses import replace

from iaipy.compare.gate import compare
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import Comparison
from iaipy.model.metrics import COUNTERS
from iaipy.model.run import Run
from iaipy.report.iai import render

Golden = Callable[[str, str], None]

READABLE = re.compile(r" *(?P<label>[A-Za-z0-9 ]+): +(?P<value>[0-9,]+)( +\((No change|[+-][0-9.,]+%)\))?")
"""What Bencher's adapter accepts as a counter's line."""


def test_report_with_a_baseline(full_run: Run, compared: Comparison, golden: Golden) -> None:
    """Each benchmark is its name, five counters with their change, and an empty line."""
    golden("report/iai_compared.txt", render(full_run, compared))


def test_report_without_a_baseline(full_run: Run, alone: Comparison, golden: Golden) -> None:
    """Without a baseline the lines end with the values."""
    golden("report/iai_alone.txt", render(full_run, alone))


def test_adapters_can_read_every_line(full_run: Run, base_run: Run) -> None:
    """Every six lines match what adapters accept, a counter that rose from nought included."""
    first = base_run.benchmarks[0]
    zero = replace(first, counters=dict.fromkeys(first.counters, 0))
    comparison = compare(full_run, replace(base_run, benchmarks=(zero,)), limits=Limits(), base_name="main")
    lines = render(full_run, comparison).splitlines()
    assert len(lines) == 7 * len(full_run.benchmarks)
    for position, result in enumerate(full_run.benchmarks):
        name, *values, empty = lines[7 * position : 7 * position + 7]
        assert (name, empty) == (result.id, "")
        for counter, line in zip(COUNTERS, values, strict=True):
            match = READABLE.fullmatch(line)
            assert match, line
            assert match["label"] == counter.label
            assert int(match["value"]) == result.counters[counter.key]
