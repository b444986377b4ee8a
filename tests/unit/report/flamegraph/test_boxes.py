"""What a flame graph draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iaipy.report.flamegraph.boxes import boxes, pruned

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile


def test_boxes_stand_on_their_callers(make_profile: MakeProfile) -> None:
    """Each box follows the one it stands on, the costlier ones first, with the sums of all above."""
    found = boxes(
        make_profile({"main": (1, 1), "main;f": (10, 1), "main;g": (100, 2), "main;g;f": (5, 1)}), None
    )
    assert [(box.name, box.parent, box.depth, box.total) for box in found] == [
        ("main", -1, 0, 116),
        ("g", 0, 1, 105),
        ("f", 1, 2, 5),
        ("f", 0, 1, 10),
    ]


def test_two_profiles_are_laid_over_each_other(make_profile: MakeProfile) -> None:
    """Frames with the same path share a box; a box may be of one side only."""
    found = boxes(make_profile({"m": (1, 1), "m;new": (2, 1)}), make_profile({"m": (3, 4), "m;old": (50, 6)}))
    assert [(box.name, box.own, box.own_before, box.total, box.total_before) for box in found] == [
        ("m", 1, 3, 3, 53),
        ("old", 0, 50, 0, 50),
        ("new", 2, 0, 2, 0),
    ]


def test_the_cheapest_boxes_are_left_out(make_profile: MakeProfile) -> None:
    """No box that is kept stands on one that isn't, also where many cost the same."""
    costs = {"a": (0, 1), "a;b": (0, 1), "a;b;c": (5, 1), "a;d": (4, 1), "e": (5, 1)}
    kept = pruned(boxes(make_profile(costs), None), 4)
    assert [(box.name, box.parent) for box in kept] == [("a", -1), ("b", 0), ("c", 1), ("e", -1)]
