"""The C functions in cachegrind's output files: what each executed between two readings, and its object."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from iaipy.errors import MeasurementError
from iaipy.model.run import OTHERS

MOST_FUNCTIONS = 30

_FUNCTION = "\nfn="
_COST = re.compile(r"^\d+ (\d+)", re.MULTILINE)
"""A line's number and the first event, which is Ir."""


def executed(after: Path, before: Path | None = None) -> dict[str, int]:
    """Instructions by function, as valgrind names it; nought and less are left out.

    Parameters:
        before: the earlier reading; None to take all that the later one has.

    Raises:
        MeasurementError: a file can't be read.
    """
    later, earlier = _blocks(after), _blocks(before) if before else Counter[str]()
    costs: Counter[str] = Counter()
    # Most functions weren't executed in between, and their lines are the same.
    for sign, blocks in ((1, later - earlier), (-1, earlier - later)):
        for block, times in blocks.items():
            name, _, lines = block.partition("\n")
            costs[name] += sign * times * sum(map(int, _COST.findall(lines)))
    return {name: cost for name, cost in costs.items() if cost > 0}


def _blocks(path: Path) -> Counter[str]:
    """Functions with the lines below them; one with code of several files stands there several times."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise MeasurementError(f"valgrind left no counter file {path.name}: {error.strerror}") from error
    _, *blocks = text.partition("\nsummary:")[0].split(_FUNCTION)
    return Counter(block.partition("\nfl=")[0].removesuffix("\n") for block in blocks)


def costliest(
    costs: Mapping[str, int], object_of: Callable[[str], str], most: int = MOST_FUNCTIONS
) -> dict[str, dict[str, int]]:
    """The functions that executed most, by the objects they are in, and all others together.

    Parameters:
        costs: instructions by function.
        object_of: the name of the program or library that a function is in; "" where that isn't known.
        most: how many functions are told apart.
    """
    ranked = sorted(costs.items(), key=lambda item: (-item[1], item[0]))
    found: dict[str, dict[str, int]] = {}
    for name, cost in ranked[:most]:
        found.setdefault(object_of(name), {})[name] = cost
    rest = sum(cost for _, cost in ranked[most:])
    if rest:
        found.setdefault("", {})[OTHERS] = rest
    return found
