"""Raw values from files and command lines."""

from collections.abc import Callable

import pytest

from iaipy import values
from iaipy.errors import UsageError


def test_the_nearest_name_is_offered_whatever_its_case_and_dashes() -> None:
    """`Time-Out` is most likely `timeout`; where nothing is near, all names are listed."""
    assert values.nearest("Time-Out", ["timeout", "jobs"]) == "did you mean timeout?"
    assert values.nearest("xyz", ["timeout", "jobs"]) == "known are: timeout, jobs"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """The message names the place and the name, the remedy the one that is meant."""
    with pytest.raises(UsageError) as caught:
        values.require_known(["jobs", "repeat"], ["jobs", "repeats"], "iaipy.yaml", "key")
    assert caught.value.message == "iaipy.yaml: unknown key 'repeat'"
    assert caught.value.remedy == "did you mean repeats?"


@pytest.mark.parametrize(("given", "number"), [(3, 3), ("3", 3)])
def test_whole_numbers_come_as_numbers_or_digits(given: object, number: int) -> None:
    """A file gives a number, a command line gives its digits."""
    assert values.whole(given, "n", 1) == number


@pytest.mark.parametrize("given", [0, "0", True, 2.0, "two", "²", "-1", None, [], 10])
def test_what_is_no_whole_number_within_bounds_is_refused(given: object) -> None:
    """Booleans and fractions are no whole numbers either."""
    with pytest.raises(UsageError, match=r"^n must be a whole number from 1 to 9, not "):
        values.whole(given, "n", 1, 9)


@pytest.mark.parametrize(
    ("parse", "given"),
    [
        (values.text, 5),
        (values.text, "a\0b"),
        (values.text, "\ud800"),
        (values.filled, "  "),
        (values.texts, {"a": 1}),
        (values.texts, ["a", ""]),
        (values.texts, ["a", 1]),
        (values.boolean, "true"),
        (values.boolean, 1),
        (values.table, ["a"]),
        (values.table, {1: "a"}),
        (values.variables, {"A": 1}),
        (values.variables, {"A=B": "1"}),
        (values.variables, {"": "1"}),
        (values.variables, ["A"]),
        (values.variables, 5),
        (values.variable, "\ud800"),
    ],
)
def test_values_of_a_wrong_kind_are_refused(parse: Callable[[object, str], object], given: object) -> None:
    """Each is an error that begins with the name of the value."""
    with pytest.raises(UsageError, match=r"^key"):
        parse(given, "key")


def test_numbers_where_text_is_wanted_ask_for_quotes() -> None:
    """YAML reads 1 as a number, and quotes are the way out."""
    with pytest.raises(UsageError) as caught:
        values.text(1, "key")
    assert caught.value.remedy == "put quotes around it"


def test_one_text_stands_for_a_list_of_one() -> None:
    """Lists of one need no brackets."""
    assert values.texts("a", "key") == ("a",)
    assert values.texts(["a", "b"], "key") == ("a", "b")


def test_variables_come_as_a_mapping_or_as_texts() -> None:
    """Only the first equals sign divides, the last of a name counts, and a value may be empty."""
    assert values.variables({"A": ""}, "env") == {"A": ""}
    assert values.variables(("A=0", "A=1=2", "B="), "env") == {"A": "1=2", "B": ""}


def test_values_are_shown_short() -> None:
    """An error shows no megabytes, and survives a number that Python refuses to write out."""
    assert len(values.shown("x" * 1000)) < 100
    assert values.shown(10**5000) == "a very long number"
    assert values.shown(None) == "nothing"
