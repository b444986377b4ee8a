"""The table of formats."""

import pytest

from iaipy.model.claim import Finding
from iaipy.model.run import Run
from iaipy.report.claims import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_in_one_newline(name: str, run: Run, findings: tuple[Finding, ...]) -> None:
    """So that files and screens are left in order."""
    text = FORMATS[name](run, findings)
    assert text.endswith("\n") and not text.endswith("\n\n")
