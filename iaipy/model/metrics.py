"""Events as cachegrind prints them, and the counters made of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Events = Mapping[str, int]
Counters = Mapping[str, int]

EVENTS = ("Ir", "Dr", "Dw", "I1mr", "D1mr", "D1mw", "ILmr", "DLmr", "DLmw")

CYCLES_PER_L1_ACCESS = 1
CYCLES_PER_L2_ACCESS = 5
CYCLES_PER_RAM_ACCESS = 35


@dataclass(frozen=True)
class Counter:
    """A number that is reported and gated.

    Parameters:
        key: its name in files and options.
        label: its name in reports.
        cycles: estimated cycles that one more of it costs at least; tells whether a change is material.
    """

    key: str
    label: str
    cycles: int


COUNTERS = (
    Counter("instructions", "Instructions", 1),
    Counter("l1_accesses", "L1 Accesses", CYCLES_PER_L1_ACCESS),
    Counter("l2_accesses", "L2 Accesses", CYCLES_PER_L2_ACCESS),
    Counter("ram_accesses", "RAM Accesses", CYCLES_PER_RAM_ACCESS),
    Counter("estimated_cycles", "Estimated Cycles", 1),
)
COUNTER_KEYS = tuple(counter.key for counter in COUNTERS)


def difference(later: Events, earlier: Events) -> dict[str, int]:
    """Event by event, how much `later` is above `earlier`."""
    return {event: later[event] - earlier[event] for event in EVENTS}


def total(readings: Iterable[Events]) -> dict[str, int]:
    """Event by event, the sum of all readings."""
    readings = list(readings)
    return {event: sum(reading[event] for reading in readings) for event in EVENTS}


_WITHIN = (
    ("I1mr", "Ir"),
    ("D1mr", "Dr"),
    ("D1mw", "Dw"),
    ("ILmr", "I1mr"),
    ("DLmr", "D1mr"),
    ("DLmw", "D1mw"),
)


def plausible(events: Events) -> dict[str, int]:
    """The events with none below nought, and no more misses than there were accesses.

    A calibrated difference of almost nothing can come out as −1 or −2, because the paths of the two
    readings miss the cache a line or two differently.
    """
    mended = {event: max(0, events[event]) for event in EVENTS}
    for misses, accesses in _WITHIN:
        mended[misses] = min(mended[misses], mended[accesses])
    return mended


def counters(events: Events) -> dict[str, int]:
    """The five counters that a set of events amounts to.

    Every access is served by L1, L2 (any miss in L1 that is not one in the last level) or RAM (a miss
    in the last level). The cycles are the estimate that Cachegrind-based tools share: L1 + 5·L2 + 35·RAM,
    from Itamar Turner-Trauring, "CI for performance: reliable benchmarking in noisy environments" (2020).
    """
    ram = events["ILmr"] + events["DLmr"] + events["DLmw"]
    l2 = events["I1mr"] + events["D1mr"] + events["D1mw"] - ram
    l1 = events["Ir"] + events["Dr"] + events["Dw"] - l2 - ram
    return {
        "instructions": events["Ir"],
        "l1_accesses": l1,
        "l2_accesses": l2,
        "ram_accesses": ram,
        "estimated_cycles": CYCLES_PER_L1_ACCESS * l1
        + CYCLES_PER_L2_ACCESS * l2
        + CYCLES_PER_RAM_ACCESS * ram,
    }


def spread(measurements: Sequence[Counters]) -> dict[str, int]:
    """Counter by counter, the largest measurement less the smallest."""
    return {
        key: max(m[key] for m in measurements) - min(m[key] for m in measurements) for key in COUNTER_KEYS
    }
