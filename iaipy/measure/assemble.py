"""From the readings of a benchmark's repeats to its result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iaipy.model.benchmark import Benchmark
from iaipy.model.metrics import COUNTER_KEYS, EVENTS, Events, counters, difference, plausible, spread
from iaipy.model.run import Functions, Result

NO_EVENTS: Events = dict.fromkeys(EVENTS, 0)


@dataclass(frozen=True)
class Reading:
    """One measurement: its events, remarks on how it went, and its C functions if they were asked for."""

    events: Events
    notes: tuple[str, ...] = ()
    functions: Functions = field(default_factory=dict)


def middle(readings: Sequence[Reading], base: Events = NO_EVENTS) -> Events:
    """The events of the reading in the middle, by estimated cycles, less those of `base`.

    One reading is taken whole, so that events and counters belong together; of two, the smaller.
    """
    events = sorted(
        (plausible(difference(reading.events, base)) for reading in readings),
        key=lambda events: counters(events)["estimated_cycles"],
    )
    return events[(len(events) - 1) // 2]


def spread_of(readings: Sequence[Reading], base: Events = NO_EVENTS) -> dict[str, int]:
    """Counter by counter, how far the readings lie apart."""
    return spread([counters(plausible(difference(reading.events, base))) for reading in readings])


def result(
    benchmark: Benchmark,
    readings: Sequence[Reading],
    base: Events = NO_EVENTS,
    base_spread: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
) -> Result:
    """A benchmark's result.

    Parameters:
        readings: one per repeat, at least one.
        base: what is subtracted: the cost of measuring, or the command it is held against.
        base_spread: that one's own spread by counter, which adds to this one's.
        notes: remarks besides those of the readings.
    """
    once = ("measured once, so that it is not known to be exact",) if len(readings) == 1 else ()
    events = middle(readings, base)
    own, others = spread_of(readings, base), base_spread or {}
    return Result(
        id=benchmark.id,
        kind=benchmark.kind,
        counters=counters(events),
        events=events,
        spread={key: own[key] + others.get(key, 0) for key in COUNTER_KEYS},
        iterations=benchmark.iterations,
        repeats=len(readings),
        warmup=benchmark.warmup,
        minus=(benchmark.command and benchmark.command.minus) or "",
        path=benchmark.path,
        line=benchmark.line,
        limits=benchmark.limits,
        functions=next((reading.functions for reading in readings if reading.functions), {}),
        notes=tuple(
            dict.fromkeys((*notes, *once, *(note for reading in readings for note in reading.notes)))
        ),
    )
