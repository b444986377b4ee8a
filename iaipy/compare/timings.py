"""Wall-clock results held against a baseline's: one entry for each, and a verdict where there are two."""

from collections.abc import Callable

from iaipy.compare import statistics, walltime
from iaipy.model.comparison import TimingEntry, TimingStatus
from iaipy.model.run import Run, Timing
from iaipy.model.timing import DEFAULT_ALPHA, DEFAULT_THRESHOLD, Judgement, TimeVerdict

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
    alpha: float = DEFAULT_ALPHA,
    threshold: float = DEFAULT_THRESHOLD,
    control_false_discovery: bool = True,
    any_machine: bool = False,
    asked_for: Callable[[str], bool] = lambda benchmark_id: True,
) -> tuple[TimingEntry, ...]:
    """Hold the timings of a run against a baseline's.

    Parameters:
        head, base: the run to judge, and what to judge it by; None where there is nothing.
        alpha, threshold, control_false_discovery: as of `walltime.judge_all`.
        any_machine: compare also what was timed on different machines.
        asked_for: whether the run was to cover an id; only then can it be missing.
    """
    before = {timing.id: timing for timing in base.timings} if base else {}
    obstacles = {timing.id: _obstacle(timing, before.get(timing.id)) for timing in head.timings}
    if base is not None and not any_machine:
        for what, there, here in base.machine.differences(head.machine):
            elsewhere = f"timed on another machine: {what} was {there} and is {here}"
            obstacles = {id_: obstacle or elsewhere for id_, obstacle in obstacles.items()}
    comparable = [t for t in head.timings if t.id in before and not obstacles[t.id]]
    judged = walltime.judge_all(
        [(before[timing.id].samples_ns, timing.samples_ns) for timing in comparable],
        alpha,
        threshold,
        control_false_discovery,
        least_ns=[walltime.least_measurable(before[timing.id], timing) for timing in comparable],
    )
    judgements = {timing.id: judgement for timing, judgement in zip(comparable, judged, strict=True)}
    entries = [_entry(t, t.id in before, judgements.get(t.id), obstacles[t.id]) for t in head.timings]
    entries += [
        TimingEntry(failure.id, "failed", why=failure.reason, path=failure.id.partition("::")[0])
        for failure in head.failures
        if failure.mode == "walltime"
    ]
    accounted = {timing.id for timing in head.timings} | {failure.id for failure in head.failures}
    gone = [
        TimingEntry(t.id, "missing", why="not in this run", path=t.path, line=t.line)
        for t in before.values()
        if t.id not in accounted and t.path not in accounted and asked_for(t.id)
    ]
    return (*entries, *gone)


def _obstacle(head: Timing, base: Timing | None) -> str:
    """Why two timings of one benchmark can't be compared; "" where they can, or there is one only."""
    for what in ("kind", "minus", "elements") if base else ():
        there, here = getattr(base, what), getattr(head, what)
        if there != here:
            return f"measured differently: {what} was {there or 'none'} and is {here or 'none'}"
    return ""


def _entry(timing: Timing, known: bool, judgement: Judgement | None, obstacle: str) -> TimingEntry:
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
        why=judgement.why if judgement else obstacle if known else "",
        path=timing.path,
        line=timing.line,
    )
