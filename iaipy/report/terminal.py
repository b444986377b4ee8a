"""Every counter of every benchmark, the verdict on each, and at the end what regressed."""

import io
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from iaipy.model.comparison import Change, Comparison, Entry
from iaipy.model.difference import Explanation
from iaipy.model.run import Failure, Result, Run
from iaipy.report import explanations, times
from iaipy.report.numbers import count
from iaipy.report.words import (
    LABELS,
    SHOWN_NOTES,
    by_id,
    inexact,
    mode_of,
    moved,
    not_counted,
    printable,
    regressed_line,
    status,
    summary,
    tail,
)

_CHANGE_STYLES = {"regression": "bold red", "improvement": "green"}
_TIMING_STYLES = {"fail": "bold red", "improved": "green", "pass": "green", "inconclusive": "yellow"}
_STATUS_STYLES = {"fail": "bold red", "improved": "green", "pass": "green"}
_LABEL_WIDTH = max(len(label) for label in LABELS.values()) + 1
_NUMBER_WIDTH = 13
"""Room for ten digits and a sign's width beside the labels; wider numbers widen the whole column."""

_LISTS = (
    ("new", "New, not in the baseline {}:"),
    ("missing", "Missing, only in the baseline {}:"),
    ("incomparable", "Not comparable with the baseline {}:"),
)


def render(run: Run, comparison: Comparison, *, color: bool = False) -> str:
    """The run as lines of text, neither wrapped nor cut; coloured by escape sequences if asked to."""
    regressed = comparison.of("fail")
    ended = regressed_line(comparison)
    lines = [
        *_benchmarks(run, comparison),
        *_timings(run, comparison),
        *_lists(comparison),
        *_failures(run.failures),
        *_rows(
            "The environment differs from the baseline's, so the counts may too:",
            comparison.environment_changes,
        ),
        *_rows(
            "The times were taken elsewhere or otherwise than the baseline's, which may be all that differs:",
            comparison.machine_changes if any(entry.judgement for entry in comparison.timings) else (),
        ),
        *(_rows("This may explain it:", comparison.noted_changes, SHOWN_NOTES) if regressed else []),
        Text(summary(comparison), "bold"),
    ]
    if ended:
        lines.append(Text(ended, "bold red"))
    return _text(lines, color)


def _text(lines: Iterable[Text], color: bool) -> str:
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=color, color_system="standard" if color else None, no_color=not color
    )
    for line in lines:
        console.print(line, soft_wrap=True)
    return out.getvalue()


def _benchmarks(run: Run, comparison: Comparison) -> list[Text]:
    results = by_id(run.benchmarks)
    numbers = [len(count(change.head)) for entry in comparison.entries for change in entry.changes]
    width = max([_NUMBER_WIDTH, *numbers])
    why = {each.benchmark: _why(each) for each in comparison.explanations}
    lines = []
    for entry in comparison.entries:
        if entry.changes:
            lines += [*_benchmark(entry, results.get(entry.id), width), *why.get(entry.id, ()), Text()]
    return lines


def _why(explanation: Explanation) -> list[Text]:
    return [Text("  Why:"), *(Text(f"    {line}") for line in explanations.lines(explanation))]


def _benchmark(entry: Entry, result: Result | None, width: int) -> list[Text]:
    lines = [Text(printable(entry.id), "bold"), *(_counter(change, width) for change in entry.changes)]
    verdict = status(entry)
    if verdict:
        lines.append(Text.assemble("  Status: ", (verdict, _STATUS_STYLES[entry.status])))
    lines += [Text(f"  Not counted: {phrase}", "yellow") for phrase in not_counted(entry)]
    if result:
        if not result.exact:
            lines.append(Text(f"  Inexact: {inexact(result)}", "yellow"))
        lines += [Text(f"  Note: {printable(note)}") for note in result.notes]
    return lines


def _counter(change: Change, width: int) -> Text:
    number = f"  {LABELS[change.counter] + ':':<{_LABEL_WIDTH}}{count(change.head):>{width}}"
    if change.base is None:
        return Text(number)
    movement = moved(change) if change.head == change.base else f"change: {moved(change)}"
    style = _CHANGE_STYLES.get(change.verdict, "")
    return Text.assemble(number, "  ", (f"(baseline: {count(change.base)}, {movement})", style))


def _timings(run: Run, comparison: Comparison) -> list[Text]:
    """The times of each benchmark that was timed."""
    measured = {timing.id: timing for timing in run.timings}
    lines = []
    for entry in comparison.timings:
        if entry.status == "failed":
            continue
        lines.append(Text.assemble((printable(entry.id), "bold"), "  wall-clock time"))
        timing = measured.get(entry.id)
        rows = times.described(timing, entry.summary) if timing and entry.summary else []
        lines += [Text(f"  {label + ':':<{_LABEL_WIDTH}}{phrase}") for label, phrase in rows]
        if test := times.tested(entry):
            lines.append(Text(f"  {'Change:':<{_LABEL_WIDTH}}{test}"))
        if verdict := times.status(entry):
            style = _TIMING_STYLES.get(entry.status, "")
            lines.append(Text.assemble("  Status: ", (printable(verdict), style)))
        lines += [Text(f"  Note: {printable(note)}") for note in (timing.notes if timing else ())]
        lines.append(Text())
    return lines


def _lists(comparison: Comparison) -> list[Text]:
    """The benchmarks that could not be compared; without a baseline, none could, and the report shows it."""
    lines = []
    for wanted, title in _LISTS if comparison.base_name else ():
        entries = [entry for entry in comparison.entries if entry.status == wanted]
        if entries:
            lines += [
                Text(title.format(printable(comparison.base_name)), "yellow"),
                *map(_listed, entries),
                Text(),
            ]
    return lines


def _listed(entry: Entry) -> Text:
    why = f": {entry.why}" if entry.status == "incomparable" else ""
    return Text(f"  {printable(entry.id)}{printable(why)}")


def _failures(failures: Iterable[Failure]) -> list[Text]:
    """What failed; benchmarks that failed in a row for one and the same reason share it."""
    lines = []
    for (reason, details), group in groupby(failures, lambda failure: (failure.reason, failure.details)):
        lines += [
            *(Text(f"Failed: {printable(failure.id)}{mode_of(failure)}", "bold red") for failure in group),
            Text(f"  {printable(reason)}"),
            *(Text(f"    {line}".rstrip(), "dim") for line in tail(details)),
            Text(),
        ]
    return lines


def _rows(title: str, rows: Sequence[tuple[str, str, str]], most: int | None = None) -> list[Text]:
    """A title, and `what: before -> here` for the first rows."""
    if not rows:
        return []
    shown = [f"  {what}: {there} -> {here}" for what, there, here in rows[:most]]
    if len(rows) > len(shown):
        shown.append(f"  and {len(rows) - len(shown)} more")
    return [Text(title, "yellow"), *(Text(printable(line)) for line in shown), Text()]
