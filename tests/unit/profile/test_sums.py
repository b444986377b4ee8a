"""Sums over a call tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iaipy.profile.sums import by_name, calls_between, inclusive, ranked

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile


def test_inclusive_instructions_are_those_of_a_frame_and_all_below(make_profile: MakeProfile) -> None:
    """Frame by frame, own instructions and those of the frames that it called add up."""
    profile = make_profile({"a": (1, 1), "a;b": (10, 2), "a;b;c": (100, 2), "a;c": (1000, 1)})
    assert inclusive(profile) == [1111, 110, 100, 1000]


def test_recursion_counts_once(make_profile: MakeProfile) -> None:
    """A function's inclusive instructions hold each instruction once, however deep it recurses."""
    profile = make_profile({"a": (1, 1), "a;f": (10, 1), "a;f;g": (5, 1), "a;f;g;f": (20, 1), "f": (7, 1)})
    sums = by_name(profile)
    assert (sums["f"].own, sums["f"].inclusive, sums["f"].calls) == (37, 42, 3)
    assert (sums["g"].own, sums["g"].inclusive) == (5, 25)
    assert sum(each.own for each in sums.values()) == profile.total == 43


def test_functions_are_ranked_by_own_instructions(make_profile: MakeProfile) -> None:
    """The function with the most instructions of its own comes first."""
    profile = make_profile({"a": (1, 1), "a;b": (10, 2), "a;b;c": (100, 2)})
    assert [each.function.name for each in ranked(profile)] == ["c", "b", "a"]


def test_calls_between_functions(make_profile: MakeProfile) -> None:
    """Caller and callee have their calls, and their instructions once."""
    profile = make_profile({"a": (1, 1), "a;f": (10, 2), "a;f;f": (20, 1), "a;f;f;f": (30, 4)})
    assert calls_between(profile) == {(0, 1): (2, 60), (1, 1): (5, 50)}


def test_deep_trees_are_no_matter(make_profile: MakeProfile) -> None:
    """Nothing here recurses itself."""
    path, costs = "f", {"f": (1, 1)}
    for _ in range(2000):
        path += ";f"
        costs[path] = (1, 1)
    assert by_name(make_profile(costs))["f"].inclusive == 2001
