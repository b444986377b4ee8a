"""The phrases of claims."""

from dataclasses import replace

import pytest

from iaipy.model.claim import Budget, Finding, Reference, Side, Speedup
from iaipy.model.timing import Estimate
from iaipy.report.claims import words


def budget(metric: str, below: float) -> Budget:
    """A budget of `x::y`."""
    return Budget("a", "s.yaml", 1, "x::y", metric, below)


def speedup(by: float, metric: str = "time", baseline: str = "") -> Speedup:
    """`x::y` is so many times as fast as `x::z`."""
    return Speedup("a", "s.yaml", 1, "x::y", Reference("x::z", baseline), by, metric)


def test_statements() -> None:
    """A claim reads as a sentence."""
    assert words.statement(speedup(3)) == "x::y is at least 3 times as fast as x::z"
    assert (
        words.statement(speedup(1.5, baseline="main")) == "x::y is at least 1.5 times as fast as x::z in main"
    )
    assert words.statement(speedup(2, "instructions")) == "x::z has at least 2 times the Instructions of x::y"
    assert words.statement(speedup(1)) == "x::y is at least as fast as x::z"
    assert words.statement(speedup(1, "instructions")) == "x::z has at least the Instructions of x::y"
    assert words.statement(budget("p95_ns", 1e8)) == "P95 of x::y below 100 ms"


@pytest.mark.parametrize(
    ("metric", "below", "shown"),
    [
        ("mean_ns", 1e3, "1 µs"),
        ("mean_ns", 50.5e6, "50.5 ms"),
        ("mean_ns", 12_345_678.9, "12.3456789 ms"),
        ("mean_ns", 1.2e11, "120 s"),
        ("mean_ns", 0.5, "0.5 ns"),
        ("peak_rss", 50e6, "50 MB"),
        ("peak_rss", 512, "512 B"),
        ("instructions", 2_000_000, "2,000,000"),
    ],
)
def test_limits_have_all_their_digits(metric: str, below: float, shown: str) -> None:
    """A limit isn't rounded, since it was written."""
    assert words.required(budget(metric, below)) == shown


@pytest.mark.parametrize(
    ("value", "by", "shown"),
    [
        (3.04, 3, "3.040×"),
        (12345.6, 3, "12,346×"),
        (2.99996, 3, "2.99996×"),
        (3.0, 3, "3.000×"),
        (0.5, 3, "0.500×"),
        (float("inf"), 3, "∞×"),
    ],
)
def test_a_factor_never_reads_as_on_the_other_side(value: float, by: float, shown: str) -> None:
    """It has as many digits as that takes."""
    found = Finding(speedup(by), "not shown", measured=Estimate(value, value, value))
    assert words.measured(found) == shown


def test_summary_and_failing(findings: tuple[Finding, ...]) -> None:
    """How many of each, in one line, and which fail."""
    assert words.summary(findings) == "9 claims: 3 hold, 2 fail, 2 not shown, 1 not measured, 1 incomparable"
    assert words.summary(findings[:1]) == "1 claim: 1 holds"
    suite = "benchmarks/bench_spawn.yaml"
    assert words.failing_line(findings) == f"Failing: {suite}::and a <b>lot</b> | more, {suite}::exact"
    assert words.failing_line(findings[:1]) == ""


def test_sources() -> None:
    """Counts are told apart by calls, times in their units, and each with what it comes from."""
    found = Finding(speedup(2), "holds", sides=(Side(1.5e6, 1, 1), Side(3e6, 1200, 10)))
    assert words.sources(found) == (
        "1.500 ms (1 sample in 1 process) against 3.000 ms (1,200 samples in 10 processes)"
    )
    counted = replace(found, claim=speedup(2, "instructions"), sides=(Side(100.5, 1, 1), Side(200, 2, 2)))
    assert words.sources(counted) == "100.50 (1 repeat) against 200 (2 repeats)"
    assert words.sources(Finding(speedup(2), "not measured", "x")) == ""


def test_test_of_certain_difference(findings: tuple[Finding, ...]) -> None:
    """Infinite figures and a p of nought have a form of their own."""
    assert words.figures_of_test(findings[1]) == ("∞", "18.0", "< 1e-300", "∞")
    assert words.figures_of_test(findings[0]) == ("41.27", "5.6", "3.2e-08", "18.44")
    assert words.figures_of_test(findings[3]) == ("", "", "", "")
