"""Claims on the terminal."""

from collections.abc import Callable
from dataclasses import replace

from iaipy.model.claim import Finding
from iaipy.model.run import Failure, Run
from iaipy.report.claims.terminal import render

Golden = Callable[[str, str], None]


def test_every_fate(run: Run, findings: tuple[Finding, ...], golden: Golden) -> None:
    """A finding of each fate reads as the golden file does."""
    golden("report/claims_terminal.txt", render(run, findings))


def test_color(run: Run, findings: tuple[Finding, ...]) -> None:
    """Verdicts are coloured only if asked for."""
    assert "\x1b[" not in render(run, findings)
    assert "\x1b[32mHOLDS" in render(run, findings, color=True)


def test_nothing_of_a_suite_acts_on_the_terminal(run: Run, findings: tuple[Finding, ...]) -> None:
    """Control characters are spelled out, and markup is text."""
    odd = Finding(findings[0].claim, "not measured", "[red]\x1b[31m")
    assert "[red]\\x1b[31m" in render(run, (odd,))


def test_only_failures_that_explain_a_verdict_are_shown(run: Run, findings: tuple[Finding, ...]) -> None:
    """Once each, and not those whose reason says all, nor those of other benchmarks of the run."""
    (failure,) = run.failures
    other = Failure("benchmarks/bench_x.py::y", "raised KeyError", "Traceback", "walltime")
    text = render(replace(run, failures=(failure, replace(failure, mode="instructions"), other)), findings)
    assert text.count("Failed: ") == 1
    assert "Failed: " not in render(replace(run, failures=(replace(failure, details=""),)), findings)
