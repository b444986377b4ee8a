"""The text that Rust's iai prints, which trackers such as Bencher (`rust_iai`) read.

Six lines a benchmark and an empty one: its name, then the counters without thousands separators,
each followed by the change where there is a baseline. Format: github.com/bheisler/iai, src/lib.rs.
"""

from iaipy.model.comparison import Comparison
from iaipy.model.metrics import COUNTERS
from iaipy.model.run import Run
from iaipy.report.words import printable

_DIGITS = 7
"""A percentage has this many digits, at least one of them before the point."""


def render(run: Run, comparison: Comparison, *, color: bool = False) -> str:
    """The run's results; failures have no place in this format."""
    before = {entry.id: {c.counter: c.base for c in entry.changes} for entry in comparison.entries}
    lines = []
    for result in run.benchmarks:
        bases = before.get(result.id, {})
        lines.append(printable(result.id))
        for counter in COUNTERS:
            value = result.counters[counter.key]
            change = _change(value, bases.get(counter.key))
            lines.append(f"  {counter.label + ':':<18}{value:>15}{change}")
        lines.append("")
    return "".join(f"{line}\n" for line in lines)


def _change(value: int, base: int | None) -> str:
    if value == base:
        return " (No change)"
    # iai prints `+inf%` for a change from nought, which its readers reject together with the benchmark.
    if not base:
        return ""
    percent = (value - base) / base * 100
    decimals = max(0, min(_DIGITS - len(str(int(abs(percent)))), _DIGITS - 1))
    return f" ({percent:+.{decimals}f}%)"
