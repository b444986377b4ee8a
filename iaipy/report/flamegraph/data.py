"""What the page's script reads: the boxes in rows of numbers, and every text once."""

from collections.abc import Sequence
from typing import TypedDict

from iaipy.report.flamegraph.boxes import Box
from iaipy.report.plain import one_line


class Data(TypedDict):
    """The boxes of a graph.

    Parameters:
        difference: whether boxes have numbers of two sides.
        texts: files, and the names of modules and classes.
        functions: each the text its name begins with (-1: none) before a dot, the rest of the name,
            the text that is its file, and its line (0: unknown).
        boxes: each a function, the box it stands on (-1: none), its own instructions and its calls; in a
            difference also the instructions and calls of before.
    """

    difference: bool
    texts: list[str]
    functions: list[tuple[int, str, int, int]]
    boxes: list[list[int]]


def data(boxes: Sequence[Box], *, is_difference: bool) -> Data:
    """The boxes with all that their functions share told once."""
    texts: dict[str, int] = {}
    functions: dict[tuple[int, str, int, int], int] = {}

    def text(wanted: str) -> int:
        return texts.setdefault(wanted, len(texts))

    def function(box: Box) -> tuple[int, str, int, int]:
        within, dot, name = one_line(box.name).rpartition(".")
        return (text(within) if dot else -1), name, text(one_line(box.file)), box.line

    rows = []
    for box in boxes:
        index = functions.setdefault(function(box), len(functions))
        before = [box.own_before, box.calls_before] if is_difference else []
        rows.append([index, box.parent, box.own, box.calls, *before])
    return {
        "difference": is_difference,
        "texts": list(texts),
        "functions": list(functions),
        "boxes": rows,
    }
