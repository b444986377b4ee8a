"""What a call tree amounts to for each of its functions."""

from collections import Counter
from collections.abc import Hashable, Sequence

from iaipy.model.difference import Sum
from iaipy.model.profile import Function, Profile


def inclusive(profile: Profile) -> list[int]:
    """Frame by frame, its own instructions and those of all frames below it."""
    totals = [frame.instructions for frame in profile.frames]
    for position in range(len(totals) - 1, -1, -1):
        parent = profile.frames[position].parent
        if parent >= 0:
            totals[parent] += totals[position]
    return totals


def by_name(profile: Profile) -> dict[str, Sum]:
    """The sums of all functions, by their names.

    A frame below another of the same name adds nothing to the inclusive instructions: the outer one has
    them already.
    """
    functions: dict[str, Function] = {}
    for function in profile.functions:
        functions.setdefault(function.name, function)
    own, whole, calls = (dict.fromkeys(functions, 0) for _ in range(3))
    names = [profile.functions[frame.function].name for frame in profile.frames]
    totals, outer = inclusive(profile), _outermost(profile, names)
    for position, (frame, name) in enumerate(zip(profile.frames, names, strict=True)):
        own[name] += frame.instructions
        calls[name] += frame.calls
        if outer[position]:
            whole[name] += totals[position]
    return {name: Sum(function, own[name], whole[name], calls[name]) for name, function in functions.items()}


def calls_between(profile: Profile) -> dict[tuple[int, int], tuple[int, int]]:
    """(caller, callee) → calls and inclusive instructions, for functions by their index in the profile.

    Where a call goes on below a call of the same kind, the outer one has its instructions already.
    """
    edges = [
        (profile.frames[frame.parent].function if frame.parent >= 0 else -1, frame.function)
        for frame in profile.frames
    ]
    found: dict[tuple[int, int], tuple[int, int]] = {}
    totals, outer = inclusive(profile), _outermost(profile, edges)
    for position, frame in enumerate(profile.frames):
        if frame.parent >= 0:
            calls, cost = found.get(edges[position], (0, 0))
            cost += totals[position] if outer[position] else 0
            found[edges[position]] = (calls + frame.calls, cost)
    return found


def _outermost(profile: Profile, keys: Sequence[Hashable]) -> list[bool]:
    """Frame by frame, whether none of its callers has the same key."""
    children: list[list[int]] = [[] for _ in profile.frames]
    stack: list[int] = []
    for position, frame in enumerate(profile.frames):
        (children[frame.parent] if frame.parent >= 0 else stack).append(position)
    outer = [False] * len(profile.frames)
    active: Counter[Hashable] = Counter()
    while stack:
        position = stack.pop()
        if position < 0:  # the complement of a frame that is left now
            active[keys[~position]] -= 1
            continue
        outer[position] = not active[keys[position]]
        active[keys[position]] += 1
        stack += [~position, *children[position]]
    return outer


def ranked(profile: Profile) -> list[Sum]:
    """The sums, the greatest own costs first."""
    return sorted(
        by_name(profile).values(), key=lambda each: (-each.own, -each.inclusive, each.function.name)
    )
