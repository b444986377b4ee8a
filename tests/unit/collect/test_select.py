"""The expression behind -k."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.collect.select import matches
from iaipy.errors import UsageError

ID = "benchmarks/bench_config.py::parse[rows=10,mode=yaml]"


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("", True),
        ("  ", True),
        ("parse", True),
        ("PARSE", True),
        ("rows=10", True),
        ("bench_config.py::parse[rows", True),
        ("toml", False),
        ("not toml", True),
        ("not not parse", True),
        ("parse and yaml", True),
        ("parse and toml", False),
        ("toml or yaml", True),
        ("yaml or toml and toml", True),
        ("(yaml or toml) and toml", False),
        ("not toml and not json", True),
        ("not (toml or yaml)", False),
        ("not(toml)", True),
        ("toml and json or yaml", True),
        ("notable", False),
    ],
)
def test_words_are_joined_as_in_pytest(expression: str, fits: bool) -> None:
    """`not` binds tighter than `and`, `and` tighter than `or`, and words fit anywhere in the id."""
    assert matches(expression, ID) is fits


@pytest.mark.parametrize(
    "expression",
    [
        "and",
        "a and",
        "or a",
        "not",
        "a not b",
        "a b",
        "(",
        ")",
        "()",
        "(a",
        "a)",
        "(a b)",
        "a and or b",
        "(" * 500 + "a",
    ],
)
def test_a_malformed_expression_is_refused(expression: str) -> None:
    """The error quotes the expression, whatever the id."""
    with pytest.raises(UsageError) as caught:
        matches(expression, ID)
    assert f"the keyword expression {expression!r} is malformed" in caught.value.message


def test_a_malformed_expression_is_refused_behind_a_decided_part() -> None:
    """The whole expression is read even where its first word decides."""
    with pytest.raises(UsageError):
        matches("parse or (toml", ID)


@given(st.lists(st.sampled_from(["parse", "toml", "and", "or", "not", "(", ")"])))
def test_what_is_accepted_means_what_python_says(tokens: list[str]) -> None:
    """Python's own operators of the same names agree on every expression that fits."""
    expression = " ".join(tokens)
    try:
        fits = matches(expression, ID)
    except UsageError:
        return
    names = {"parse": True, "toml": False}
    assert fits is (eval(expression, {}, names) if tokens else True)
