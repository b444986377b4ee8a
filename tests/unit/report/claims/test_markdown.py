"""Claims as Markdown."""

from collections.abc import Callable

import pytest

from iaipy.model.claim import Finding
from iaipy.model.run import Run
from iaipy.report.claims.markdown import render

Golden = Callable[[str, str], None]


def test_every_fate(run: Run, findings: tuple[Finding, ...], golden: Golden) -> None:
    """A finding of each fate reads as the golden file does."""
    golden("report/claims_markdown.md", render(run, findings))


@pytest.mark.parametrize(("chosen", "mark"), [((0, 3), "✅"), ((0, 2), "⚠️"), ((0, 7), "⚠️"), ((0, 1), "❌")])
def test_mark(run: Run, findings: tuple[Finding, ...], chosen: tuple[int, ...], mark: str) -> None:
    """All is well only where every claim holds."""
    assert render(run, [findings[number] for number in chosen]).startswith(f"### {mark} 2 claims: ")


def test_notes_are_of_what_was_judged(run: Run, findings: tuple[Finding, ...]) -> None:
    """Counts alone need no word on tests."""
    text = render(run, findings[3:4])
    assert "Counts are exact" in text
    assert "Welch" not in text
