"""Call trees as paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iaipy.profile.paths import costs_by_path

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile


def test_paths_lead_from_the_outermost_caller(make_profile: MakeProfile) -> None:
    """Each frame's costs stand at the names that lead to it."""
    profile = make_profile({"main": (1, 1), "main;f": (2, 3), "f": (4, 5)})
    assert costs_by_path(profile) == {("main",): (1, 1), ("main", "f"): (2, 3), ("f",): (4, 5)}
