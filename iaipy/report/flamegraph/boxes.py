"""What a flame graph draws: the frames of one call tree, or of two laid over each other."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from iaipy.model.profile import Frame, Profile


@dataclass
class Box:
    """A frame to draw.

    Parameters:
        name, file, line: of its function.
        parent: index of the box it stands on; -1 for none.
        depth: how many boxes are below it.
        own, calls, total: its instructions, its calls, and its instructions with those of the boxes on it.
        own_before, calls_before, total_before: the same of the earlier profile.
    """

    name: str
    file: str
    line: int
    parent: int
    depth: int
    own: int = 0
    calls: int = 0
    total: int = 0
    own_before: int = 0
    calls_before: int = 0
    total_before: int = 0


def boxes(now: Profile, before: Profile | None) -> list[Box]:
    """The boxes of a profile, or of two whose frames are matched by the names on their paths."""
    found: list[Box] = []
    index: dict[tuple[int, str], int] = {}
    _lay(now, found, index, is_before=False)
    if before is not None:
        _lay(before, found, index, is_before=True)
    for box in reversed(found):
        box.total += box.own
        box.total_before += box.own_before
        if box.parent >= 0:
            found[box.parent].total += box.total
            found[box.parent].total_before += box.total_before
    return _in_order(found)


def _lay(profile: Profile, found: list[Box], index: dict[tuple[int, str], int], *, is_before: bool) -> None:
    positions: list[int] = []
    for frame in profile.frames:
        parent = positions[frame.parent] if frame.parent >= 0 else -1
        function = profile.functions[frame.function]
        position = index.setdefault((parent, function.name), len(found))
        if position == len(found):
            depth = found[parent].depth + 1 if parent >= 0 else 0
            found.append(Box(function.name, function.file, function.line, parent, depth))
        _add(found[position], frame, is_before=is_before)
        positions.append(position)


def _add(box: Box, frame: Frame, *, is_before: bool) -> None:
    if is_before:
        box.own_before += frame.instructions
        box.calls_before += frame.calls
    else:
        box.own += frame.instructions
        box.calls += frame.calls


def pruned(every: Sequence[Box], most: int) -> list[Box]:
    """The costliest boxes, at most so many; what stands on one that is left out is left out with it."""
    if len(every) <= most:
        return list(every)
    weights = [max(box.total, box.total_before) for box in every]
    # A box weighs as much as what it stands on at most, and comes after it: so no kept box loses its own.
    kept = set(heapq.nsmallest(most, range(len(every)), key=lambda at: (-weights[at], at)))
    return _reindexed(every, [at for at in range(len(every)) if at in kept])


def _in_order(found: Sequence[Box]) -> list[Box]:
    """Each box right before those that stand on it, the costliest of these first."""
    children: list[list[int]] = [[] for _ in found]
    roots: list[int] = []
    for position, box in enumerate(found):
        (children[box.parent] if box.parent >= 0 else roots).append(position)

    def cheapest_first(positions: list[int]) -> list[int]:
        return sorted(
            positions, key=lambda at: (max(found[at].total, found[at].total_before), found[at].name)
        )

    order: list[int] = []
    stack = cheapest_first(roots)
    while stack:
        position = stack.pop()
        order.append(position)
        stack += cheapest_first(children[position])
    return _reindexed(found, order)


def _reindexed(found: Sequence[Box], order: Sequence[int]) -> list[Box]:
    """The boxes in this order, their parents told by their new places."""
    places = {old: new for new, old in enumerate(order)}
    chosen = []
    for old in order:
        box = found[old]
        box.parent = places[box.parent] if box.parent >= 0 else -1
        chosen.append(box)
    return chosen
