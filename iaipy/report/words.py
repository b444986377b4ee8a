"""The phrases that the reports for people share."""

from collections import Counter
from collections.abc import Iterable, Mapping

from iaipy.model.comparison import Change, Comparison, Entry, TimingStatus
from iaipy.model.metrics import COUNTERS
from iaipy.model.run import Failure, Result
from iaipy.report.numbers import count, percent, threshold

LABELS = {counter.key: counter.label for counter in COUNTERS}

SHOWN_DETAILS = 15
"""Lines of a failure's output that a report shows, the last ones."""

SHOWN_NOTES = 12
"""Differences that a report names as possible causes."""


def printable(text: str) -> str:
    r"""The text on one line, with control characters and undecodable bytes spelled out (`\x1b`)."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def moved(change: Change) -> str:
    """How a counter changed: `+4.9%`, or `no change`; "" without a baseline."""
    if change.ratio is None:
        return ""
    return percent(change.ratio, change.limit) if change.head != change.base else "no change"


def status(entry: Entry) -> str:
    """`PASS (within 10% threshold)` and the like; "" where the benchmark was held against nothing."""
    phrase = _STATUS.get(entry.status)
    return phrase(entry) if phrase else ""


def inexact(result: Result) -> str:
    """How far the repeats of a benchmark lie apart; "" where they agree."""
    if result.exact:
        return ""
    instructions, *others = COUNTERS
    rest = [f"{c.label} {count(result.spread[c.key])}" for c in others if result.spread[c.key]]
    return (
        f"{result.repeats} repeats differ by up to {count(result.spread[instructions.key])} instructions"
        + (f" ({', '.join(rest)})" if rest else "")
    )


def not_counted(entry: Entry) -> list[str]:
    """One phrase for each counter that moved beyond its limit without counting."""
    return [
        f"{LABELS[change.counter]} {moved(change)}: {change.why}"
        for change in entry.changes
        if change.verdict == "within" and change.why
    ]


def summary(comparison: Comparison) -> str:
    """`12 benchmarks: 10 unchanged, 1 regressed, 1 improved`."""
    numbers: dict[str, int] = {}
    for entry in comparison.entries:
        word = _outcome(entry, comparison)
        numbers[word] = numbers.get(word, 0) + 1
    total = len(comparison.entries)
    parts = [f"{count(numbers[word])} {word}" for word in _OUTCOMES if word in numbers]
    counted = _counted(total, "benchmark", parts)
    timed = timings_summary(comparison)
    return f"{counted}; {timed}" if total and timed else timed or counted


def _counted(total: int, noun: str, parts: list[str]) -> str:
    """`3 benchmarks: 2 unchanged, 1 new`."""
    return f"{count(total)} {noun}{'' if total == 1 else 's'}" + (f": {', '.join(parts)}" if parts else "")


def timings_summary(comparison: Comparison) -> str:
    """`5 timings: 3 unchanged, 1 slower, 1 inconclusive`; "" where nothing was timed."""
    numbers = Counter(TIMING_OUTCOMES[entry.status] for entry in comparison.timings)
    if not numbers:
        return ""
    if not comparison.base_name:
        numbers = Counter(measured=numbers["new"], failed=numbers["failed"])
    words = ("measured", *TIMING_OUTCOMES.values())
    parts = [f"{count(numbers[word])} {word}" for word in words if numbers[word]]
    return _counted(numbers.total(), "timing", parts)


TIMING_OUTCOMES: dict[TimingStatus, str] = {
    "pass": "unchanged",
    "fail": "slower",
    "improved": "faster",
    "inconclusive": "inconclusive",
    "new": "new",
    "missing": "missing",
    "failed": "failed",
    "incomparable": "incomparable",
}


def regressed_line(comparison: Comparison) -> str:
    """The line that names every benchmark that regressed or got slower; "" where none did."""
    slower = [entry for entry in comparison.timings if entry.status == "fail"]
    parts = (("Regressed", comparison.of("fail")), ("Slower", slower))
    return "; ".join(
        f"{what}: {', '.join(printable(entry.id) for entry in entries)}" for what, entries in parts if entries
    )


def mode_of(failure: Failure) -> str:
    """` (wall-clock time)` behind a benchmark that failed while it was timed; "" behind any other."""
    return " (wall-clock time)" if failure.mode == "walltime" else ""


def tail(details: str) -> list[str]:
    """The last lines of a failure's output."""
    return [printable(line.replace("\t", "    ")) for line in details.rstrip().splitlines()[-SHOWN_DETAILS:]]


def by_id(results: Iterable[Result]) -> Mapping[str, Result]:
    """The results under their ids."""
    return {result.id: result for result in results}


_OUTCOMES = (
    "unchanged",
    "within limits",
    "measured",
    "regressed",
    "improved",
    "new",
    "missing",
    "failed",
    "incomparable",
)


def _outcome(entry: Entry, comparison: Comparison) -> str:
    if entry.status == "pass":
        unchanged = all(change.verdict == "unchanged" for change in entry.changes)
        return "unchanged" if unchanged else "within limits"
    if entry.status == "new" and not comparison.base_name:
        return "measured"
    return "regressed" if entry.status == "fail" else entry.status


def _thresholds(entry: Entry) -> list[float]:
    return sorted({change.limit for change in entry.changes if change.limit is not None})


def _above_hard(change: Change) -> bool:
    return change.hard_limit is not None and change.head > change.hard_limit


def _fail(entry: Entry) -> str:
    regressed = [change for change in entry.changes if change.verdict == "regression"]
    limits = _thresholds(entry)
    if len(limits) == 1 and not any(_above_hard(change) for change in regressed):
        return f"FAIL (exceeds {threshold(limits[0])} threshold)"
    return f"FAIL ({', '.join(_offence(change) for change in regressed)})"


def _offence(change: Change) -> str:
    label = LABELS[change.counter]
    if _above_hard(change) or change.limit is None:
        return f"{label} {change.why}"
    return f"{label} exceeds {threshold(change.limit)} threshold"


def _improved(entry: Entry) -> str:
    better = [change for change in entry.changes if change.verdict == "improvement"]
    return f"PASS (improved: {', '.join(f'{LABELS[c.counter]} {moved(c)}' for c in better)})"


def _pass(entry: Entry) -> str:
    limits = _thresholds(entry)
    if not limits:
        return "PASS (no threshold)"
    if len(limits) == 1:
        return f"PASS (within {threshold(limits[0])} threshold)"
    return f"PASS (within {threshold(limits[0])} to {threshold(limits[-1])} thresholds)"


_STATUS = {"fail": _fail, "improved": _improved, "pass": _pass}
