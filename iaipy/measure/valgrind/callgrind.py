"""Callgrind's output files: the cost and the calls of every function, told apart by its callers.

The format is described in valgrind's manual ("Callgrind Format Specification"). What a file says of
inclusive costs is not used: with callers told apart to the root they follow from the functions' own costs.
"""

import re
from collections import Counter
from pathlib import Path

from iaipy.errors import MeasurementError
from iaipy.model.profile import Context, Dump

_REMEDY = "is the disk full? Free some space, or set TMPDIR to a folder that has it"
_NAMED = re.compile(r"\((\d+)\)(?: (.*))?")
_BEGINS_A_COST = frozenset("0123456789+-*")
_REFERENCE = re.compile(r"\((\d+)\)")


def read_dump(path: Path, deepest: int) -> Dump:
    """The contexts of one file.

    Parameters:
        deepest: how many callers callgrind was told to keep.

    Raises:
        MeasurementError: the file can't be read, is cut short or no callgrind file of instructions.
    """
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise MeasurementError(f"callgrind left no file {path.name}: {error.strerror}. {_REMEDY}") from error
    return parse_dump(text, deepest, path.name)


def parse_dump(text: str, deepest: int, name: str) -> Dump:
    """The same, from the file's text.

    Raises:
        MeasurementError: as `read_dump`.
    """
    head, _, body = text.partition("\nevents:")
    events, _, body = body.partition("\n")
    totals = re.search(r"^totals: (\d+)\n\Z", body[-100:], re.MULTILINE)
    if totals is None:
        raise MeasurementError(f"callgrind's file {name} is cut short. {_REMEDY}")
    if events.split() != ["Ir"]:
        raise MeasurementError(f"callgrind's file {name} counts {events.strip() or 'nothing'} in place of Ir")
    positions = re.search(r"^positions:(.*)$", head, re.MULTILINE)
    reader = _Reader(len(positions[1].split()) if positions else 1)
    try:
        reader.read(body)
    except (ValueError, IndexError, KeyError) as error:
        raise MeasurementError(f"callgrind's file {name} has a line that makes no sense: {error}") from error
    dump = reader.dump(deepest)
    if dump.instructions != int(totals[1]):
        raise MeasurementError(
            f"callgrind's file {name} doesn't add up: {dump.instructions} in place of {totals[1]}"
        )
    return dump


class _Symbols(dict[str, str]):
    """Symbols by what stands for them in a path: `(12)` once it is known, or themselves.

    A number without parentheses is a recursion's level, and no symbol: "".
    """

    def __missing__(self, part: str) -> str:
        if _REFERENCE.fullmatch(part):
            raise KeyError(part)
        return "" if part.isdigit() else part


class _Reader:
    """Takes the lines behind the header."""

    def __init__(self, positions: int) -> None:
        self._positions = positions
        self._symbols = _Symbols()
        self._paths: dict[str, tuple[str, ...]] = {}
        self._objects: dict[str, str] = {}
        self._own: Counter[tuple[str, ...]] = Counter()
        self._calls: Counter[tuple[str, ...]] = Counter()
        self._object_of: dict[str, str] = {}

    def read(self, body: str) -> None:
        """Take all lines. There may be millions, most of them costs."""
        positions, object_, is_inclusive = self._positions, "", False
        function: tuple[str, ...] = ()
        called: tuple[str, ...] = ()
        cost = 0
        for line in body.split("\n"):
            if line[:1] in _BEGINS_A_COST:
                columns = line.split()
                if is_inclusive:
                    is_inclusive = False
                elif len(columns) > positions:
                    cost += int(columns[positions])
                continue
            key, _, value = line.partition("=")
            if key == "fn":
                self._own[function] += cost
                function, cost = self._context(value), 0
                self._object_of.setdefault(function[-1], object_)
            elif key == "cfn":
                called = self._context(value)
            elif key == "calls":
                self._calls[called] += int(value.split()[0])
                is_inclusive = True
            elif key == "ob":
                object_ = self._object_name(value)
            elif key == "cob":
                self._object_name(value)
        self._own[function] += cost

    def _object_name(self, value: str) -> str:
        match = _NAMED.fullmatch(value)
        if match is None:
            return value
        if match[2] is not None:
            self._objects[match[1]] = match[2]
        return self._objects[match[1]]

    def _context(self, value: str) -> tuple[str, ...]:
        match = _NAMED.fullmatch(value)
        if match is None:
            return self._path(value)
        if match[2] is not None:
            path = self._paths[match[1]] = self._path(match[2])
            self._symbols[f"({match[1]})"] = path[-1]
        return self._paths[match[1]]

    def _path(self, mangled: str) -> tuple[str, ...]:
        """The symbols of `function'2'caller'its caller`, outermost first."""
        path = tuple(map(self._symbols.__getitem__, reversed(mangled.split("'"))))
        return tuple(filter(None, path)) if "" in path else path

    def dump(self, deepest: int) -> Dump:
        """What was read, each path once."""
        paths = dict.fromkeys((*self._own, *self._calls))
        return Dump(
            tuple(
                Context(path, self._own[path], self._calls[path], len(path) > deepest)
                for path in paths
                if self._own[path] or self._calls[path]
            ),
            self._object_of,
        )
