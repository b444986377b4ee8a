"""Durations."""

import pytest

from iaipy.durations import LONGEST_S, parse_duration
from iaipy.errors import UsageError


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (90, 90.0),
        (0.5, 0.5),
        ("90", 90.0),
        ("90s", 90.0),
        ("2m", 120.0),
        ("2 min", 120.0),
        ("1h", 3600.0),
        ("500ms", 0.5),
        (" 1.5s ", 1.5),
    ],
)
def test_numbers_and_units_are_understood(given: object, seconds: float) -> None:
    """A plain number is in seconds, and a text says its unit."""
    assert parse_duration(given, "timeout") == pytest.approx(seconds)


@pytest.mark.parametrize(
    "given",
    [
        0,
        -1,
        "0s",
        "-1s",
        "soon",
        "",
        "5 parsecs",
        "1e3s",
        True,
        None,
        float("nan"),
        float("inf"),
        LONGEST_S + 1,
        [],
    ],
)
def test_what_is_no_usable_duration_is_refused(given: object) -> None:
    """Nought, negatives, what is endless, and everything else is one sentence that names the value."""
    with pytest.raises(UsageError, match=r"^the timeout of x must be seconds"):
        parse_duration(given, "the timeout of x")
