"""The file that https://www.speedscope.app opens, as its file-format-schema.json describes it."""

import json
from typing import Any

from iaipy.model.difference import Difference
from iaipy.model.profile import Profile
from iaipy.profile.sums import inclusive

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def render(profile: Profile, difference: Difference | None, *, color: bool = False) -> str:
    """The profile; with a difference the one before too, as a second one of the file."""
    shared: dict[tuple[str, str, int], int] = {}
    profiles = [_evented(profile, profile.benchmark, shared)]
    if difference is not None:
        profiles.append(_evented(difference.before, f"{profile.benchmark}, before", shared))
    document = {
        "$schema": _SCHEMA,
        "exporter": "iaipy",
        "name": profile.benchmark,
        "activeProfileIndex": 0,
        "shared": {"frames": [_frame(*key) for key in shared]},
        "profiles": profiles,
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def _frame(name: str, file: str, line: int) -> dict[str, Any]:
    return {"name": name, **({"file": file} if file else {}), **({"line": line} if line else {})}


def _evented(profile: Profile, name: str, shared: dict[tuple[str, str, int], int]) -> dict[str, Any]:
    """Frames opened and closed along an axis of instructions: its own first, then those it called."""
    totals = inclusive(profile)
    events: list[dict[str, Any]] = []
    open_frames: list[tuple[int, int]] = []  # position, and where it ends
    at = 0
    cursor: dict[int, int] = {}
    for position, frame in enumerate(profile.frames):
        while open_frames and open_frames[-1][0] != frame.parent:
            closed, at = open_frames.pop()
            events.append({"type": "C", "frame": _index(profile, closed, shared), "at": at})
        begin = cursor.get(frame.parent, 0)
        cursor[frame.parent] = begin + totals[position]
        cursor[position] = begin + frame.instructions
        events.append({"type": "O", "frame": _index(profile, position, shared), "at": begin})
        open_frames.append((position, begin + totals[position]))
    while open_frames:
        closed, at = open_frames.pop()
        events.append({"type": "C", "frame": _index(profile, closed, shared), "at": at})
    return {
        "type": "evented",
        "name": name,
        "unit": "none",
        "startValue": 0,
        "endValue": profile.total,
        "events": events,
    }


def _index(profile: Profile, position: int, shared: dict[tuple[str, str, int], int]) -> int:
    function = profile.functions[profile.frames[position].function]
    return shared.setdefault((function.name, function.file, function.line), len(shared))
