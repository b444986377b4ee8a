"""Folded stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iaipy.profile.difference import difference
from iaipy.report.folded import render

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile


def test_each_path_has_a_line(make_profile: MakeProfile) -> None:
    """Names stand between semicolons, and behind them the instructions; frames without any have no line."""
    profile = make_profile({"main": (100, 1), "main;f": (0, 1), "main;f;g": (5, 3)})
    assert render(profile, None) == "main 100\nmain;f;g 5\n"


def test_a_difference_has_two_numbers(make_profile: MakeProfile) -> None:
    """Instructions before and now, as difffolded.pl writes them, also of paths that one side lacks."""
    before, now = make_profile({"f": (1, 1), "g": (2, 1)}), make_profile({"f": (3, 1), "h": (4, 1)})
    assert render(now, difference(before, now)) == "f 1 3\nh 0 4\ng 2 0\n"


def test_names_cannot_break_the_format(make_profile: MakeProfile) -> None:
    """Line breaks are told as escapes; there is one line per path."""
    assert render(make_profile({"a\nb 7": (1, 1)}), None) == "a\\nb 7 1\n"
