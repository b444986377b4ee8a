"""The findings as one JSON object, to read by programs."""

import json
import math
from collections.abc import Sequence
from typing import Any

from iaipy.model.claim import Claim, Finding, Speedup
from iaipy.model.run import Run
from iaipy.report.claims import words

FORMAT = "iaipy.claims"
VERSION = 1
# History of the format:
#   1  the first one


def render(run: Run, findings: Sequence[Finding], *, color: bool = False) -> str:
    """The findings in the units of their metrics (nanoseconds, bytes); what is infinite is null."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "created_utc": run.created_utc,
        "commit": run.commit,
        "claims": [_record(finding) for finding in findings],
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _record(finding: Finding) -> dict[str, Any]:
    found, test = finding.measured, finding.test
    return {
        "id": finding.claim.id,
        "line": finding.claim.line,
        "statement": words.statement(finding.claim),
        "metric": finding.claim.metric,
        **_terms(finding.claim),
        "verdict": finding.verdict,
        "why": finding.why or words.reason(finding),
        "measured": _finite(found.value) if found else None,
        "low": _finite(found.low) if found else None,
        "high": _finite(found.high) if found else None,
        "basis": finding.basis if found else None,
        "confidence": finding.confidence if found and finding.basis == "interval" else None,
        "sides": [vars(side) for side in finding.sides],
        "test": {name: _finite(value) for name, value in vars(test).items()} if test else None,
        "remarks": list(finding.remarks),
    }


def _terms(claim: Claim) -> dict[str, Any]:
    if isinstance(claim, Speedup):
        return {"faster": claim.faster, "than": vars(claim.than), "by": claim.by}
    return {"budget": claim.benchmark, "below": claim.below}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
