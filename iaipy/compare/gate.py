"""The gate: which counters moved beyond their limits, and the exit code that follows."""

import math
from collections.abc import Callable
from fractions import Fraction

from iaipy.compare.conditions import elsewhere, missing, obstacle
from iaipy.errors import ExitCode, HostError, IaipyError, NothingToDoError, OtherEnvironmentError
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import (
    DEFAULT_LIMIT,
    DEFAULT_MIN_CHANGE,
    Change,
    Comparison,
    Entry,
    Status,
    Verdict,
)
from iaipy.model.metrics import COUNTER_KEYS, COUNTERS, Counter
from iaipy.model.run import Result, Run

_CONDITIONS = ("mode", "kind", "iterations", "warmup", "minus")
"""What must be equal of one benchmark before and after."""


def compare(
    head: Run,
    base: Run | None,
    *,
    limits: Limits,
    min_change: float = DEFAULT_MIN_CHANGE,
    base_name: str = "",
    asked_for: Callable[[str], bool] = lambda benchmark_id: True,
) -> Comparison:
    """Hold a run against a baseline, or against its hard limits alone.

    A counter regresses when it is above its hard limit; or when it rose by more than its limit, by more
    than both runs' measured spread of it, and enough to matter. A fall of that size is an improvement.

    Parameters:
        head: the run to judge.
        base: the run to judge it by; None where there is none.
        limits: limits for benchmarks that set none of their own; 10 % where these are silent too.
        min_change: how far, relative to the base's estimated cycles, a counter's change must move these
            for it to matter (0.001 is 0.1 %); 0 lets every change matter.
        base_name: what the baseline is called.
        asked_for: whether the run was to cover an id; only then can it be missing.
    """
    before = {result.id: result for result in base.benchmarks} if base else {}
    wider = limits.over(Limits(dict.fromkeys(COUNTER_KEYS, DEFAULT_LIMIT)))
    absent = f"not in the baseline {base_name}" if base else "there is no baseline to compare with"
    entries = [
        _entry(result, before.get(result.id), result.limits.over(wider), min_change, absent)
        for result in head.benchmarks
    ]
    for failure in head.failures:
        if failure.mode == "instructions":
            path = failure.id.partition("::")[0]
            entries.append(Entry(failure.id, "failed", why=failure.reason, path=path))
    entries += [
        Entry(result.id, "missing", why="not in this run", path=result.path, line=result.line)
        for result in missing(head, before.values(), head.benchmarks, asked_for)
    ]
    return Comparison(
        base_name if base else "",
        tuple(entries),
        tuple(base.environment.differences(head.environment)) if base else (),
        tuple(base.environment.noted_differences(head.environment)) if base else (),
    )


def exit_code(comparison: Comparison, *, fail_on_improvement: bool, gate_walltime: bool = False) -> ExitCode:
    """What the command ends with: a regression outweighs a failure, and that what couldn't be compared.

    Parameters:
        fail_on_improvement: whether an improvement, which makes the baseline stale, counts as a regression.
        gate_walltime: whether slower wall-clock times count as regressions.
    """
    statuses: set[Status] = {entry.status for entry in comparison.entries}
    if gate_walltime and any(entry.status == "fail" for entry in comparison.timings):
        return ExitCode.REGRESSION
    if "fail" in statuses or (fail_on_improvement and "improved" in statuses):
        return ExitCode.REGRESSION
    if "failed" in statuses or any(entry.status == "failed" for entry in comparison.timings):
        return ExitCode.BENCHMARK_FAILED
    if "incomparable" in statuses:
        return ExitCode.NOTHING_TO_DO
    return ExitCode.OK


def nothing_compared(comparison: Comparison) -> bool:
    """Whether there was a baseline and yet not one benchmark could be held against it."""
    compared = any(change.base is not None for entry in comparison.entries for change in entry.changes)
    timed = any(entry.judgement for entry in comparison.timings)
    return bool(comparison.base_name) and not compared and not timed


def ungated(comparison: Comparison, *, any_machine: bool) -> IaipyError | None:
    """The error of times that were to gate, and that could not be held against the baseline's.

    Parameters:
        any_machine: whether times of other machines were to be compared, too.
    """
    apart = [entry for entry in comparison.timings if entry.status == "incomparable"]
    known = [entry for entry in comparison.timings if entry.status in ("new", "incomparable")]
    judged = any(entry.judgement for entry in comparison.timings)
    if not comparison.base_name or not (apart or (known and not judged)):
        return None
    if apart and comparison.machine_changes and not any_machine:
        return other_machine(comparison)
    names = ", ".join(entry.id for entry in apart or known)
    return NothingToDoError(
        f"these times were to gate, and can't be compared with the baseline {comparison.base_name}: {names}",
        f"save them anew: iaipy run --save-baseline {comparison.base_name}",
    )


def other_machine(comparison: Comparison) -> HostError:
    """The error of times that were taken under other conditions than the baseline's."""
    return HostError(
        f"the times of the baseline {comparison.base_name} were {elsewhere(comparison.machine_changes)}",
        "save a new baseline here (iaipy run --save-baseline NAME), or pass --allow-environment-change to "
        "compare all the same",
    )


def require_same_environment(head: Run, base: Run, base_name: str) -> None:
    """Refuse to compare counts that were made under different conditions.

    Raises:
        OtherEnvironmentError: the fingerprints differ; the message holds a table of what does.
    """
    rows = base.environment.differences(head.environment)
    if not rows:
        return
    table = [("what", "baseline", "here"), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(2)]
    lines = [f"  {what:<{widths[0]}}  {there:<{widths[1]}}  {here}" for what, there, here in table]
    raise OtherEnvironmentError(
        "\n".join([f"the baseline {base_name} was made in a different environment:", *lines]),
        "save a new baseline here (iaipy run --save-baseline NAME), pass --allow-environment-change to "
        "compare all the same, or run in the image the baseline was made in",
    )


def _entry(head: Result, base: Result | None, limits: Limits, min_change: float, absent: str) -> Entry:
    kept_apart = absent if base is None else obstacle(base, head, _CONDITIONS)
    comparable = None if kept_apart else base
    changes = tuple(_change(counter, head, comparable, limits, min_change) for counter in COUNTERS)
    verdicts: set[Verdict] = {change.verdict for change in changes}
    status: Status
    if "regression" in verdicts:
        status = "fail"
    elif kept_apart:
        status = "new" if base is None else "incomparable"
    else:
        status = "improved" if "improvement" in verdicts else "pass"
    return Entry(head.id, status, changes, kept_apart, head.path, head.line)


def _change(counter: Counter, head: Result, base: Result | None, limits: Limits, min_change: float) -> Change:
    key = counter.key
    value = head.counters[key]
    limit, hard = limits.soft[key], limits.hard.get(key)
    before = None if base is None else base.counters[key]
    ratio = None if before is None else _ratio(before, value)
    verdict: Verdict = "within"
    why = ""
    if hard is not None and value > hard:
        verdict, why = "regression", f"above the hard limit of {hard:,}"
    elif base is not None and before is not None:
        if before == value:
            verdict = "unchanged"
        elif limit is not None and abs(value - before) > _exact(limit) * before:
            why = _excuse(counter, head, base, min_change)
            if not why:
                verdict = "regression" if value > before else "improvement"
    return Change(key, before, value, ratio, limit, hard, verdict, why)


def _excuse(counter: Counter, head: Result, base: Result, min_change: float) -> str:
    """Why a change beyond the limit doesn't count; "" where it does."""
    moved = abs(head.counters[counter.key] - base.counters[counter.key])
    spread = max(head.spread[counter.key], base.spread[counter.key])
    if moved <= spread:
        return f"within the measured spread of {spread:,}"
    cycles = base.counters["estimated_cycles"]
    if moved * counter.cycles >= _exact(min_change) * cycles:
        return ""
    # Rounded down, so that what is too small never reads as large as the least that counts.
    thousandths = moved * counter.cycles * 100_000 // cycles
    share = f"{thousandths / 1000:g}%" if thousandths else "less than 0.001%"
    return f"too small to matter: moves the estimated cycles by {share}"


def _ratio(before: int, value: int) -> float:
    """The relative change; infinite from nought."""
    if before:
        return (value - before) / before
    return math.inf if value else 0.0


def _exact(number: float) -> Fraction:
    """The decimal that a person wrote, not the binary fraction next to it: 100 → 129 is not beyond 29 %."""
    return Fraction(f"{number:.12g}")
