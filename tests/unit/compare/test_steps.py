"""Steps in series of counts and of times."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.compare.steps import LEAST_RUNS, count_steps, time_steps
from iaipy.model.history import Step


def changes(steps: list[Step]) -> list[tuple[int, float, float]]:
    """Where the steps are, and their levels."""
    return [(step.index, step.before, step.after) for step in steps]


def noise(seed: int, runs: int, scatter: float = 0.02) -> list[float]:
    """Times of one level, one million nanoseconds, with so much relative scatter."""
    return list(1e6 * (1 + scatter * np.random.default_rng(seed).standard_normal(runs)))


def test_every_change_of_an_exact_count_is_a_step() -> None:
    """One instruction is enough, up or down."""
    steps = count_steps([100, 100, 101, 101, 100], [0] * 5)
    assert changes(steps) == [(2, 100, 101), (4, 101, 100)]
    assert [step.ratio for step in steps] == [pytest.approx(0.01), pytest.approx(-1 / 101)]
    assert all(step.p is None for step in steps)


@pytest.mark.parametrize("spreads", [[5, 0, 0], [0, 5, 5]])
def test_change_within_the_spread_is_none(spreads: list[int]) -> None:
    """What the repeats of either run differ by can't tell them apart; what is beyond it can."""
    assert count_steps([100, 105, 105], spreads) == []
    assert changes(count_steps([100, 106, 106], spreads)) == [(1, 100, 106)]


def test_small_changes_add_up() -> None:
    """Changes that are each too small to be told become a step once they are large enough together."""
    values = [1000 + 4 * run for run in range(7)]
    assert changes(count_steps(values, [0] * 7, least=0.01)) == [(3, 1000, 1012), (6, 1012, 1024)]


def test_count_that_begins_at_nought() -> None:
    """A rise from nought is a step whose ratio is infinite."""
    assert count_steps([0, 3], [0, 0], least=0.5) == [Step(1, 0, 3, math.inf)]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_levels_of_exact_counts_are_the_counts(values: list[int]) -> None:
    """Between the steps an exact count doesn't change, and every step leads from one level to the next."""
    steps = count_steps(values, [0] * len(values))
    level, levels = values[0], []
    for index in range(len(values)):
        level = next((int(step.after) for step in steps if step.index == index), level)
        levels.append(level)
    assert levels == values


def test_step_of_a_time_is_found_where_it_is() -> None:
    """A rise of 20 % in noise of 2 % is one step, at the run that brought it."""
    values = [*noise(1, 15), *(1.2 * value for value in noise(2, 12))]
    (step,) = time_steps(values, alpha=0.05, least=0.1)
    assert step.index == 15
    assert step.ratio == pytest.approx(0.2, abs=0.02)
    assert step.p is not None
    assert step.p < 0.005


def test_rise_and_fall_are_two_steps() -> None:
    """A regression that was mended later shows both times."""
    values = [*noise(3, 12), *(1.3 * value for value in noise(4, 10)), *noise(5, 12)]
    steps = time_steps(values, alpha=0.05, least=0.1)
    assert [step.index for step in steps] == [12, 22]
    assert [step.ratio > 0 for step in steps] == [True, False]


def test_slow_runs_are_no_step() -> None:
    """One run of many that took five times as long, or two of them, is no level of its own."""
    values = noise(6, 25)
    values[9] *= 5
    values[17] *= 5
    assert time_steps(values, alpha=0.05, least=0.1) == []


def test_step_must_be_large_enough() -> None:
    """A change that is certain but small is none, and one that grows by and by is one in the end."""
    twice = [*noise(7, 15, 0.001), *(1.06 * value for value in noise(8, 15, 0.001))]
    assert time_steps(twice, alpha=0.05, least=0.1) == []
    assert [step.index for step in time_steps(twice, alpha=0.05, least=0.05)] == [15]
    thrice = [*twice, *(1.12 * value for value in noise(9, 15, 0.001))]
    (step,) = time_steps(thrice, alpha=0.05, least=0.1)
    assert (step.index, round(step.before / 1e6, 2), round(step.after / 1e6, 2)) == (30, 1.0, 1.12)


def test_chance_is_rarely_taken_for_a_step() -> None:
    """Of series without any change, whatever its size, the share with a step is that of alpha."""
    found = sum(bool(time_steps(noise(seed, 20), alpha=0.05, least=0.0)) for seed in range(100, 200))
    assert found <= 11  # more than so many of 100 have a probability below 0.5 % at a rate of 5 %


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * (2 * LEAST_RUNS - 1), [1.0] * 40, [0.0] * 40])
def test_too_few_or_equal_times(values: list[float]) -> None:
    """A series that is too short, or never moves, has no steps."""
    assert time_steps(values, alpha=0.05, least=0.1) == []


def test_steps_of_times_are_the_same_every_time() -> None:
    """The shuffles are the same whenever a series is looked at."""
    values = [*noise(10, 10), *(1.15 * value for value in noise(11, 10))]
    assert time_steps(values, alpha=0.05, least=0.1) == time_steps(values, alpha=0.05, least=0.1)
