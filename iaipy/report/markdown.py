"""Tables for a comment on a pull request."""

from collections.abc import Iterable
from html import escape
from itertools import groupby

from iaipy.compare import doubts
from iaipy.model.comparison import Change, Comparison, Entry, TimingEntry
from iaipy.model.metrics import COUNTERS
from iaipy.model.run import Failure, Run
from iaipy.report import explanations, times
from iaipy.report.numbers import count
from iaipy.report.words import (
    SHOWN_NOTES,
    TIMING_OUTCOMES,
    by_id,
    inexact,
    mode_of,
    moved,
    not_counted,
    printable,
    status,
    summary,
    tail,
)

_PLAIN = frozenset(" /.:=-,")


def render(run: Run, comparison: Comparison, *, color: bool = False) -> str:
    """The run as Markdown: what regressed and what failed in sight, the rest folded away.

    Whatever the run brings along (ids, reasons, output) is shown as code, so that none of it can act
    as Markdown, HTML or a mention.
    """
    regressed = comparison.of("fail")
    others = [entry for entry in comparison.entries if entry.changes and entry.status != "fail"]
    blocks = [
        [f"### {_mark(comparison)} {summary(comparison)}"],
        _provenance(run, comparison),
        _table(regressed, comparison),
        *[
            _folded(f"Why {_html(each.benchmark)} regressed", _bullets(map(code, explanations.lines(each))))
            for each in comparison.explanations
        ],
        timings_table(comparison),
        _also_measured(run, comparison),
        [*_bullets(times.notes(comparison.timings)), *_bullets(_intervals(comparison))],
        machine(run),
        _listed(comparison),
        *[_failure(failure) for failure in run.failures],
        _rows("The environment differs from the baseline's:", comparison.environment_changes),
        _rows("The times were taken elsewhere, or otherwise:", comparison.machine_changes),
        _rows("This may explain it:", comparison.noted_changes[:SHOWN_NOTES]) if regressed else [],
        _folded(
            f"{count(len(others))} {'other' if regressed else 'benchmark'}{'' if len(others) == 1 else 's'}",
            _table(others, comparison),
        ),
        _folded("Remarks", _remarks(run, comparison)),
        _folded("Environment", _environment(run)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def code(text: str) -> str:
    """A code span that shows the text as it is, in a table too."""
    text = printable(text)
    if not text or set(text) & set("`|\\"):
        spelled = (c if c.isalnum() or c in _PLAIN else f"&#{ord(c)};" for c in text)
        return f"<code>{''.join(spelled)}</code>"
    return f"`{text}`"


def _html(text: str) -> str:
    """The same where Markdown isn't understood, inside an HTML element."""
    return f"<code>{escape(printable(text))}</code>"


def _mark(comparison: Comparison) -> str:
    statuses: set[str] = {entry.status for entry in comparison.entries}
    timed: set[str] = {entry.status for entry in comparison.timings}
    if statuses & {"fail", "failed"} or "failed" in timed:
        return "❌"
    doubtful = comparison.base_name and not (statuses | timed) & {"pass", "improved"}
    return "⚠️" if doubtful or "incomparable" in statuses or "fail" in timed else "✅"


def _provenance(run: Run, comparison: Comparison) -> list[str]:
    against = f", against {code(comparison.base_name)}" if comparison.base_name else ""
    commit = f", commit {code(run.commit)}" if run.commit else ""
    return [f"Measured {code(run.created_utc)}{commit}{against}."]


def _table(entries: Iterable[Entry], comparison: Comparison) -> list[str]:
    rows = [
        [code(entry.id), *(_cell(change) for change in entry.changes), _status(entry, comparison)]
        for entry in entries
    ]
    if not rows:
        return []
    head = ["Benchmark", *(counter.label for counter in COUNTERS), "Status"]
    ruler = ["---", *("--:" for _ in COUNTERS), "---"]
    return [f"| {' | '.join(row)} |" for row in (head, ruler, *rows)]


def timings_table(comparison: Comparison) -> list[str]:
    """The table of wall-clock times; no lines where nothing was timed."""
    against = bool(comparison.base_name)
    rows = [
        [
            code(entry.id),
            *times.cells(entry),
            *([times.changed(entry), times.tested(entry), TIMING_OUTCOMES[entry.status]] if against else ()),
        ]
        for entry in comparison.timings
        if entry.summary
    ]
    if not rows:
        return []
    head = ["Operation", *times.COLUMNS, *(["Change", "Test", "Status"] if against else ())]
    ruler = ["---", *("--:" for _ in times.COLUMNS), *(["---", "---", "---"] if against else ())]
    return [f"| {' | '.join(row)} |" for row in (head, ruler, *rows)]


def _also_measured(run: Run, comparison: Comparison) -> list[str]:
    """What goes with the times, as far as it was measured."""
    measured = {timing.id: timing for timing in run.timings}
    rows = [
        [code(entry.id), *times.also_cells(measured[entry.id], entry.summary)]
        for entry in comparison.timings
        if entry.summary and entry.id in measured
    ]
    head = ["Operation", *times.ALSO_MEASURED]
    kept = [column for column in range(len(head)) if any(row[column] for row in rows)]
    ruler = ["---", *("--:" for _ in times.ALSO_MEASURED)]
    lines = [f"| {' | '.join(row[column] for column in kept)} |" for row in (head, ruler, *rows)]
    overhead = ["", "The overhead is what the harness takes per iteration; it has been subtracted."]
    return [*lines, *(overhead if len(head) - 1 in kept else [])] if rows else []


def _bullets(sentences: Iterable[str]) -> list[str]:
    return [f"- {sentence}" for sentence in sentences]


def _intervals(comparison: Comparison) -> list[str]:
    """How well each mean is known, in one sentence."""
    summaries = [(entry.id, entry.summary) for entry in comparison.timings if entry.summary]
    known = [
        f"{code(id_)} {times.interval(summary)}" for id_, summary in summaries if times.interval(summary)
    ]
    return (
        [f"95% intervals of the means, by Student's t over the processes: {', '.join(known)}."]
        if known
        else []
    )


def machine(run: Run) -> list[str]:
    """Where the times were taken, and why they are doubtful, if they are."""
    facts = {**run.machine.fingerprint, **run.machine.notes}
    shown = ", ".join(code(f"{key}: {value}") for key, value in facts.items())
    warned = _bullets(f"⚠️ {doubt}" for doubt in doubts.of(run.machine))
    return [f"Timed on {shown}.", *(["", *warned] if warned else [])] if facts else []


def _cell(change: Change) -> str:
    movement = "" if change.head == change.base or change.base is None else f" ({moved(change)})"
    mark = "**" if change.verdict in ("regression", "improvement") else ""
    return f"{mark}{count(change.head)}{movement}{mark}"


def _status(entry: Entry, comparison: Comparison) -> str:
    return status(entry) or (entry.status.upper() if comparison.base_name else "")


def _listed(comparison: Comparison) -> list[str]:
    """What has no numbers to compare, or none that tell, and why."""
    told = ("missing", "incomparable", "inconclusive")
    entries: list[Entry | TimingEntry] = [*comparison.entries, *comparison.timings]
    return [
        f"- {entry.status}: {code(entry.id)} ({code(entry.why)})" for entry in entries if entry.status in told
    ]


def _failure(failure: Failure) -> list[str]:
    lines = tail(failure.details)
    fence = "`" * max([2, *(len(list(run)) for line in lines for c, run in groupby(line) if c == "`")]) + "`"
    return [
        f"**Failed:** {code(failure.id)}{mode_of(failure)}: {code(failure.reason)}",
        *(["", f"{fence}text", *lines, fence] if lines else []),
    ]


def _rows(title: str, rows: Iterable[tuple[str, str, str]]) -> list[str]:
    cells = [f"| {code(what)} | {code(there)} | {code(here)} |" for what, there, here in rows]
    return [title, "", "| | baseline | here |", "|---|---|---|", *cells] if cells else []


def _remarks(run: Run, comparison: Comparison) -> list[str]:
    results = by_id(run.benchmarks)
    lines = []
    for entry in comparison.entries:
        result = results.get(entry.id)
        remarks = [f"not counted: {phrase}" for phrase in not_counted(entry)]
        if result:
            remarks += [
                *([inexact(result)] if not result.exact else []),
                *(code(note) for note in result.notes),
            ]
        lines += [f"- {code(entry.id)}: {remark}" for remark in remarks]
    return lines + [f"- {code(timing.id)}: {code(note)}" for timing in run.timings for note in timing.notes]


def _environment(run: Run) -> list[str]:
    pairs = sorted(run.environment.fingerprint.items())
    return [", ".join(code(f"{key}: {value}") for key, value in pairs)] if pairs else []


def _folded(title: str, lines: list[str]) -> list[str]:
    """Lines that show when a reader opens them; Markdown inside HTML wants empty lines around it."""
    return [f"<details><summary>{title}</summary>", "", *lines, "", "</details>"] if lines else []
