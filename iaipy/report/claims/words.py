"""The phrases that the reports of claims share."""

import math
from collections import Counter
from collections.abc import Callable, Iterable

from iaipy.model.claim import (
    BYTES,
    METRICS,
    NANOSECONDS,
    TIME,
    Budget,
    Claim,
    ClaimVerdict,
    Finding,
    Side,
    Unit,
)
from iaipy.report.numbers import MOST_DIGITS, count, duration, size
from iaipy.report.words import printable

_OUTCOMES: dict[ClaimVerdict, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "fails": ("fails", "fail"),
    "not shown": ("not shown", "not shown"),
    "not measured": ("not measured", "not measured"),
    "incomparable": ("incomparable", "incomparable"),
}
"""Verdict → how one such claim is counted, and how several are."""

_DIGITS = 4
_LEAST_SHOWN_P = 1e-300

_UNUSUAL = ("us", "min", "KiB", "MiB", "GiB")
"""Units that are understood and not written."""


def summary(findings: Iterable[Finding]) -> str:
    """`6 claims: 4 hold, 1 fails, 1 not shown`."""
    numbers = Counter(finding.verdict for finding in findings)
    parts = [f"{count(numbers[v])} {said[numbers[v] > 1]}" for v, said in _OUTCOMES.items() if numbers[v]]
    total = numbers.total()
    return f"{count(total)} claim{'' if total == 1 else 's'}: {', '.join(parts)}"


def failing_line(findings: Iterable[Finding]) -> str:
    """The line that names every failing claim; "" where none fails."""
    names = [printable(finding.claim.id) for finding in findings if finding.verdict == "fails"]
    return f"Failing: {', '.join(names)}" if names else ""


def statement(claim: Claim) -> str:
    """What a claim says."""
    if isinstance(claim, Budget):
        return f"{METRICS[claim.metric].label} of {claim.benchmark} below {required(claim)}"
    than = claim.than.benchmark
    if claim.than.baseline:
        than = f"{than} in {claim.than.baseline}"
    times = "" if claim.by == 1 else f"{claim.by:,.12g} times "
    if claim.metric == TIME:
        return f"{claim.faster} is at least {times}as fast as {than}"
    return f"{than} has at least {times}the {METRICS[claim.metric].label} of {claim.faster}"


def required(claim: Claim) -> str:
    """What a claim requires, in all the digits that were written: `3×`, `50 ms`."""
    if not isinstance(claim, Budget):
        return f"{claim.by:,.12g}×"
    unit = METRICS[claim.metric].unit
    if unit == "count":
        return _count(claim.below)
    units = NANOSECONDS if unit == "duration" else BYTES
    fitting = [
        (scale, name) for name, scale in units.items() if scale <= claim.below and name not in _UNUSUAL
    ]
    scale, name = max(fitting, default=(1, next(iter(units))))
    return f"{claim.below / scale:.12g} {name}"


def measured(finding: Finding) -> str:
    """The speed-up, or the figure in its unit; "" where there is none."""
    return _value(finding.measured.value, finding.claim) if finding.measured else ""


def interval(finding: Finding) -> str:
    """What the measured figure may be: `2.9× … 3.1×`, or `exact`; "" where it counts as it was observed."""
    found = finding.measured
    if found is None or finding.basis == "observed":
        return ""
    if finding.basis == "exact":
        return "exact"
    high = _value(found.high, finding.claim) if found.high < math.inf else "no upper end"
    return f"{_value(found.low, finding.claim)} … {high}"


def interval_name(finding: Finding) -> str:
    """What the interval is one of: `95% interval`, `repeats allow`; "" where its words say it."""
    names = {"interval": f"{finding.confidence * 100:.6g}% interval", "spread": "repeats allow"}
    return names.get(finding.basis, "")


def sources(finding: Finding) -> str:
    """The benchmarks' own figures, and how much was measured: `51 ms (100 samples in 10 processes)`."""
    if isinstance(finding.claim, Budget):
        return "".join(_taken(side, finding.claim) for side in finding.sides)
    shown = _SHOWN["count" if finding.claim.mode == "instructions" else "duration"]
    return " against ".join(f"{shown(side.value)} ({_taken(side, finding.claim)})" for side in finding.sides)


def remarks(findings: Iterable[Finding]) -> list[str]:
    """What else is to be known, each remark once."""
    return list(dict.fromkeys(remark for finding in findings for remark in finding.remarks))


def reason(finding: Finding) -> str:
    """How the verdict follows from the measured range; "" where there is none, or it is one figure."""
    if finding.measured is None or finding.basis not in ("interval", "spread"):
        return ""
    return _REASONS["limit" if isinstance(finding.claim, Budget) else "required"][finding.verdict]


_REASONS: dict[str, dict[ClaimVerdict, str]] = {
    "required": {
        "holds": "all of the interval is at least what is required",
        "fails": "all of the interval is less than what is required",
        "not shown": "what is required lies within the interval",
    },
    "limit": {
        "holds": "all of the interval is below the limit",
        "fails": "none of the interval is below the limit",
        "not shown": "the limit lies within the interval",
    },
}


def figures_of_test(finding: Finding) -> tuple[str, str, str, str]:
    """t, df, p and d; all "" where there was no test."""
    test = finding.test
    if test is None:
        return ("", "", "", "")
    p = f"{test.p:.2g}" if test.p >= _LEAST_SHOWN_P else f"< {_LEAST_SHOWN_P:g}"
    return _number(test.t), f"{test.df:.1f}", p, _number(test.cohens_d)


def _taken(side: Side, claim: Claim) -> str:
    if claim.mode == "instructions":
        return _several(side.samples, "repeat", "repeats")
    processes = _several(side.processes, "process", "processes")
    return f"{_several(side.samples, 'sample', 'samples')} in {processes}"


def _several(number: int, one: str, several: str) -> str:
    return f"{count(number)} {one if number == 1 else several}"


def _value(value: float, claim: Claim) -> str:
    if isinstance(claim, Budget):
        return _SHOWN[METRICS[claim.metric].unit](value)
    return _factor(value, claim.by)


def _factor(value: float, by: float) -> str:
    """A factor in four digits, or as many as it takes not to read as being on the other side of `by`."""
    if math.isinf(value):
        return "∞×"
    for digits in range(max(0, _DIGITS - len(str(int(value)))), MOST_DIGITS):
        if (round(value, digits) >= by) == (value >= by):
            break
    return f"{value:,.{digits}f}×"


def _count(value: float) -> str:
    return count(int(value)) if value == int(value) else f"{value:,.2f}"


_SHOWN: dict[Unit, Callable[[float], str]] = {"duration": duration, "size": size, "count": _count}


def _number(value: float) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:,.2f}"
