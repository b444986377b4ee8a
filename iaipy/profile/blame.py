"""What a change is put down to: the functions that a person would name.

Both call trees are laid over each other, path by path, and the change is handed down from the top. A
function that is called more often than before, measured by its caller's calls, keeps what that amounts to,
with all that is below it; so does one that wasn't called there before. What is left reaches the functions
whose own instructions changed. From there it goes up again where the function itself can't be the reason:
where it is a library's, or where other callers of it see no change, so that what it is called with differs.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from iaipy.model.difference import Cause, Reason, Sum
from iaipy.model.profile import Function, Profile
from iaipy.profile.overlay import Node, is_library, overlay

_STAYS_THE_SAME = 0.05
"""Of the largest change per call among the calls of a function: what is below that is no change."""

_WORTH_A_LOOK = 1e-4
"""Of all parts together: for a smaller one, other callers aren't looked at."""

_EVENED_OUT = 0.25
"""Part of what more calls take that may be left over without being told apart."""


@dataclass(frozen=True)
class _Part:
    """A part of the change that is put down to a frame.

    Parameters:
        node: whose it is.
        source: the frame whose instructions changed.
    """

    node: Node
    amount: float
    reason: Reason
    source: Node


def causes(before: Profile, now: Profile, sums: tuple[dict[str, Sum], dict[str, Sum]]) -> tuple[Cause, ...]:
    """The functions that the change is put down to, the largest share of it first.

    Parameters:
        sums: of both profiles, by the functions' names.
    """
    parts = list(_handed_down(overlay(before, now)))
    same = _unchanged_contexts(parts)
    least = _WORTH_A_LOOK * sum(abs(part.amount) for part in parts)
    by_function: defaultdict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        if part.amount:
            raised = _raised(part, same[part.node.function.name] if abs(part.amount) >= least else [])
            by_function[raised.node.function.name].append(raised)
    found = [_cause(each, sums) for each in by_function.values()]
    direction = 1 if now.total >= before.total else -1
    found.sort(key=lambda cause: (-direction * cause.amount, cause.function.name))
    return tuple(cause for cause in found if cause.amount or cause.calls[0] != cause.calls[1])


def _handed_down(top: Node) -> Iterator[_Part]:
    """The parts of the change where they arise; unchanged frames have a part of nought."""
    stack = [(child, 1.0) for child in top.children.values()]
    while stack:
        node, scale = stack.pop()
        if not node.is_before:
            whole = node.own[1] + sum(c.inclusive[1] for c in node.children.values() if not c.is_old)
            yield _Part(node, whole, "new", node)
            stack += [(child, scale) for child in node.children.values() if child.is_old]
            continue
        if not node.is_now:
            yield _Part(node, -scale * node.inclusive[0], "gone", node)
            continue
        was, calls = scale * node.calls[0], node.calls[1]
        if was and abs(calls - was) > was * 1e-9:
            change = node.inclusive[1] - scale * node.inclusive[0]
            by_calls = scale * node.inclusive[0] * (calls / was - 1)
            rest = change - by_calls
            is_opposite = rest * by_calls <= 0
            if abs(rest) <= (1 if is_opposite else _EVENED_OUT) * abs(by_calls):
                yield _Part(node, change, "calls", node)
                continue
            yield _Part(node, by_calls, "calls", node)
            scale *= calls / was
        yield _Part(node, node.own[1] - scale * node.own[0], "own", node)
        stack += [(child, scale) for child in node.children.values()]


def _unchanged_contexts(parts: Iterable[_Part]) -> dict[str, list[Node]]:
    """By a function's name, where it was called as before and took as many instructions of its own."""
    by_name: defaultdict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        by_name[part.node.function.name].append(part)
    found = {}
    for name, every in by_name.items():
        own = [part for part in every if part.reason == "own"]
        bound = _STAYS_THE_SAME * max(map(_per_call, own), default=0.0)
        found[name] = [part.node for part in own if _per_call(part) <= bound]
    return found


def _per_call(part: _Part) -> float:
    return abs(part.amount) / max(1, part.node.calls[1])


def _raised(part: _Part, same: list[Node]) -> _Part:
    """The part, put down to the frame that a person would name for it.

    Parameters:
        same: where the function is called too and didn't change.
    """
    node, parent = part.node, part.node.parent
    if part.reason == "own":
        node = _answerable(node, same)
    elif parent and is_library(node.function) and is_library(parent.function):
        node = next((each for each in node.callers() if not is_library(each.function)), node)
    return part if node is part.node else _Part(node, part.amount, "within", part.node)


def _answerable(node: Node, same: list[Node]) -> Node:
    """The function or its nearest caller that is no library's, and which does the same nowhere unchanged."""
    nearest = None
    others = [(other, (other, *other.callers())) for other in same if other is not node]
    for height, each in enumerate((node, *node.callers())):
        others = [
            (other, chain)
            for other, chain in others
            if len(chain) > height and chain[height].function.name == each.function.name
        ]
        if is_library(each.function):
            continue
        nearest = nearest or each
        if not others:
            return each
    return nearest or node


def _cause(parts: list[_Part], sums: tuple[dict[str, Sum], dict[str, Sum]]) -> Cause:
    """One cause of a function's parts."""
    by_reason: defaultdict[Reason, float] = defaultdict(float)
    for part in parts:
        by_reason[part.reason] += part.amount
    reason = max(by_reason, key=lambda each: abs(by_reason[each]))
    of_reason = [part for part in parts if part.reason == reason]
    largest = max(of_reason, key=lambda part: abs(part.amount))
    function = largest.node.function
    before, now = (side.get(function.name) for side in sums)
    has_caller = reason in ("calls", "new", "gone") and largest.node.parent is not None
    caller = largest.node.parent.function.name if has_caller and largest.node.parent else ""
    return Cause(
        function,
        round(sum(part.amount for part in parts)),
        0 if before is None else before.own if reason == "own" else before.inclusive,
        reason,
        (before.calls if before else 0, now.calls if now else 0),
        caller,
        _calls_by(caller, of_reason),
        _boundary(largest) if reason == "within" else "",
        largest.node.instead,
    )


def _calls_by(caller: str, parts: Iterable[_Part]) -> tuple[int, int]:
    pairs = [p.node.calls for p in parts if p.node.parent and p.node.parent.function.name == caller]
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def _boundary(part: _Part) -> str:
    """What changed below the named function: what it called of a library, or the function of its own."""
    chain = [part.source, *part.source.callers()]
    below = chain[: chain.index(part.node)]
    source: Function = part.source.function
    return below[-1].function.name if is_library(source) else source.name
