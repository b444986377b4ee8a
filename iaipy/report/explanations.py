"""Why benchmarks regressed, as lines of text."""

from iaipy.model.difference import Explanation
from iaipy.report.functions import sentences
from iaipy.report.plain import one_line

SENTENCES = 3

_ELSEWHERE = "No function takes more instructions than before: what moved is how it uses memory."


def lines(explanation: Explanation) -> list[str]:
    """The functions that explain it most, or why that isn't known."""
    found = explanation.difference
    told = [] if found is None else sentences(found, SENTENCES) or [_ELSEWHERE]
    return [*told, *([one_line(explanation.lacking)] if explanation.lacking else [])]
