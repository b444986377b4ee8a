"""Numbers in reports."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.report.numbers import count, duration, percent, size, threshold


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


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0.0, "0.000 ns"),
        (0.004, "0.004 ns"),
        (1.0, "1.000 ns"),
        (12.345, "12.35 ns"),
        (999.94, "999.9 ns"),
        (999.96, "1.000 µs"),
        (9_999.6, "10.00 µs"),
        (1_234_567, "1.235 ms"),
        (999_960_000, "1.000 s"),
        (86_400e9, "86,400 s"),
        (-1_500, "-1.500 µs"),
    ],
)
def test_times_in_the_unit_that_suits(nanoseconds: float, text: str) -> None:
    """Four digits, and the largest unit of which there is one at least."""
    assert duration(nanoseconds) == text


@given(st.floats(1, 9e11))
def test_times_have_four_digits(nanoseconds: float) -> None:
    """And are as close as four digits can be."""
    number, unit = duration(nanoseconds).split()
    scale = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}[unit]
    assert len(number.replace(".", "")) == 4
    assert float(number.replace(",", "")) * scale == pytest.approx(nanoseconds, rel=0.0006)


@pytest.mark.parametrize(("bytes_", "text"), [(512, "512.0 B"), (14_200_000, "14.20 MB"), (3e9, "3.000 GB")])
def test_sizes_in_the_unit_that_suits(bytes_: float, text: str) -> None:
    """A kB is a thousand bytes, as disks and networks count."""
    assert size(bytes_) == text
