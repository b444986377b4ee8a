"""The JSON report."""

from iaipy.model.comparison import Comparison
from iaipy.model.run import Run
from iaipy.report.json import render
from iaipy.store.document import dumps


def test_report_is_the_stored_document(full_run: Run, compared: Comparison) -> None:
    """The report is what a baseline of the run would hold."""
    assert render(full_run, compared, color=True) == dumps(full_run)
