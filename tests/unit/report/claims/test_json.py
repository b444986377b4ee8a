"""Claims as JSON."""

import json
from collections.abc import Callable

from iaipy.model.claim import Finding
from iaipy.model.run import Run
from iaipy.report.claims.json import render

Golden = Callable[[str, str], None]


def test_every_fate(run: Run, findings: tuple[Finding, ...], golden: Golden) -> None:
    """A finding of each fate reads as the golden file does."""
    golden("report/claims.json", render(run, findings))


def test_is_json_whatever_is_infinite(run: Run, findings: tuple[Finding, ...]) -> None:
    """Infinite figures are null, since JSON has none."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    document = json.loads(render(run, findings), parse_constant=refuse)
    assert document["claims"][1]["test"]["t"] is None
    assert document["claims"][4]["high"] is None
    assert [claim["verdict"] for claim in document["claims"]] == [finding.verdict for finding in findings]
