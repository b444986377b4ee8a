"""The log of a GitHub Actions step: the report for people, and an annotation for each benchmark to look at.

GitHub's runner takes lines of the log for commands wherever they come from, so the report, which holds ids
and output of benchmarks, stands between `::stop-commands::` and a token that it can't know. Sources:
"Workflow commands for GitHub Actions" in GitHub's documentation, and the parser, actions/runner,
src/Runner.Common/ActionCommand.cs.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from iaipy.compare import gate
from iaipy.model.comparison import Change, Comparison, Entry, TimingEntry
from iaipy.model.run import Run
from iaipy.report import explanations, terminal, times
from iaipy.report.numbers import count
from iaipy.report.words import LABELS, moved, printable, status

MOST_ANNOTATIONS = 10
"""GitHub shows so many errors of a step, and so many warnings, and drops the rest without a word."""

_LONGEST_MESSAGE = 1000
_TOKEN_BYTES = 16


@dataclass(frozen=True)
class _Annotation:
    """A remark at a line of a file.

    Parameters:
        level: error or warning.
        title: what it is about, in two or three words.
        message: one sentence.
        path, line: the place; "" and 0 for none.
    """

    level: str
    title: str
    message: str
    path: str = ""
    line: int = 0


def render(run: Run, comparison: Comparison, *, color: bool = False) -> str:
    """The report as `terminal` has it, fenced, and behind it the annotations, errors first."""
    token = secrets.token_hex(_TOKEN_BYTES)
    report = terminal.render(run, comparison, color=color)
    found = _annotations(comparison)
    lines = [
        _command(annotation)
        for level in ("error", "warning")
        for annotation in _shortened([each for each in found if each.level == level])
    ]
    return f"::stop-commands::{token}\n{report}::{token}::\n" + "".join(f"{line}\n" for line in lines)


def remark(level: str, title: str, text: str) -> str:
    """An annotation of the step as a whole; the text may have several lines.

    Parameters:
        level: error, warning or notice.
    """
    message = "\n".join(map(printable, text.splitlines()))[:_LONGEST_MESSAGE]
    return f"::{level} title={property_value(printable(title))}::{data(message)}"


def data(text: str) -> str:
    """Text as the message of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_value(text: str) -> str:
    """Text as the value of a command's property."""
    return data(text).replace(":", "%3A").replace(",", "%2C")


def _command(annotation: _Annotation) -> str:
    place = {"file": annotation.path, "line": str(annotation.line or "")}
    properties = {**(place if annotation.path else {}), "title": annotation.title}
    listed = ",".join(f"{name}={property_value(value)}" for name, value in properties.items() if value)
    message = printable(annotation.message)
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}…"
    return f"::{annotation.level} {listed}::{data(message)}"


def _shortened(annotations: Sequence[_Annotation]) -> list[_Annotation]:
    """As many as GitHub shows; the last one then stands for all that there is no room for."""
    if len(annotations) <= MOST_ANNOTATIONS:
        return list(annotations)
    shown, rest = annotations[: MOST_ANNOTATIONS - 1], annotations[MOST_ANNOTATIONS - 1 :]
    more = "; ".join(annotation.message for annotation in rest)
    return [*shown, _Annotation(rest[0].level, "More benchmarks", f"{count(len(rest))} more: {more}")]


def _annotations(comparison: Comparison) -> list[_Annotation]:
    """What needs a look, in the order of the suite."""
    why = {each.benchmark: explanations.lines(each)[0] for each in comparison.explanations}
    found = [annotation for entry in comparison.entries for annotation in _counted(entry, why.get(entry.id))]
    found += [annotation for entry in comparison.timings for annotation in _timed(entry)]
    if gate.nothing_compared(comparison):
        message = f"none of the benchmarks could be compared with the baseline {comparison.base_name}"
        found.append(_Annotation("error", "Nothing compared", message))
    return found


def _counted(entry: Entry, why: str | None) -> list[_Annotation]:
    level, title = _COUNTED.get(entry.status, ("", ""))
    if not level:
        return []
    line = 0 if entry.status == "failed" else entry.line
    told = [f"{entry.id}: {_movements(entry) or entry.why}", *([why] if why else [])]
    return [_Annotation(level, title, "; ".join(told), entry.path, line)]


_COUNTED = {
    "fail": ("error", "Benchmark regressed"),
    "failed": ("error", "Benchmark failed"),
    "incomparable": ("warning", "Benchmark not comparable"),
    "missing": ("warning", "Benchmark missing"),
}
"""Status → level and title; a status that isn't here needs no annotation. A failure knows no line."""

_TIMED = {
    "fail": ("warning", "Benchmark slower"),
    "failed": ("error", "Benchmark failed"),
    "incomparable": ("warning", "Timing not comparable"),
    "missing": ("warning", "Timing missing"),
}


def _timed(entry: TimingEntry) -> list[_Annotation]:
    level, title = _TIMED.get(entry.status, ("", ""))
    if not level:
        return []
    line = 0 if entry.status == "failed" else entry.line
    message = f"{entry.id}: {times.status(entry) if entry.judgement else entry.why}"
    return [_Annotation(level, title, message, entry.path, line)]


def _movements(entry: Entry) -> str:
    """`FAIL (exceeds 10% threshold); Instructions 100 → 130 (+30.0%)`; "" where nothing regressed."""
    regressed = [change for change in entry.changes if change.verdict == "regression"]
    return "; ".join([status(entry), *map(_movement, regressed)]) if regressed else ""


def _movement(change: Change) -> str:
    before = "" if change.base is None else f"{count(change.base)} → "
    how_far = f" ({moved(change)})" if change.base is not None else ""
    return f"{LABELS[change.counter]} {before}{count(change.head)}{how_far}"
