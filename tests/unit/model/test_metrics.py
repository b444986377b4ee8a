"""Events, counters, and the arithmetic between them."""

from hypothesis import given
from hypothesis import strategies as st

from iaipy.model.metrics import (
    COUNTER_KEYS,
    EVENTS,
    counters,
    difference,
    plausible,
    spread,
    total,
)

any_events = st.fixed_dictionaries({event: st.integers(-5, 10**12) for event in EVENTS})


def test_counters_of_known_events() -> None:
    """Each access is served by L1, L2 or RAM, and cycles are L1 + 5 L2 + 35 RAM."""
    events = dict(zip(EVENTS, (1000, 300, 200, 40, 30, 20, 3, 2, 1), strict=True))
    assert counters(events) == {
        "instructions": 1000,
        "l1_accesses": 1410,
        "l2_accesses": 84,
        "ram_accesses": 6,
        "estimated_cycles": 1410 + 5 * 84 + 35 * 6,
    }


@given(any_events.map(plausible))
def test_every_access_is_served_once(events: dict[str, int]) -> None:
    """L1, L2 and RAM together serve as many accesses as there were, and none a negative number."""
    found = counters(events)
    assert min(found.values()) >= 0
    served = found["l1_accesses"] + found["l2_accesses"] + found["ram_accesses"]
    assert served == events["Ir"] + events["Dr"] + events["Dw"]
    assert found["estimated_cycles"] >= found["l1_accesses"]


@given(any_events)
def test_plausible_events_stay_as_they_are(events: dict[str, int]) -> None:
    """Mending once is enough."""
    assert plausible(plausible(events)) == plausible(events)


@given(any_events, any_events)
def test_difference_and_total(earlier: dict[str, int], later: dict[str, int]) -> None:
    """A difference added to what it was taken from is the whole."""
    assert total([earlier, difference(later, earlier)]) == later


def test_total_of_nothing() -> None:
    """The sum of no readings is nought."""
    assert set(total([]).values()) == {0}


def test_total_takes_any_iterable() -> None:
    """The readings can come one by one."""
    assert total(dict.fromkeys(EVENTS, 2) for _ in range(3)) == dict.fromkeys(EVENTS, 6)


@given(st.lists(any_events.map(counters), min_size=1, max_size=5))
def test_spread(measurements: list[dict[str, int]]) -> None:
    """No two measurements are further apart than the spread, and some are as far."""
    found = spread(measurements)
    for key in COUNTER_KEYS:
        distances = [abs(a[key] - b[key]) for a in measurements for b in measurements]
        assert found[key] == max(distances)
