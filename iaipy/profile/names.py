"""Whose each trampoline is: the worker's table, and perf's map for functions that were gone by then."""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise, zip_longest

from iaipy.model.profile import Function

Row = tuple[int, str, str, str, int]
"""Address of a trampoline, module, qualified name, file, line."""

_LONGEST_TRAMPOLINE = 64
_ENTRY = re.compile(r"^([0-9a-f]+) [0-9a-f]+ py::", re.MULTILINE)


def from_rows(rows: Iterable[Row], place: Mapping[str, str]) -> dict[int, Function]:
    """The functions of the worker's table, by address.

    Parameters:
        place: beginning of a path as the worker saw it → what to show in its stead.
    """
    return {
        address: Function(f"{module}.{name}" if module else name, placed(file, place), line)
        for address, module, name, file, line in rows
    }


def from_perf_map(text: str, modules: Mapping[str, str], place: Mapping[str, str]) -> dict[int, Function]:
    """The functions that a perf map lists, by address; none of them has a line.

    An entry is `address size py::qualified name:file`. Names and files may hold any characters, line
    breaks among them, so an entry goes on until the next begins; what a map's last line lacks because
    it is cut short is lacking in its name.

    Parameters:
        modules: file as the worker saw it → name of its module.
        place: as for `from_rows`.
    """
    starts = list(_ENTRY.finditer(text))
    found = {}
    for match, following in zip_longest(starts, starts[1:]):
        end = following.start() if following else len(text)
        name, _, file = text[match.end() : end].removesuffix("\n").partition(":")
        module = modules.get(file, "")
        found[int(match[1], 16)] = Function(f"{module}.{name}" if module else name, placed(file, place))
    return found


def is_whole(mapped: Mapping[int, Function], rows: Collection[Row]) -> bool:
    """Whether a perf map is this process's, and not cut short: it has what the worker's table has.

    Parameters:
        mapped: the functions of the map.
    """
    named = sum(
        address in mapped and mapped[address].name.endswith(name.partition(":")[0])
        for address, _, name, _, _ in rows
    )
    return all(row[0] in mapped for row in rows) and 2 * named >= len(rows)


def placed(file: str, place: Mapping[str, str]) -> str:
    """A path as a person knows it: from the project's root where it lies there."""
    for beginning, instead in place.items():
        if file.startswith(beginning):
            return instead + file[len(beginning) :]
    return file


class Trampolines:
    """Finds the function that a symbol of callgrind's stands for.

    Callgrind calls code without a name by its address, in hexadecimal. Trampolines are copies of one another,
    side by side, so none is longer than the least distance of two.

    Parameters:
        functions: addresses of the trampolines that are known.
    """

    def __init__(self, functions: Iterable[int]) -> None:
        self._starts: Sequence[int] = sorted(functions)
        distances = (after - start for start, after in pairwise(self._starts))
        self._length = min((_LONGEST_TRAMPOLINE, *distances))
        self._found: dict[str, int | None] = {}

    def address(self, symbol: str) -> int | None:
        """Where the trampoline that a symbol lies in begins; None if the symbol is no trampoline's."""
        if symbol not in self._found:
            self._found[symbol] = self._look_up(symbol)
        return self._found[symbol]

    def _look_up(self, symbol: str) -> int | None:
        try:
            address = int(symbol, 16) if symbol.startswith("0x") else -1
        except ValueError:
            return None
        position = bisect_right(self._starts, address) - 1
        if position < 0 or address - self._starts[position] >= self._length:
            return None
        return self._starts[position]
