"""Claims and what became of them: one file per format, and this table of them."""

from collections.abc import Sequence
from typing import Protocol

from iaipy.model.claim import Finding
from iaipy.model.run import Run
from iaipy.report.claims import json, markdown, terminal


class Render(Protocol):
    """Turns findings into text that ends in a newline.

    Parameters:
        run: what the claims were judged by.
        findings: one per claim.
        color: whether to colour the text by escape sequences; formats that have none ignore it.
    """

    def __call__(self, run: Run, findings: Sequence[Finding], *, color: bool = False) -> str:
        """The report."""
        ...


FORMATS: dict[str, Render] = {
    "terminal": terminal.render,
    "markdown": markdown.render,
    "json": json.render,
}
"""Name in `--report NAME[:PATH]` → what makes the report."""
