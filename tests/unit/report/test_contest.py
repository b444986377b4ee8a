"""Two timings side by side."""

import pytest

from iaipy.compare import statistics, walltime
from iaipy.model.run import Run, Timing
from iaipy.model.timing import Judgement, Rule
from iaipy.report.contest import render


def rendered(base: Timing, head: Timing, judgement: Judgement) -> list[str]:
    """The lines about two timings."""
    summaries = (statistics.summary(timing.samples_ns) for timing in (base, head))
    return render(base, head, judgement, *summaries).splitlines()


def test_notes_are_shown(timed_run: Run) -> None:
    """What was remarked as a side was timed is said of that side."""
    base, head = timed_run.timings[0], timed_run.timings[4]
    lines = rendered(base, head, walltime.judge(base.samples_ns, head.samples_ns))
    assert lines.index("  Note: left asyncio tasks running") > lines.index(head.id)


def test_two_sides(timed_run: Run, timed_base: Run) -> None:
    """Each with what was compared, then how they compare, by the rule that was asked for."""
    base, head = timed_base.timings[1], timed_run.timings[1]
    judgement = walltime.judge(base.samples_ns, head.samples_ns, Rule(alpha=0.01))
    lines = rendered(base, head, judgement)
    side = ["Mean", "Quantiles", "Samples", "Throughput", "Peak memory", "Overhead"]
    assert [line.partition(":")[0].strip() for line in lines[1:7]] == side
    assert [line.partition(":")[0].strip() for line in lines[9:15]] == side
    assert lines[3].endswith(" 50 in 5 processes; outliers: 0 mild, 5 severe")
    assert lines[0] == lines[8] == "benchmarks/bench_wait.py::slower[rows=10]"
    assert lines[7] == lines[15] == ""
    assert lines[16:] == [
        "head takes 1.24 times the time of base; speed-up 0.804 (99% interval 0.763 … 0.848)",
        "46.01 µs → 57.21 µs, t(3.8) = 18.85, p = 6.5e-05, d = 14.0",
        f"regression: {judgement.why}",
    ]


@pytest.mark.parametrize("side", [0, 1])
def test_a_side_without_enough_processes(timed_run: Run, timed_base: Run, side: int) -> None:
    """Nothing was tested, and the verdict says why."""
    pair = [timed_base.timings[5], timed_run.timings[6]]
    base, head = pair if side else pair[::-1]
    lines = rendered(base, head, walltime.judge(base.samples_ns, head.samples_ns))
    assert "→" not in "".join(lines)
    assert any(line.endswith("10 in 1 process; outliers: 0 mild, 1 severe") for line in lines)
    assert lines[-1].startswith("inconclusive: too few processes")
