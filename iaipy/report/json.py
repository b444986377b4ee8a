"""The stored document, to read by programs; nothing of the comparison is in it."""

from iaipy.model.comparison import Comparison
from iaipy.model.run import Run
from iaipy.store.document import dumps


def render(run: Run, comparison: Comparison, *, color: bool = False) -> str:
    """The run as the document that run.schema.json describes."""
    return dumps(run)
