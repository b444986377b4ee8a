"""Every claim with its figures and its verdict, and at the end how many hold."""

from collections.abc import Sequence

from rich.text import Text

from iaipy.model.claim import ClaimVerdict, Finding
from iaipy.model.run import Failure, Run
from iaipy.report.claims import words
from iaipy.report.terminal import _text
from iaipy.report.words import printable, tail

_STYLES: dict[ClaimVerdict, str] = {
    "holds": "green",
    "fails": "bold red",
    "not shown": "yellow",
    "not measured": "bold red",
    "incomparable": "bold red",
}
_LABEL_WIDTH = len("Measured:")


def render(run: Run, findings: Sequence[Finding], *, color: bool = False) -> str:
    """The findings as lines of text, neither wrapped nor cut; coloured by escape sequences if asked to."""
    lines = [line for finding in findings for line in _finding(finding)]
    lines += [line for failure in _explained(run, findings) for line in _failure(failure)]
    notes = [Text(f"Note: {printable(remark)}", "yellow") for remark in words.remarks(findings)]
    lines += [*notes, Text()] if notes else []
    lines.append(Text(words.summary(findings), "bold"))
    if failing := words.failing_line(findings):
        lines.append(Text(failing, "bold red"))
    return _text(lines, color)


def _finding(finding: Finding) -> list[Text]:
    name, between = words.interval_name(finding), words.interval(finding)
    measured = words.measured(finding) + (f" ({f'{name} {between}'.strip()})" if between else "")
    rows = (
        ("Claim", words.statement(finding.claim)),
        ("Measured", measured),
        ("From", words.sources(finding)),
        ("Test", _test(finding)),
    )
    why = finding.why or words.reason(finding)
    return [
        Text(printable(finding.claim.id), "bold"),
        *(_row(label, Text(printable(phrase))) for label, phrase in rows if phrase),
        _row(
            "Verdict",
            Text(finding.verdict.upper(), _STYLES[finding.verdict]),
            Text(f" ({printable(why)})" if why else ""),
        ),
        Text(),
    ]


def _row(label: str, *phrases: Text) -> Text:
    return Text.assemble(f"  {label + ':':<{_LABEL_WIDTH}} ", *phrases)


def _test(finding: Finding) -> str:
    t, df, p, d = words.figures_of_test(finding)
    return f"t({df}) = {t}, p {p if p.startswith('<') else f'= {p}'}, d = {d}" if t else ""


def _explained(run: Run, findings: Sequence[Finding]) -> list[Failure]:
    """The failures that kept a claim from being judged and have more to say than their reason, each once."""
    told = {finding.why for finding in findings}
    return [
        failure
        for number, failure in enumerate(run.failures)
        if failure.details
        and f"{failure.id}: {failure.reason}" in told
        and all((each.id, each.details) != (failure.id, failure.details) for each in run.failures[:number])
    ]


def _failure(failure: Failure) -> list[Text]:
    return [
        Text(f"Failed: {printable(failure.id)}", "bold red"),
        Text(f"  {printable(failure.reason)}"),
        *(Text(f"    {line}".rstrip(), "dim") for line in tail(failure.details)),
        Text(),
    ]
