"""What changed between two profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iaipy.profile.difference import difference

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile

BEFORE = {"main": (100, 1), "main;f": (1000, 10), "main;g": (500, 5), "main;old": (50, 1)}


def test_the_culprit_comes_first(make_profile: MakeProfile) -> None:
    """Functions are ranked by their part of the change, and know what happened to them."""
    now = make_profile({"main": (100, 1), "main;f": (3000, 20), "main;g": (400, 5), "main;new": (90, 1)})
    found = difference(make_profile(BEFORE), now)
    assert [(c.function.name, c.kind, c.own) for c in found.changes] == [
        ("f", "dearer", 2000),
        ("new", "new", 90),
        ("old", "gone", -50),
        ("g", "cheaper", -100),
    ]
    assert found.total == 1940
    assert found.share(found.changes[0].own) == 2000 / 1940
    assert found.changes[0].calls == (10, 20)


def test_shares_add_up(make_profile: MakeProfile) -> None:
    """The changes of all functions are the whole change."""
    now = make_profile({"main": (90, 1), "main;f": (3000, 20)})
    found = difference(make_profile(BEFORE), now)
    assert sum(change.own for change in found.changes) == found.total


def test_an_improvement_is_ranked_the_other_way_round(make_profile: MakeProfile) -> None:
    """Where the benchmark became cheaper, what became cheaper comes first."""
    now = make_profile({"main": (200, 1), "main;f": (10, 10), "main;g": (500, 5), "main;old": (50, 1)})
    found = difference(make_profile(BEFORE), now)
    assert [change.function.name for change in found.changes] == ["f", "main"]


def test_nothing_changed(make_profile: MakeProfile) -> None:
    """Two equal profiles differ in nothing, and no share is of nothing."""
    found = difference(make_profile(BEFORE), make_profile(BEFORE))
    assert found.changes == ()
    assert found.total == 0


def test_calls_alone_are_a_change(make_profile: MakeProfile) -> None:
    """A function that is called more often at the same cost is told."""
    found = difference(make_profile({"f": (10, 1)}), make_profile({"f": (10, 2)}))
    assert [(change.kind, change.calls) for change in found.changes] == [("same", (1, 2))]
    assert found.share(found.changes[0].own) is None
