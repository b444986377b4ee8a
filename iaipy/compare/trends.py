"""What is kept of a run, and what many of them show: one trend for each figure of each benchmark."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from iaipy.compare.statistics import process_values, summary, trimmed_mean
from iaipy.compare.steps import count_steps, time_steps
from iaipy.model.history import TIME, Count, Point, Record, Time, Trend
from iaipy.model.metrics import COUNTER_KEYS
from iaipy.model.run import Environment, Result, Run, Timing
from iaipy.model.timing import DEFAULT_ALPHA, DEFAULT_LOCATION, DEFAULT_THRESHOLD, DEFAULT_TRIM

_USUAL = {"kind": "function", "iterations": "1", "warmup": "1", "minus": "", "elements": ""}
"""How most results are measured, which needn't be kept."""

_OF_COUNTS = ("kind", "iterations", "warmup", "minus")
_OF_TIMES = ("kind", "minus", "elements")
"""What must be equal for two results to be compared, beside the fingerprint."""

_Sample = tuple[Point, Mapping[str, str]]
"""A point, and all that must be equal for it to be compared."""


def record(run: Run) -> Record:
    """What is kept of a run: counters, the figures of times, and where they were measured."""
    return Record(
        run.created_utc,
        run.commit,
        dict(run.environment.fingerprint) if run.benchmarks else {},
        dict(run.machine.fingerprint) if run.timings else {},
        {result.id: _count(result) for result in run.benchmarks},
        {timing.id: _time(timing) for timing in run.timings},
    )


def trends(
    records: Sequence[Record],
    *,
    alpha: float = DEFAULT_ALPHA,
    least_time: float = DEFAULT_THRESHOLD,
    least_count: float = 0.0,
) -> list[Trend]:
    """The trend of every figure of every benchmark, by id, counters before the time.

    Only what was measured as the latest figure was makes up its trend: by the same interpreter and tools,
    for times on the same machine, and with the same number of calls.

    Parameters:
        records: in the order of time.
        alpha: how small p must be for a step of a time.
        least_time, least_count: a step of a time, or of a count, is larger than this ratio.
    """
    figures: dict[tuple[str, str], list[_Sample]] = {}
    for id_, measure, sample in _samples(records):
        figures.setdefault((id_, measure), []).append(sample)
    order = (*COUNTER_KEYS, TIME)
    found = []
    for (id_, measure), samples in sorted(figures.items(), key=lambda f: (f[0][0], order.index(f[0][1]))):
        latest = samples[-1][1]
        points = tuple(point for point, where in samples if where == latest)
        others = [where for _, where in samples if where != latest]
        differences = Environment(others[-1]).differences(Environment(latest)) if others else ()
        if measure == TIME:
            steps = time_steps([point.value for point in points], alpha=alpha, least=least_time)
        else:
            steps = count_steps(
                [point.value for point in points], [point.spread for point in points], least_count
            )
        found.append(Trend(id_, measure, points, tuple(steps), len(others), tuple(differences)))
    return found


def _samples(records: Iterable[Record]) -> Iterator[tuple[str, str, _Sample]]:
    """Id, measure and sample of every figure of the records."""
    for kept in records:
        for id_, count in kept.counts.items():
            where = {**_USUAL, **count.conditions, **kept.environment}
            for key in COUNTER_KEYS:
                point = Point(kept.created_utc, kept.commit, count.counters[key], count.spread[key])
                yield id_, key, (point, where)
        for id_, time in kept.times.items():
            point = Point(kept.created_utc, kept.commit, time.typical_ns)
            yield id_, TIME, (point, {**_USUAL, **time.conditions, **kept.machine})


def _count(result: Result) -> Count:
    return Count(dict(result.counters), dict(result.spread), _conditions(result, _OF_COUNTS))


def _time(timing: Timing) -> Time:
    described = summary(timing.samples_ns)
    low_ns, high_ns = described.interval_ns or (None, None)
    return Time(
        trimmed_mean(process_values(timing.samples_ns, DEFAULT_LOCATION), trim=DEFAULT_TRIM),
        described.mean_ns,
        low_ns,
        high_ns,
        described.processes,
        _conditions(timing, _OF_TIMES),
    )


def _conditions(measured: Result | Timing, names: Iterable[str]) -> dict[str, str]:
    """How it was measured, where that isn't the usual."""
    given = {name: getattr(measured, name) for name in names}
    spelled = {name: "" if value is None else str(value) for name, value in given.items()}
    return {name: value for name, value in spelled.items() if value != _USUAL[name]}
