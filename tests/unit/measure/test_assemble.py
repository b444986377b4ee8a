"""Results made of readings."""

from hypothesis import given
from hypothesis import strategies as st

from iaipy.measure.assemble import Reading, middle, result, spread_of
from iaipy.model.benchmark import Benchmark, Limits
from iaipy.model.metrics import COUNTER_KEYS, EVENTS, counters

BENCHMARK = Benchmark(
    "benchmarks/bench_x.py::parse",
    "function",
    "benchmarks/bench_x.py",
    line=7,
    iterations=3,
    limits=Limits({"instructions": 0.02}),
)


def reading(ir: int, *notes: str, **others: int) -> Reading:
    """A reading of some instructions and other events."""
    return Reading({**dict.fromkeys(EVENTS, 0), "Ir": ir, **others}, notes)


some_events = st.fixed_dictionaries({event: st.integers(0, 10**9) for event in EVENTS})
readings = st.lists(some_events.map(Reading), min_size=1, max_size=5)


def test_middle_of_three() -> None:
    """Of three readings the one with the middling cycles is taken, whole."""
    assert middle([reading(300), reading(100), reading(200, Dr=7)])["Dr"] == 7


def test_smaller_of_two() -> None:
    """Of two readings the smaller one is taken."""
    assert middle([reading(300), reading(100)])["Ir"] == 100


def test_base_is_subtracted() -> None:
    """What measuring costs is taken off every event."""
    assert middle([reading(300, Dr=50)], {**dict.fromkeys(EVENTS, 0), "Ir": 120, "Dr": 20}) == {
        **dict.fromkeys(EVENTS, 0),
        "Ir": 180,
        "Dr": 30,
    }


def test_nothing_falls_below_nought() -> None:
    """A reading below the base counts nothing, and has no more misses than accesses."""
    base = {**dict.fromkeys(EVENTS, 0), "Ir": 5, "Dr": 2}
    assert set(middle([reading(3, Dr=3, D1mr=4)], base).values()) == {0, 1}


def test_spread() -> None:
    """The spread is the largest less the smallest, counter by counter."""
    assert spread_of([reading(100), reading(130), reading(110)])["instructions"] == 30
    assert set(spread_of([reading(100)]).values()) == {0}


def test_result_of_a_benchmark() -> None:
    """A result has all that its benchmark and its readings say."""
    found = result(BENCHMARK, [reading(100, "a note"), reading(100, "a note", "another")], notes=("first",))
    assert found.id == BENCHMARK.id
    assert (found.kind, found.path, found.line) == ("function", "benchmarks/bench_x.py", 7)
    assert (found.iterations, found.repeats) == (3, 2)
    assert found.limits == BENCHMARK.limits
    assert found.counters == counters(found.events)
    assert found.exact
    assert found.notes == ("first", "a note", "another")


def test_spread_of_what_is_subtracted_adds() -> None:
    """A result held against another is as uncertain as both together."""
    found = result(
        BENCHMARK,
        [reading(100), reading(104)],
        base_spread={**dict.fromkeys(COUNTER_KEYS, 0), "instructions": 3},
    )
    assert found.spread["instructions"] == 7
    assert not found.exact


@given(readings, some_events)
def test_counters_of_any_readings_are_possible(readings: list[Reading], base: dict[str, int]) -> None:
    """Whatever was read, no counter and no spread is negative, and the misses are within the accesses."""
    found = result(BENCHMARK, readings, base)
    assert min(found.counters.values()) >= 0
    assert min(found.spread.values()) >= 0
    for misses, accesses in (
        ("ILmr", "I1mr"),
        ("I1mr", "Ir"),
        ("DLmr", "D1mr"),
        ("DLmw", "D1mw"),
        ("D1mw", "Dw"),
    ):
        assert found.events[misses] <= found.events[accesses]
