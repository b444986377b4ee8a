"""Two call trees laid over each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from iaipy.model.profile import Function
from iaipy.profile.overlay import is_library, overlay

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile


def test_frames_meet_by_path(make_profile: MakeProfile) -> None:
    """The same functions below the same callers are one frame with two sides."""
    before = make_profile({"a": (1, 1), "a;b": (10, 2), "a;b;a": (5, 1)})
    top = overlay(before, make_profile({"a": (2, 1), "a;b": (20, 4), "a;b;a": (5, 1)}))
    a = top.children["a"]
    b = a.children["b"]
    assert (a.own, a.inclusive, b.calls, b.inclusive) == ((1, 2), (16, 27), (2, 4), (15, 25))
    assert [caller.function.name for caller in b.children["a"].callers()] == ["b", "a"]


def test_a_function_in_anothers_place(make_profile: MakeProfile) -> None:
    """Where one callee is gone and one is new, called as often, they are one; what they call meets too."""
    before = make_profile({"a": (1, 1), "a;old": (10, 2), "a;old;c": (5, 1)})
    top = overlay(before, make_profile({"a": (1, 1), "a;new": (12, 2), "a;new;c": (5, 1)}))
    (new,) = top.children["a"].children.values()
    assert (new.function.name, new.instead, new.own) == ("new", "old", (10, 12))
    assert new.children["c"].inclusive == (5, 5)


def test_a_frame_in_between(make_profile: MakeProfile) -> None:
    """A wrapper put around a function, or taken away, leaves the function matched with itself."""
    bare = make_profile({"a": (1, 1), "a;f": (10, 1), "a;f;g": (7, 1)})
    wrapped = make_profile({"a": (1, 1), "a;w": (3, 1), "a;w;f": (10, 1), "a;w;f;g": (7, 1)})
    w = overlay(bare, wrapped).children["a"].children["w"]
    assert (w.is_before, w.own, w.children["f"].inclusive) == (False, (0, 3), (17, 17))
    a = overlay(wrapped, bare).children["a"]
    assert (a.children["w"].is_now, a.children["w"].inclusive) == (False, (3, 0))
    assert a.children["f"].inclusive == (17, 17)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("app/views.py", False),
        ("", False),
        ("/usr/lib/python3.12/json/decoder.py", True),
        (".venv/lib/python3.12/site-packages/x.py", True),
        ("…/iaipy/declare.py", True),
        ("<frozen importlib._bootstrap>", True),
    ],
)
def test_libraries_are_known_by_their_places(file: str, expected: bool) -> None:
    """What isn't in the project's folder, or is installed there, is a library's; so is C."""
    function = Function("f", file, 1)
    assert is_library(function) is expected
    assert is_library(replace(function, native=True))
