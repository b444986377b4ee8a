"""A table of the claims, to be kept as evidence: what each says, what was measured, and how to read it."""

from collections.abc import Iterable, Sequence

from iaipy.model.claim import Budget, ClaimVerdict, Finding
from iaipy.model.run import Run
from iaipy.model.timing import DEFAULT_LOCATION, DEFAULT_TRIM
from iaipy.report.claims import words
from iaipy.report.markdown import code, machine

_MARKS: dict[ClaimVerdict, str] = {
    "holds": "✅",
    "fails": "❌",
    "not shown": "❔",
    "not measured": "⚠️",
    "incomparable": "⚠️",
}


def render(run: Run, findings: Sequence[Finding], *, color: bool = False) -> str:
    """The findings as Markdown.

    Whatever the suites and the run bring along is shown as code, so that none of it can act as Markdown.
    """
    commit = f", commit {code(run.commit)}" if run.commit else ""
    blocks = [
        [f"### {_mark(findings)} {words.summary(findings)}"],
        [f"Measured {code(run.created_utc)}{commit}."],
        _table(findings),
        [_bullet(finding) for finding in findings],
        [f"- {code(remark)}" for remark in words.remarks(findings)],
        [f"- {note}" for note in _notes(findings)],
        machine(run),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _table(findings: Sequence[Finding]) -> list[str]:
    named = next((words.interval_name(finding) for finding in findings if finding.basis == "interval"), "")
    head = ["Claim", "Measured", named or "Interval", "Required", "t", "df", "p", "d", "Verdict"]
    ruler = ["---", *["--:"] * (len(head) - 2), "---"]
    return [f"| {' | '.join(row)} |" for row in (head, ruler, *map(_cells, findings))]


def _cells(finding: Finding) -> list[str]:
    between = words.interval(finding)
    return [
        code(finding.claim.name),
        words.measured(finding),
        f"{between} (repeats)" if finding.basis == "spread" and between else between,
        f"{'below' if isinstance(finding.claim, Budget) else 'at least'} {words.required(finding.claim)}",
        *words.figures_of_test(finding),
        f"{_MARKS[finding.verdict]} {finding.verdict}",
    ]


def _bullet(finding: Finding) -> str:
    """What a claim says, what it was judged by, and what the verdict rests on."""
    why = code(finding.why) if finding.why else words.reason(finding)
    parts = [
        code(words.statement(finding.claim)),
        words.sources(finding),
        f"{finding.verdict}: {why}" if why else "",
    ]
    return f"- {code(finding.claim.name)}: {'; '.join(part for part in parts if part)}"


def _mark(findings: Iterable[Finding]) -> str:
    verdicts: set[ClaimVerdict] = {finding.verdict for finding in findings}
    if "fails" in verdicts:
        return "❌"
    return "✅" if verdicts == {"holds"} else "⚠️"


def _notes(findings: Iterable[Finding]) -> list[str]:
    """How the figures of these claims are to be read."""
    return list(dict.fromkeys(_NOTES[_sort(finding)] for finding in findings if finding.measured))


def _sort(finding: Finding) -> str:
    if finding.claim.mode == "instructions":
        return "count"
    return finding.basis if isinstance(finding.claim, Budget) else "speedup"


_NOTES = {
    "speedup": f"Speed-ups in time: each process stands for one value, the {DEFAULT_LOCATION} of its "
    f"samples. The means of these, trimmed by {DEFAULT_TRIM:.0%} at either end, are divided; the interval is "
    "the delta method's on the logarithm. t, df and p are of Welch's test for equal times, in Yuen's form, "
    "and d is Cohen's in its robust form: positive where the first benchmark is faster. The verdict rests on "
    "the interval alone.",
    "interval": "Budgets of times: a mean has Student's interval of the processes' means; a quantile the "
    "distribution-free one between order statistics of all samples, whose number is reduced by what "
    "they have in common within a process.",
    "observed": "The longest time and the peak memory are judged as they were observed.",
    "count": "Counts are exact. Where repeats differ, a claim must hold for all that they allow.",
}
