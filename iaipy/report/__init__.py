"""What came out, for people and for other programs: one file per format.

A reporter turns a run and its comparison into text and writes nothing. It knows the model alone;
`json` also knows the store, because its text is the stored document.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from iaipy.errors import UsageError
from iaipy.model.comparison import Comparison
from iaipy.model.run import Run
from iaipy.report import (
    bmf,
    github,
    github_action_benchmark,
    github_summary,
    iai,
    json,
    markdown,
    pytest_benchmark,
    terminal,
)


class Render(Protocol):
    """Turns a run and its comparison into text that ends in a newline.

    Parameters:
        run: what was measured.
        comparison: of that run, by `iaipy.compare.gate.compare`.
        color: whether to colour the text by escape sequences; formats that have none ignore it.
    """

    def __call__(self, run: Run, comparison: Comparison, *, color: bool = False) -> str:
        """The report."""
        ...


@dataclass(frozen=True)
class Reporter:
    """A report format.

    Parameters:
        name: what it is called in `--report NAME[:PATH]`.
        render: makes the report.
        about: what it is, in a few words.
    """

    name: str
    render: Render
    about: str


REPORTERS = {
    reporter.name: reporter
    for reporter in (
        Reporter("terminal", terminal.render, "every counter, and a verdict for each benchmark"),
        Reporter("json", json.render, "the document that baselines are stored as"),
        Reporter("markdown", markdown.render, "tables for a pull request's comment"),
        Reporter("iai", iai.render, "the text of Rust's iai, for tools that read that"),
        Reporter("github", github.render, "the log of a GitHub Actions step, with annotations"),
        Reporter(
            "github-summary", github_summary.render, "Markdown for $GITHUB_STEP_SUMMARY, never too large"
        ),
        Reporter(
            "github-action-benchmark",
            github_action_benchmark.render,
            "JSON for the action of that name (customSmallerIsBetter)",
        ),
        Reporter("pytest-benchmark", pytest_benchmark.render, "JSON that pytest-benchmark compares"),
        Reporter("bmf", bmf.render, "JSON for Bencher (Bencher Metric Format)"),
    )
}


def reporter(name: str) -> Reporter:
    """The reporter of that name.

    Raises:
        UsageError: there is none.
    """
    if name in REPORTERS:
        return REPORTERS[name]
    nearest = get_close_matches(name, REPORTERS, n=1)
    raise UsageError(
        f"there is no report format {name!r}",
        f"the formats are {', '.join(REPORTERS)}" + (f"; did you mean {nearest[0]}?" if nearest else ""),
    )
