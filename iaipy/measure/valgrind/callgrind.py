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
        for line in body.splitlines():
            reader.read(line)
    except (ValueError, IndexError, KeyError) as error:
        raise MeasurementError(f"callgrind's file {name} has a line that makes no sense: {error}") from error
    dump = reader.dump(deepest)
    if dump.instructions != int(totals[1]):
        raise MeasurementError(
            f"callgrind's file {name} doesn't add up: {dump.instructions} in place of {totals[1]}"
        )
    return dump


class _Reader:
    """Takes the lines behind the header, one by one."""

    def __init__(self, positions: int) -> None:
        self._positions = positions
        self._symbols: dict[str, tuple[str, ...]] = {}
        self._objects: dict[str, str] = {}
        self._object = ""
        self._function: tuple[str, ...] = ()
        self._called: tuple[str, ...] = ()
        self._inclusive = False
        self._own: Counter[tuple[str, ...]] = Counter()
        self._calls: Counter[tuple[str, ...]] = Counter()
        self._object_of: dict[str, str] = {}

    def read(self, line: str) -> None:
        """Take one line."""
        key, is_assignment, value = line.partition("=")
        if not is_assignment:
            if line[:1].isdigit() or line[:1] in ("+", "-", "*"):
                self._cost(line)
            return
        if key == "fn":
            self._function = self._context(value)
        elif key == "cfn":
            self._called = self._context(value)
        elif key == "calls":
            self._calls[self._called] += int(value.split()[0])
            self._inclusive = True
        elif key in ("ob", "cob"):
            name = self._object_name(value)
            if key == "ob":
                self._object = name

    def _cost(self, line: str) -> None:
        costs = line.split()[self._positions :]
        if self._inclusive:
            self._inclusive = False
        elif costs:
            self._own[self._function] += int(costs[0])
            self._object_of.setdefault(self._function[-1], self._object)

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
            self._symbols[match[1]] = self._path(match[2])
        return self._symbols[match[1]]

    def _path(self, mangled: str) -> tuple[str, ...]:
        """The symbols of `function'2'caller'its caller`, outermost first; a number is a recursion's level."""
        parts = mangled.split("'")
        return tuple(self._symbol(part) for part in reversed(parts) if not part.isdigit())

    def _symbol(self, part: str) -> str:
        reference = _REFERENCE.fullmatch(part)
        return self._symbols[reference[1]][-1] if reference else part

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
