"""Wall-clock results held against a baseline's: one entry for each, and a verdict where there are two."""

from collections.abc import Callable

from iaipy.compare import statistics, walltime
from iaipy.compare.conditions import Row, elsewhere, missing, obstacle
from iaipy.model.comparison import TimingEntry, TimingStatus
from iaipy.model.run import Run, Timing
from iaipy.model.timing import DEFAULT_RULE, Judgement, Rule, TimeVerdict

CONDITIONS = ("kind", "minus", "elements")
"""What must be equal of one benchmark before and after."""

_STATUSES: dict[TimeVerdict, TimingStatus] = {
    "regression": "fail",
    "improvement": "improved",
    "unchanged": "pass",
    "inconclusive": "inconclusive",
}


def compare(
    head: Run,
    base: Run | None,
    *,
    rule: Rule = DEFAULT_RULE,
    control_false_discovery: bool = True,
    any_machine: bool = False,
    asked_for: Callable[[str], bool] = lambda benchmark_id: True,
) -> tuple[TimingEntry, ...]:
    """Hold the timings of a run against a baseline's.

    Parameters:
        head, base: the run to judge, and what to judge it by; None where there is nothing.
        rule, control_false_discovery: as of `walltime.judge_all`.
        any_machine: compare also what was timed on different machines.
        asked_for: whether the run was to cover an id; only then can it be missing.
    """
    before = {timing.id: timing for timing in base.timings} if base else {}
    place = "" if base is None or any_machine else elsewhere(machine_changes(head, base))
    obstacles = {
        timing.id: obstacle(before[timing.id], timing, CONDITIONS) or place
        for timing in head.timings
        if timing.id in before
    }
    comparable = [t for t in head.timings if t.id in before and not obstacles[t.id]]
    judged = walltime.judge_all(
        [(before[timing.id].samples_ns, timing.samples_ns) for timing in comparable],
        rule,
        control_false_discovery,
        least_ns=[walltime.least_measurable(before[timing.id], timing) for timing in comparable],
    )
    judgements = {timing.id: judgement for timing, judgement in zip(comparable, judged, strict=True)}
    entries = [_entry(t, t.id in before, judgements.get(t.id), obstacles.get(t.id, "")) for t in head.timings]
    entries += [
        TimingEntry(failure.id, "failed", why=failure.reason, path=failure.id.partition("::")[0])
        for failure in head.failures
        if failure.mode == "walltime"
    ]
    gone = [
        TimingEntry(t.id, "missing", why="not in this run", path=t.path, line=t.line)
        for t in missing(head, before.values(), head.timings, asked_for)
    ]
    return (*entries, *gone)


def machine_changes(head: Run, base: Run | None) -> tuple[Row, ...]:
    """In what the places differ where two runs were timed; nothing unless both were."""
    if base is None or not (head.timings and base.timings):
        return ()
    return tuple(base.machine.differences(head.machine))


def _entry(timing: Timing, known: bool, judgement: Judgement | None, kept_apart: str) -> TimingEntry:
    status: TimingStatus = "new"
    if judgement is not None:
        status = _STATUSES[judgement.verdict]
    elif known:
        status = "incomparable"
    return TimingEntry(
        timing.id,
        status,
        summary=statistics.summary(timing.samples_ns),
        judgement=judgement,
        why=judgement.why if judgement else kept_apart,
        path=timing.path,
        line=timing.line,
    )
