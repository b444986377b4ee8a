"""Numbers in reports."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.report.numbers import count, percent, threshold


def test_thousands_are_separated() -> None:
    """A count has a comma before every three digits."""
    assert [count(0), count(999), count(1_234_567)] == ["0", "999", "1,234,567"]


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (0.1, "10%"),
        (0.005, "0.5%"),
        (0.29, "29%"),
        (0.0, "0%"),
        (1.0, "100%"),
        (15.0, "1,500%"),
        (0.02, "2%"),
    ],
)
def test_thresholds_have_no_needless_digits(limit: float, text: str) -> None:
    """A limit reads as a person wrote it."""
    assert threshold(limit) == text


@pytest.mark.parametrize(
    ("ratio", "limit", "text"),
    [
        (0.04893, None, "+4.9%"),
        (-0.5, None, "-50.0%"),
        (0.0023, None, "+0.23%"),
        (-0.00004, None, "-0.004%"),
        (12.5, None, "+1,250.0%"),
        (0.0, None, "0%"),
        (math.inf, None, "from 0"),
        (0.1, 0.1, "+10.0%"),
        (0.1004, 0.1, "+10.04%"),
        (0.0996, 0.1, "+10.0%"),
        (0.00201, 0.002, "+0.201%"),
    ],
)
def test_percentages_have_the_digits_they_need(ratio: float, limit: float | None, text: str) -> None:
    """A change reads neither as nought nor as the limit that it is beyond."""
    assert percent(ratio, limit) == text


@given(st.floats(1e-9, 1e3))
def test_no_change_reads_as_nought(ratio: float) -> None:
    """Whatever changed is shown to have changed, in its direction."""
    assert float(percent(ratio).strip("+%").replace(",", "")) > 0
    assert percent(-ratio).startswith("-")
