"""Two timings side by side."""

import pytest

from iaipy.compare import walltime
from iaipy.model.run import Run
from iaipy.report.contest import render


def test_two_sides(timed_run: Run, timed_base: Run) -> None:
    """Each with what was compared, then how they compare, by the rule that was asked for."""
    base, head = timed_base.timings[1], timed_run.timings[1]
    judgement = walltime.judge(base.samples_ns, head.samples_ns, alpha=0.01)
    assert render(base, head, judgement).splitlines() == [
        "benchmarks/bench_wait.py::slower[rows=10]",
        "  46.01 µs, 50 samples in 5 processes, peak memory 19.50 MB",
        "benchmarks/bench_wait.py::slower[rows=10]",
        "  57.21 µs, 50 samples in 5 processes, peak memory 19.50 MB",
        "head takes 1.24 times the time of base; speed-up 0.804 (99% interval 0.763 … 0.848)",
        "t(3.8) = 18.85, p = 6.5e-05, d = 14.0",
        f"regression: {judgement.why}",
    ]


@pytest.mark.parametrize("side", [0, 1])
def test_a_side_without_enough_processes(timed_run: Run, timed_base: Run, side: int) -> None:
    """Nothing was tested, and the verdict says why."""
    pair = [timed_base.timings[5], timed_run.timings[6]]
    base, head = pair if side else pair[::-1]
    lines = render(base, head, walltime.judge(base.samples_ns, head.samples_ns)).splitlines()
    assert len(lines) == 5
    assert lines[-1].startswith("inconclusive: too few processes")
