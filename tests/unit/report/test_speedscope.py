"""The file for speedscope."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from iaipy.profile.difference import difference
from iaipy.report.speedscope import render

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile

COSTS = {"main": (100, 1), "main;f": (10, 1), "main;f;g": (5, 3), "main;g": (7, 1), "other": (1, 1)}


def weights(profile: dict[str, Any], names: list[str]) -> dict[str, int]:
    """Own instructions by path, as a reader of the events finds them; the events must nest."""
    stack: list[str] = []
    found: dict[str, int] = {}
    last = 0
    for event in profile["events"]:
        assert event["at"] >= last
        if stack:
            path = ";".join(stack)
            found[path] = found.get(path, 0) + event["at"] - last
        last = event["at"]
        if event["type"] == "O":
            stack.append(names[event["frame"]])
        else:
            assert stack.pop() == names[event["frame"]]
    assert not stack
    assert last == profile["endValue"]
    return found


def test_events_hold_all_instructions(make_profile: MakeProfile) -> None:
    """Frames open and close in order, and each has its own instructions."""
    document = json.loads(render(make_profile(COSTS), None))
    names = [frame["name"] for frame in document["shared"]["frames"]]
    assert weights(document["profiles"][0], names) == {path: own for path, (own, _) in COSTS.items()}


def test_a_difference_brings_both_profiles(make_profile: MakeProfile) -> None:
    """The one before stands beside the one now, and shares its frames."""
    now, before = make_profile(COSTS), make_profile({"main": (1, 1), "main;old": (2, 2)})
    document = json.loads(render(now, difference(before, now)))
    names = [frame["name"] for frame in document["shared"]["frames"]]
    assert sorted(names) == ["f", "g", "main", "old", "other"]
    assert weights(document["profiles"][1], names) == {"main": 1, "main;old": 2}


def test_it_has_what_the_schema_demands(make_profile: MakeProfile) -> None:
    """The keys that the schema requires of a file, a frame and an evented profile are there."""
    document = json.loads(render(make_profile(COSTS), None))
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert set(document) <= {"$schema", "exporter", "name", "activeProfileIndex", "shared", "profiles"}
    assert all(set(frame) <= {"name", "file", "line", "col"} for frame in document["shared"]["frames"])
    profile = document["profiles"][0]
    assert set(profile) == {"type", "name", "unit", "startValue", "endValue", "events"}
    assert profile["unit"] in ("bytes", "microseconds", "milliseconds", "nanoseconds", "none", "seconds")
