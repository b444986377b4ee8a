"""The plan of a process that times."""

import asyncio
import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.workers.pace import (
    LEAST_TICKS,
    LONGEST_ROUND_NS,
    MOST_ROUNDS,
    SLOW_NS,
    Pace,
    drive,
    drive_awaited,
    peak_bytes,
    resolution,
    schedule,
)

MS = 1_000_000
S = 1_000_000_000


class Machine:
    """A clock, and a function whose calls move it on.

    Parameters:
        call_ns: what a call takes.
        delays_ns: what the rounds take besides, one after the other, and then nothing.
    """

    def __init__(self, call_ns: float, *delays_ns: int) -> None:
        self.now = 0
        self.rounds: list[int] = []
        self._call_ns = call_ns
        self._delays_ns = itertools.chain(delays_ns, itertools.repeat(0))

    def clock(self) -> int:
        """The time."""
        return self.now

    def round(self, iterations: int) -> int:
        """The nanoseconds of so many calls."""
        elapsed = round(iterations * self._call_ns) + next(self._delays_ns)
        self.now += elapsed
        self.rounds.append(iterations)
        return elapsed

    def timed(
        self,
        *,
        rounds: int = 0,
        least: int = 10,
        iterations: int = 0,
        warmup_ns: int = 0,
        measurement_ns: int = 0,
        tick_ns: int = 50,
        limit_ns: int = 0,
    ) -> tuple[list[float], int]:
        """The samples of a schedule with this pace."""
        pace = self.pace = Pace(rounds, least, iterations, warmup_ns, measurement_ns, limit_ns)
        return drive(schedule(pace, tick_ns, self.clock), self.round)


def test_samples_are_nanoseconds_per_call() -> None:
    """However many calls a round has, a sample is what one of them takes."""
    samples, iterations = Machine(2_000).timed(rounds=4)
    assert iterations > 1
    assert samples == [2_000] * 4


@given(call_ns=st.floats(1, 10 * S), tick_ns=st.integers(1, 1_000), measurement_ns=st.integers(0, 2 * S))
def test_rounds_are_long_for_the_clock(call_ns: float, tick_ns: int, measurement_ns: int) -> None:
    """A calibrated round is 1,000 times as long as the clock's step, and at most a call too long."""
    machine = Machine(call_ns)
    _, iterations = machine.timed(tick_ns=tick_ns, measurement_ns=measurement_ns, least=1)
    assert iterations * call_ns >= LEAST_TICKS * tick_ns
    if iterations > 1:
        # calls are whole: the last one may begin just before the round is long enough
        assert iterations * call_ns <= 1.1 * max(LONGEST_ROUND_NS, 2 * LEAST_TICKS * tick_ns) + call_ns


def test_warm_up_lasts_and_is_left_out() -> None:
    """What happens in the time for warming up is in no sample."""
    machine = Machine(1_000, *(30_000 for _ in range(20)))
    samples, _ = machine.timed(warmup_ns=5 * MS, rounds=3)
    assert samples == [1_000] * 3
    assert machine.now >= 5 * MS


def test_without_warm_up_the_first_call_is_left_out() -> None:
    """Even then it is called before it is sampled, and a fixed number of calls stays what it is."""
    machine = Machine(1_000, 5 * MS)
    samples, _ = machine.timed(iterations=3, rounds=2)
    assert machine.rounds == [3, 3, 3]
    assert samples == [1_000] * 2


def test_warm_up_of_a_quick_function_has_ever_longer_rounds() -> None:
    """A function of nanoseconds isn't warmed up by single calls, each with its two readings of the clock."""
    machine = Machine(10)
    machine.timed(warmup_ns=5 * MS)
    assert machine.rounds[:4] == [1, 10, 100, 1_000]


def test_the_number_of_rounds_can_be_fixed() -> None:
    """Then neither the time nor the least number matters."""
    assert len(Machine(MS).timed(rounds=3, least=10, measurement_ns=0)[0]) == 3
    assert len(Machine(MS).timed(rounds=300, least=10, measurement_ns=1)[0]) == 300


def test_rounds_fill_the_time() -> None:
    """Without a number there are as many as the time holds."""
    assert len(Machine(10 * MS).timed(measurement_ns=300 * MS)[0]) == 30


def test_a_slow_function_gets_the_least_rounds() -> None:
    """Where the time is over before there are enough samples, it is they that count."""
    machine = Machine(3 * S)
    assert len(machine.timed(measurement_ns=500 * MS)[0]) == 10
    assert len(machine.rounds) == 12  # one to warm up, one to find out how long it takes


def test_a_quick_function_gets_no_more_rounds_than_are_of_use() -> None:
    """Samples beyond a hundred per process would only make files larger."""
    assert len(Machine(10).timed(measurement_ns=10 * S)[0]) == MOST_ROUNDS


@pytest.mark.parametrize(
    ("call_ns", "rounds", "samples"),
    [
        (2 * S, 1, 1),  # the very first
        (SLOW_NS, 1, 1),
        (SLOW_NS - 1, 2, 1),  # one to warm up
        (150 * MS, 2, 1),
        (90 * MS, 2, 1),
        (25 * MS, 4, 2),  # one to find out how long it takes besides
    ],
)
def test_a_limit_is_kept_unless_a_call_takes_longer(call_ns: int, rounds: int, samples: int) -> None:
    """Where time is short there are fewer samples; of a slow call the first one is the sample, and noted."""
    machine = Machine(call_ns)
    found, iterations = machine.timed(warmup_ns=10 * MS, measurement_ns=5 * S, limit_ns=100 * MS)
    assert (found, iterations) == ([call_ns] * samples, 1)
    assert len(machine.rounds) == rounds
    assert bool(machine.pace.notes) is (call_ns >= SLOW_NS)


def test_what_is_slow_only_the_first_time_is_a_quick_function() -> None:
    """Loading something in the first call may take all of the time, and is not what is measured.

    Nor is an interruption of the second.
    """
    assert Machine(1_000, 5 * MS, 30 * MS).timed(measurement_ns=5 * MS, limit_ns=1)[0] == [1_000]
    machine = Machine(1_000, 400 * MS)
    samples, iterations = machine.timed(measurement_ns=5 * MS, limit_ns=1)
    assert samples[0] == 1_000
    assert iterations >= 100
    assert machine.now < 450 * MS


def test_fewer_rounds_than_asked_for_are_noted() -> None:
    """A limit goes before a number of rounds; one that is kept without that is not noted."""
    machine = Machine(25 * MS)
    assert len(machine.timed(rounds=30, limit_ns=100 * MS)[0]) == 2
    (note,) = machine.pace.notes
    assert note == "the time budget left time for fewer rounds than were asked for"
    assert len(machine.timed(rounds=30, limit_ns=100 * S)[0]) == 30
    assert machine.pace.notes == []


@pytest.mark.parametrize("interrupted", [1, 2, 3])
def test_interruptions_shorten_no_round(interrupted: int) -> None:
    """A few milliseconds that something else takes while the calls are counted don't pass for the calls."""
    machine = Machine(100, *(4 * MS for _ in range(interrupted)))
    _, iterations = machine.timed(measurement_ns=100 * MS)
    assert iterations * 100 >= LONGEST_ROUND_NS / 2


def test_a_function_that_gets_quicker_is_calibrated_anew() -> None:
    """The first calls, which fill caches, don't decide how many calls a round has."""
    machine = Machine(100, 50 * MS)
    assert machine.timed(measurement_ns=100 * MS)[1] * 100 >= LONGEST_ROUND_NS / 2


@pytest.mark.parametrize("place", range(6))
def test_a_clock_that_goes_backwards_is_refused(place: int) -> None:
    """Wherever it happens, no negative time becomes a sample."""
    elapsed = iter([100 * MS] * place + [-1] + [100 * MS] * 10)
    plan = schedule(Pace(0, 10, 0, 0, 0), 50, itertools.count().__next__)
    with pytest.raises(RuntimeError, match="the clock went backwards"):
        drive(plan, lambda iterations: next(elapsed))


@pytest.mark.parametrize("clock", [Machine(2_000), Machine(3 * S)])
def test_awaited_rounds_follow_the_same_plan(clock: Machine) -> None:
    """Coroutines are called as often, and their samples are made alike."""

    async def awaited(iterations: int) -> int:
        return clock.round(iterations)

    pace = Pace(0, 10, 0, MS, 100 * MS)
    timed = asyncio.run(drive_awaited(schedule(pace, 50, clock.clock), awaited))
    rounds, clock.now, clock.rounds = clock.rounds, 0, []
    assert drive(schedule(pace, 50, clock.clock), clock.round) == timed
    assert rounds == clock.rounds


def ticking(*steps: int) -> Callable[[], int]:
    """A clock that moves on by these steps, over and over."""
    return itertools.accumulate(itertools.cycle(steps)).__next__


@pytest.mark.parametrize(
    ("clock", "step"),
    [
        (ticking(0, 0, 40), 40),
        (ticking(1), 1),
        (ticking(70, 50, 900), 50),
        (ticking(0, 100, -30), 100),
    ],
)
def test_resolution_is_the_least_step(clock: Callable[[], int], step: int) -> None:
    """Readings that are equal, and steps backwards, don't count."""
    assert resolution(clock) == step


def test_peak_memory_is_at_least_what_is_used_now() -> None:
    """A process's own peak is known by its number too."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    assert peak_bytes(os.getpid()) >= pages * os.sysconf("SC_PAGESIZE") * 0.9
    assert peak_bytes() >= peak_bytes(os.getpid()) > 1_000_000
