"""A run's time, shared out among processes."""

import pytest

from iaipy.measure.walltime.budget import LEAST_SHARE_S, START_S, Budget


class Clock:
    """A clock that a test sets."""

    now_s = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now_s


def test_without_a_bound() -> None:
    """Every planned process is started, and times as long as it likes."""
    budget = Budget(None, {"a": 3}, Clock())
    for _ in range(3):
        assert budget.allows("a")
        assert budget.share_s() is None
        budget.spent("a", 1e6)
    assert not budget.allows("a")


def test_two_processes_of_each_whatever_they_take() -> None:
    """Of what has one only, that one."""
    clock = Clock()
    budget = Budget(1.0, {"a": 10, "b": 1}, clock)
    clock.now_s += 50
    budget.spent("a", 50)
    assert budget.allows("a")
    assert budget.allows("b")
    budget.spent("a", 50)
    budget.spent("b", 50)
    assert not budget.allows("a")
    assert not budget.allows("b")


def test_what_would_end_too_late_is_not_begun() -> None:
    """By what a benchmark's last process took; others may still have the time."""
    clock = Clock()
    budget = Budget(20.0, {"slow": 10, "quick": 10}, clock)
    for name, seconds in (("slow", 5.0), ("quick", 1.0), ("quick", 1.0), ("slow", 5.0)):
        budget.spent(name, seconds)
    clock.now_s += 15
    assert budget.allows("slow")
    clock.now_s += 0.1
    assert not budget.allows("slow")
    assert budget.allows("quick")
    clock.now_s -= 10
    assert not budget.allows("slow"), "half of a turn would be of no use to anybody"


def test_shares() -> None:
    """What is left is for those that are still to come; who has failed or is too slow needs none."""
    clock = Clock()
    budget = Budget(20.0, {"a": 4, "b": 4}, clock)
    assert budget.share_s() == pytest.approx(20 / 8 - START_S)
    budget.spent("a", 10.0)
    clock.now_s += 10
    assert budget.share_s() == pytest.approx(10 / 7 - START_S)
    budget.drop("b")
    assert not budget.allows("b")
    assert budget.share_s() == pytest.approx(10 / 3 - START_S)
    budget.spent("a", 10.0)
    clock.now_s += 9.9
    assert budget.share_s() == LEAST_SHARE_S
