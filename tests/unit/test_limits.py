"""Limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.errors import UsageError
from iaipy.limits import parse_hard_limits, parse_limits, parse_ratio
from iaipy.model.metrics import COUNTER_KEYS


@pytest.mark.parametrize(
    ("value", "ratio"),
    [
        ("2%", 0.02),
        ("0.2 %", 0.002),
        (" 10% ", 0.1),
        (0.02, 0.02),
        ("0.02", 0.02),
        (0, 0.0),
        ("0%", 0.0),
        ("150%", 1.5),
        ("off", None),
        ("OFF", None),
        (None, None),
        (False, None),
    ],
)
def test_a_soft_limit_is_a_percentage_a_ratio_or_off(value: object, ratio: float | None) -> None:
    """Every way of writing it comes down to a ratio, or to None for a counter that does not gate."""
    assert parse_limits({"instructions": value}, "limit") == {"instructions": pytest.approx(ratio)}


@pytest.mark.parametrize(
    "value", ["-1%", -0.1, "nan", float("nan"), "inf", float("inf"), "inf%", True, "2 percent", [], ""]
)
def test_what_is_no_soft_limit_is_refused(value: object) -> None:
    """Negative, endless and unreadable limits are errors that name the counter."""
    with pytest.raises(UsageError, match=r"^limit: instructions must be a percentage"):
        parse_limits({"instructions": value}, "limit")


@pytest.mark.parametrize("value", [2, 1.0, "2", 10**400])
def test_a_ratio_of_one_or_more_is_asked_about(value: object) -> None:
    """A plain 2 would be 200 %, which is rarely meant."""
    with pytest.raises(UsageError, match=r"^limit: instructions"):
        parse_limits({"instructions": value}, "limit")


def test_the_doubtful_ratio_comes_with_both_ways_to_write_it() -> None:
    """The remedy shows the percentage that is likely meant and the one that was written."""
    with pytest.raises(UsageError) as caught:
        parse_ratio(2, "min_change")
    assert caught.value.message == "min_change: 2 would mean 200%"
    assert caught.value.remedy == 'write "2%" or "200%"'


@pytest.mark.parametrize(
    "limits",
    [
        {"all": "5%", "ram_accesses": "off"},
        {"ram_accesses": "off", "all": "5%"},
        ("ram_accesses=off", "5%"),
        ["all=5%", "ram_accesses=off"],
    ],
)
def test_a_counters_own_limit_goes_before_the_one_for_all(limits: object) -> None:
    """Whichever is written first, in a mapping or as items."""
    assert parse_limits(limits, "limit") == {**dict.fromkeys(COUNTER_KEYS, 0.05), "ram_accesses": None}


@pytest.mark.parametrize("limit", ["2%", 0.02, ("2%",)])
def test_a_single_limit_is_for_all_counters(limit: object) -> None:
    """As with `--limit 2%`."""
    assert parse_limits(limit, "limit") == dict.fromkeys(COUNTER_KEYS, 0.02)


def test_off_alone_turns_every_counter_off() -> None:
    """`limit: off` is False by the time YAML has read it."""
    assert parse_limits(False, "limit") == dict.fromkeys(COUNTER_KEYS)


def test_the_last_item_of_a_counter_counts() -> None:
    """As options do on command lines."""
    assert parse_limits(("instructions=2%", "instructions = 3%"), "--limit") == {"instructions": 0.03}


def test_no_limits_are_none() -> None:
    """An empty mapping sets nothing."""
    assert parse_limits({}, "limit") == {}
    assert parse_hard_limits({}, "hard_limit") == {}


def test_an_unknown_counter_is_refused_with_the_nearest() -> None:
    """In soft and in hard limits."""
    for parse in (parse_limits, parse_hard_limits):
        with pytest.raises(UsageError) as caught:
            parse({"instruction": "1%"}, "the limits of x")
        assert caught.value.message == "the limits of x: unknown counter 'instruction'"
        assert caught.value.remedy == "did you mean instructions?"


@pytest.mark.parametrize(
    ("value", "number"),
    [(0, 0), (1_500_000, 1_500_000), ("1_500_000", 1_500_000), ("1,500,000", 1_500_000), ("7", 7)],
)
def test_a_hard_limit_is_a_whole_number(value: object, number: int) -> None:
    """In text, underscores or commas may group the digits."""
    assert parse_hard_limits({"instructions": value}, "hard_limit") == {"instructions": number}


def test_hard_limits_come_as_items_too() -> None:
    """As with `--hard-limit instructions=1_500_000`."""
    assert parse_hard_limits(("instructions=1_500_000",), "--hard-limit") == {"instructions": 1_500_000}


@pytest.mark.parametrize("value", [-1, 1.5, "1.5", True, None, "_1", "1__0", "", "²", "9" * 10_000])
def test_what_is_no_hard_limit_is_refused(value: object) -> None:
    """The error names the counter."""
    with pytest.raises(UsageError, match=r"^hard_limit: instructions must be a whole number"):
        parse_hard_limits({"instructions": value}, "hard_limit")


@pytest.mark.parametrize("given", ["5", ("instructions",), {"all": 5}, 5])
def test_hard_limits_name_their_counter(given: object) -> None:
    """There is no hard limit for all counters."""
    with pytest.raises(UsageError, match=r"^hard_limit"):
        parse_hard_limits(given, "hard_limit")


@given(st.floats(min_value=0, max_value=500, allow_nan=False))
def test_a_percentage_is_a_hundredth(percentage: float) -> None:
    """Whatever the number in front of the sign."""
    assert parse_ratio(f"{percentage!r}%", "limit") == percentage / 100


@given(st.text() | st.floats() | st.integers() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
def test_anything_else_is_a_usage_error(anything: object) -> None:
    """No input ends in another exception."""
    for parse in (parse_limits, parse_hard_limits):
        try:
            parse(anything, "limit")
        except UsageError as error:
            assert error.message.startswith("limit")
