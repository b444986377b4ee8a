"""How benchmarks went over many runs: a sparkline, the first and the latest figure, and each step."""

from collections.abc import Callable, Sequence
from typing import Protocol

from rich.text import Text

from iaipy.model.history import TIME, Point, Step, Trend
from iaipy.report.markdown import code
from iaipy.report.numbers import count, duration, percent
from iaipy.report.terminal import _text
from iaipy.report.words import LABELS, printable

_BARS = "▁▂▃▄▅▆▇█"
_LONGEST_LINE = 40
"""Runs that a sparkline shows, the latest ones."""

_FLAT = 0.01
"""What moves less than this ratio fills only so much of a sparkline's height."""

_SHORT_COMMIT = 12
_LABEL_WIDTH = max(len(label) for label in LABELS.values()) + 1


class RenderTrends(Protocol):
    """Turns trends into text that ends in a newline."""

    def __call__(self, trends: Sequence[Trend], *, color: bool = False) -> str:
        """The report."""
        ...


def terminal(trends: Sequence[Trend], *, color: bool = False) -> str:
    """The trends as lines of text; coloured by escape sequences if asked to."""
    lines: list[Text] = []
    before = None
    for trend in trends:
        if trend.id != before:
            lines += [Text(), Text(printable(trend.id), "bold")]
        before = trend.id
        lines += _trend(trend)
    return _text([*lines[1:], Text(), Text(summary(trends), "bold")], color)


def markdown(trends: Sequence[Trend], *, color: bool = False) -> str:
    """The trends as a table, and a second one of all steps.

    Ids and commits are shown as code, so that none of them can act as Markdown.
    """
    head = ["Benchmark", "Measure", "Trend", "Runs", "First", "Latest", "Change", "Latest step"]
    ruler = ["---", "---", "---", "--:", "--:", "--:", "--:", "---"]
    steps = [[*_named(trend), *_step_cells(trend, step)] for trend in trends for step in trend.steps]
    step_head = ["Benchmark", "Measure", "Date", "Commit", "Before", "After", "Change", "p"]
    step_ruler = ["---", "---", "---", "---", "--:", "--:", "--:", "--:"]
    notes = [
        f"- {code(trend.id)}, {_label(trend)}: {_elsewhere(trend, code)}"
        for trend in trends
        if trend.elsewhere
    ]
    blocks = [
        [f"### {summary(trends)}"],
        _table(head, ruler, [[*_named(trend), *_cells(trend)] for trend in trends]),
        _table(step_head, step_ruler, steps) if steps else [],
        notes,
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


FORMATS: dict[str, RenderTrends] = {"terminal": terminal, "markdown": markdown}


def sparkline(values: Sequence[float]) -> str:
    """One bar for each of the latest values, as high as it lies between the least and the largest."""
    shown = values[-_LONGEST_LINE:]
    low, high = min(shown), max(shown)
    height = max(high - low, abs(high) * _FLAT) or 1.0
    return "".join(_BARS[round((value - low) / height * (len(_BARS) - 1))] for value in shown)


def summary(trends: Sequence[Trend]) -> str:
    """`3 benchmarks in 12 runs from 2026-01-02 to 2026-02-03: 2 steps`."""
    benchmarks = len({trend.id for trend in trends})
    runs = {(point.created_utc, point.commit) for trend in trends for point in trend.points}
    days = sorted(day for day, _ in runs)
    steps = sum(len(trend.steps) for trend in trends)
    return (
        f"{_several(benchmarks, 'benchmark')} in {_several(len(runs), 'run')} from {_day(days[0])} to "
        f"{_day(days[-1])}: {_several(steps, 'step') if steps else 'no steps'}"
    )


def _trend(trend: Trend) -> list[Text]:
    shown, first, latest = _figure(trend), trend.points[0], trend.points[-1]
    line = Text(f"  {_label(trend) + ':':<{_LABEL_WIDTH}} {sparkline([p.value for p in trend.points])}  ")
    line.append(f"{shown(latest.value)}")
    if len(trend.points) > 1:
        line.append(f"  ({_change(first, latest)} since {_day(first.created_utc)})")
    lines = [line, *(_step(trend, step) for step in trend.steps)]
    if trend.elsewhere:
        lines.append(Text(f"    Not shown: {_elsewhere(trend, printable)}", "yellow"))
    return lines


def _step(trend: Trend, step: Step) -> Text:
    shown, point = _figure(trend), trend.points[step.index]
    words = [
        _day(point.created_utc),
        printable(_commit(point)),
        f"{shown(step.before)} → {shown(step.after)}",
        percent(step.ratio),
        *([f"p = {step.p:.2g}"] if step.p is not None else []),
    ]
    return Text(f"    Step: {'  '.join(words)}", "bold red" if step.ratio > 0 else "green")


def _named(trend: Trend) -> list[str]:
    return [code(trend.id), _label(trend)]


def _cells(trend: Trend) -> list[str]:
    shown, first, latest = _figure(trend), trend.points[0], trend.points[-1]
    last = trend.steps[-1] if trend.steps else None
    return [
        sparkline([point.value for point in trend.points]),
        count(len(trend.points)),
        shown(first.value),
        shown(latest.value),
        _change(first, latest),
        f"{_day(trend.points[last.index].created_utc)}: {percent(last.ratio)}" if last else "",
    ]


def _step_cells(trend: Trend, step: Step) -> list[str]:
    shown, point = _figure(trend), trend.points[step.index]
    return [
        _day(point.created_utc),
        code(_commit(point)),
        shown(step.before),
        shown(step.after),
        percent(step.ratio),
        "" if step.p is None else f"{step.p:.2g}",
    ]


def _table(head: list[str], ruler: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ruler, *rows)]


def _elsewhere(trend: Trend, quoted: Callable[[str], str]) -> str:
    """How many runs can't be compared with the latest, and why not."""
    rows = ", ".join(quoted(f"{what}: {there} -> {here}") for what, there, here in trend.differences)
    return f"{_several(trend.elsewhere, 'run')} under other conditions{f' ({rows})' if rows else ''}"


def _figure(trend: Trend) -> Callable[[float], str]:
    return duration if trend.measure == TIME else lambda value: count(round(value))


def _label(trend: Trend) -> str:
    return "Time" if trend.measure == TIME else LABELS[trend.measure]


def _change(first: Point, latest: Point) -> str:
    if first.value == latest.value:
        return "no change"
    return percent(latest.value / first.value - 1) if first.value else "from 0"


def _commit(point: Point) -> str:
    """The commit, shortened but for the mark of changed files."""
    commit, plus, dirty = point.commit.partition("+")
    return f"{commit[:_SHORT_COMMIT]}{plus}{dirty}" or "-"


def _day(created_utc: str) -> str:
    return created_utc[:10]


def _several(number: int, what: str) -> str:
    return f"{count(number)} {what}{'' if number == 1 else 's'}"
