"""Switching timing on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from iaipy import timing
from iaipy.timing import measure_time

if TYPE_CHECKING:
    from tests.unit.timing.conftest import Collector


def test_switch(log: Collector) -> None:
    """Timing can be turned on and off, and again, at any time; disable hands over what is pending."""
    assert timing.enabled()
    with measure_time("a"):
        pass
    timing.disable()
    assert not timing.enabled()
    assert [vars(record)["operation"] for record in log.records] == ["a"]
    timing.disable()
    timing.enable(interval_s=None)
    timing.enable(interval_s=None, capacity=5)
    assert timing.enabled()


@pytest.mark.parametrize("interval_s", ["1", True, [1]])
def test_interval_must_be_a_number(interval_s: Any) -> None:
    """Anything else is refused by type, and timing stays as it was."""
    with pytest.raises(TypeError, match="interval_s must be a number of seconds or None"):
        timing.enable(interval_s=interval_s)
    assert not timing.enabled()


@pytest.mark.parametrize("capacity", [1.5, float("nan"), float("inf"), "9", True, None])
def test_capacity_must_be_a_whole_number(capacity: Any) -> None:
    """Records come in whole numbers."""
    with pytest.raises(TypeError, match="capacity must be a whole number of records"):
        timing.enable(capacity=capacity)
    assert not timing.enabled()


@pytest.mark.parametrize("interval_s", [0, -1, float("nan"), float("inf"), 1e300, 10**400])
def test_interval_must_be_positive(interval_s: float) -> None:
    """An interval of nothing or less is refused."""
    with pytest.raises(
        ValueError, match="interval_s must be a positive number of seconds, at most 86,400, or None"
    ):
        timing.enable(interval_s=interval_s)
    assert not timing.enabled()


@pytest.mark.parametrize("capacity", [0, -1, 10**400])
def test_capacity_must_be_positive(capacity: int) -> None:
    """A capacity of nothing or less is refused."""
    with pytest.raises(ValueError, match="capacity must be a positive number of records"):
        timing.enable(capacity=capacity)
    assert not timing.enabled()
