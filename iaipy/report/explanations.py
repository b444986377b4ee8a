"""Why benchmarks regressed, as lines of text."""

from iaipy.model.difference import Explanation
from iaipy.report import native
from iaipy.report.functions import sentences
from iaipy.report.plain import one_line

SENTENCES = 3

_ELSEWHERE = "No function takes more instructions than before: what moved is how it uses memory."


def lines(explanation: Explanation) -> list[str]:
    """The functions that explain it most; where there is no profile, C functions, and why there is none."""
    found = explanation.difference
    told = [] if found is None else sentences(found, SENTENCES) or [_ELSEWHERE]
    remark = [one_line(explanation.lacking)] if explanation.lacking else []
    functions = native.sentences(explanation.native, SENTENCES) if found is None else []
    return [*functions, *told, *remark]
