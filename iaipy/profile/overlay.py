"""Two call trees laid over each other, path by path."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from iaipy.model.profile import Function, Profile

_INSTALLED = ("/site-packages/", "/dist-packages/")


@dataclass(eq=False)
class Node:
    """A function called along one path, before and now.

    Parameters:
        own, calls, inclusive: pairs, before and now.
        instead: the name of the function that it stands in the place of; "" for none.
    """

    function: Function
    parent: "Node | None" = None
    own: tuple[int, int] = (0, 0)
    calls: tuple[int, int] = (0, 0)
    inclusive: tuple[int, int] = (0, 0)
    is_before: bool = False
    is_now: bool = False
    instead: str = ""
    children: dict[str, "Node"] = field(default_factory=dict)

    def callers(self) -> Iterator["Node"]:
        """The frames above, the nearest first."""
        node = self.parent
        while node is not None and node.parent is not None:
            yield node
            node = node.parent

    @property
    def is_old(self) -> bool:
        """Whether it, or anything below it, was there before."""
        return self.is_before or self.inclusive[0] > 0


def is_library(function: Function) -> bool:
    """Whether a function isn't the project's: a library's, iaipy's or C."""
    file = function.file
    return (
        function.native
        or file.startswith(("/", "…/", "<frozen"))
        or any(part in f"/{file}" for part in _INSTALLED)
    )


def overlay(before: Profile, now: Profile) -> Node:
    """The common tree, under a node that stands for none of its frames.

    Functions are matched by name below the same caller. One that took another's place, and one that was put
    between a caller and what it called, or taken from there, are matched too.
    """
    top = Node(Function(""))
    for side, profile in enumerate((before, now)):
        nodes: list[Node] = []
        for frame in profile.frames:
            parent = nodes[frame.parent] if frame.parent >= 0 else top
            function = profile.functions[frame.function]
            node = parent.children.get(function.name)
            if node is None:
                node = parent.children[function.name] = Node(function, parent)
            if side:
                _add(node, (0, frame.instructions), (0, frame.calls))
                node.is_now, node.function = True, function
            else:
                _add(node, (frame.instructions, 0), (frame.calls, 0))
                node.is_before = True
            nodes.append(node)
    for node in _downwards(top):
        _match(node)
    for node in reversed(list(_downwards(top))):
        below = node.children.values()
        node.inclusive = (
            node.own[0] + sum(child.inclusive[0] for child in below),
            node.own[1] + sum(child.inclusive[1] for child in below),
        )
    return top


def _add(node: Node, own: tuple[int, int], calls: tuple[int, int]) -> None:
    node.own = (node.own[0] + own[0], node.own[1] + own[1])
    node.calls = (node.calls[0] + calls[0], node.calls[1] + calls[1])


def _downwards(top: Node) -> Iterator[Node]:
    """All frames, each before those below it; what a frame has below it may change until it has been seen."""
    stack = [top]
    while stack:
        node = stack.pop()
        yield node
        stack += node.children.values()


def _match(caller: Node) -> None:
    """Match the callees of a frame that are new with those that are gone."""
    new = {name: child for name, child in caller.children.items() if not child.is_before}
    gone = {name: child for name, child in caller.children.items() if not child.is_now}
    around = {name: child for child in new.values() for name in child.children}
    for name, old in list(gone.items()):
        between = around.get(name)
        inside = next((each for each in old.children if each in new), None)
        if between is not None and between.function.name in new:
            _merge(between.children[name], old)
            del caller.children[name], gone[name], new[between.function.name]
        elif inside is not None:
            _merge(new.pop(inside), old.children.pop(inside))
            del gone[name]
    if len(new) == len(gone) == 1:
        (stands,), (stood,) = new.values(), gone.values()
        if stands.calls[1] == stood.calls[0]:
            stands.instead = stood.function.name
            del caller.children[stands.instead]
            _merge(stands, stood)


def _merge(into: Node, old: Node) -> None:
    """Add what was before to a frame of now, and likewise below it."""
    stack = [(into, old)]
    while stack:
        node, other = stack.pop()
        _add(node, other.own, other.calls)
        node.is_before = True
        for name, child in other.children.items():
            if name in node.children:
                stack.append((node.children[name], child))
            else:
                child.parent = node
                node.children[name] = child
