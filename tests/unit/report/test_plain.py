"""Names fit for a line."""

from hypothesis import given
from hypothesis import strategies as st

from iaipy.report.plain import one_line


def test_names_stay_as_they_are() -> None:
    """What can be printed isn't changed."""
    assert one_line("app.<locals>.größe `x`") == "app.<locals>.größe `x`"


def test_escape_sequences_are_told() -> None:
    """A name can't move the cursor nor begin a line."""
    assert one_line("a\nb\x1b[31m\ud800") == "a\\nb\\x1b[31m\\ud800"


@given(st.text())
def test_every_text_becomes_a_line(text: str) -> None:
    """Whatever the text, the line can be printed and encoded."""
    assert one_line(text).isprintable()
    one_line(text).encode()
