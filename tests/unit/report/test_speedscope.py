"""The file for speedscope."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema

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


NUMBER = {"type": "number"}
STRING = {"type": "string"}


def demanded(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """The schema of an object that has these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required) or list(properties),
        "additionalProperties": False,
    }


# What speedscope's file-format-schema.json (1.25.0) says of a file with evented profiles, which is the only
# kind that is written; stricter in that no other keys are allowed.
EVENT = demanded({"type": {"enum": ["O", "C"]}, "at": NUMBER, "frame": NUMBER})
UNITS = ["bytes", "microseconds", "milliseconds", "nanoseconds", "none", "seconds"]
EVENTED = demanded(
    {
        "type": {"const": "evented"},
        "name": STRING,
        "unit": {"enum": UNITS},
        "startValue": NUMBER,
        "endValue": NUMBER,
        "events": {"type": "array", "items": EVENT},
    }
)
FRAME = demanded({"name": STRING, "file": STRING, "line": NUMBER, "col": NUMBER}, "name")
SCHEMA = demanded(
    {
        "$schema": {"const": "https://www.speedscope.app/file-format-schema.json"},
        "shared": demanded({"frames": {"type": "array", "items": FRAME}}),
        "profiles": {"type": "array", "items": EVENTED},
        "name": STRING,
        "activeProfileIndex": NUMBER,
        "exporter": STRING,
    },
    *("$schema", "shared", "profiles"),
)


def test_it_has_what_the_schema_demands(make_profile: MakeProfile) -> None:
    """A profile, a difference and an empty profile are as speedscope's schema wants them."""
    now, before = make_profile(COSTS), make_profile({"main": (1, 1)})
    for profile, changed in ((now, None), (now, difference(before, now)), (make_profile({}), None)):
        document = json.loads(render(profile, changed))
        jsonschema.validate(document, SCHEMA)
        frames = len(document["shared"]["frames"])
        assert all(event["frame"] < frames for each in document["profiles"] for event in each["events"])
