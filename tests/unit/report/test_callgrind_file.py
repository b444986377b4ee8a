"""The callgrind file with Python names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iaipy.measure.valgrind.callgrind import parse_dump
from iaipy.report.callgrind_file import render

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile


def test_it_is_a_callgrind_file(make_profile: MakeProfile) -> None:
    """Read as one, it has each function's own instructions and the calls of each."""
    profile = make_profile({"main": (100, 1), "main;f": (10, 2), "main;f;g": (5, 3), "g": (1, 1)})
    dump = parse_dump(render(profile, None), 10, "x")
    assert {context.path: (context.instructions, context.calls) for context in dump.contexts} == {
        ("main",): (100, 0),
        ("f",): (10, 2),
        ("g",): (6, 3),
    }


def test_calls_have_their_inclusive_cost(make_profile: MakeProfile) -> None:
    """Behind `calls=` stands what the calls cost with all that they called."""
    text = render(make_profile({"main": (100, 1), "main;f": (10, 2), "main;f;g": (5, 3)}), None)
    assert "cfi=f.py\ncfn=(2) f\ncalls=2 1\n1 15\n" in text


def test_names_cannot_break_the_format(make_profile: MakeProfile) -> None:
    """A name with line breaks stays on its line."""
    text = render(make_profile({"a\nfn=(7) b": (1, 1)}), None)
    assert "\nfn=(1) a\\nfn=(7) b\n" in text
