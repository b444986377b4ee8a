"""Which program or library a C function is in: read from the symbol tables of what a process has mapped.

Cachegrind names functions and not their objects. The format is ELF's ("Tool Interface Standard: Executable
and Linking Format", and elf(5)); a table that a distribution keeps apart lies under its build's identity.
"""

import re
import struct
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_HEADER = struct.Struct("<4sBB34xQ10xHHH")
"""Magic, class, byte order, then the section headers' offset, size and number."""

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SYMBOL_TABLES, _NOTE = (2, 11), 7
_FUNCTION_TYPES = (2, 10)
_64_BIT, _LITTLE_ENDIAN = 2, 1
_BUILD_IDENTITY = re.compile(rb"\x04\0\0\0(.)\0\0\0\x03\0\0\0GNU\0", re.DOTALL)
_DEBUG = Path("/usr/lib/debug/.build-id")
_VALGRINDS_OWN = "/valgrind/"


class Objects:
    """The programs and libraries of a process.

    Parameters:
        pid: of a living process.
    """

    def __init__(self, pid: int) -> None:
        self._unread = list(_mapped(pid))
        self._found: dict[str, str] = {}
        self._lock = threading.Lock()

    def of(self, function: str) -> str:
        """The file name of the first object that has a function; "" where none has."""
        name = function.partition("@")[0]
        with self._lock:
            while name not in self._found and self._unread:
                path = self._unread.pop(0)
                for symbol in _functions(path):
                    self._found.setdefault(symbol, path.name)
            return self._found.get(name, "")


def _mapped(pid: int) -> Iterator[Path]:
    """The files whose code a process has mapped, in the order of their addresses; none where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    except OSError:
        return
    rows = (line.split(maxsplit=5) for line in lines)
    paths = (row[5] for row in rows if len(row) > 5 and "x" in row[1] and row[5].startswith("/"))
    yield from map(Path, dict.fromkeys(path for path in paths if _VALGRINDS_OWN not in path))


@lru_cache(maxsize=1024)
def _functions(path: Path) -> frozenset[str]:
    """The functions of an object; none where it can't be read."""
    try:
        content = path.read_bytes()
        sections = _sections(content)
        identity = next(_identities(content, sections), "")
        apart = _DEBUG / identity[:2] / f"{identity[2:]}.debug"
        found = set(_names(content, sections))
        if identity and apart.is_file():
            content = apart.read_bytes()
            found.update(_names(content, _sections(content)))
    except (OSError, struct.error, ValueError, IndexError):
        return frozenset()
    return frozenset(found)


_Section = tuple[int, ...]


def _sections(content: bytes) -> list[_Section]:
    magic, width, order, offset, size, number, _ = _HEADER.unpack_from(content)
    if (magic, width, order) != (b"\x7fELF", _64_BIT, _LITTLE_ENDIAN):
        raise ValueError("no ELF file of 64 bits")
    return [_SECTION.unpack_from(content, offset + index * size) for index in range(number)]


def _names(content: bytes, sections: list[_Section]) -> Iterator[str]:
    for _, kind, _, _, offset, size, link, *_ in sections:
        if kind not in _SYMBOL_TABLES:
            continue
        strings = sections[link][4]
        for name, info, _, section, _, _ in _SYMBOL.iter_unpack(content[offset : offset + size]):
            if section and info & 15 in _FUNCTION_TYPES:
                begin = strings + name
                yield content[begin : content.index(b"\0", begin)].decode(errors="replace").partition("@")[0]


def _identities(content: bytes, sections: list[_Section]) -> Iterator[str]:
    for _, kind, _, _, offset, size, *_ in sections:
        match = _BUILD_IDENTITY.match(content[offset : offset + size]) if kind == _NOTE else None
        if match:
            begin = offset + match.end()
            yield content[begin : begin + match[1][0]].hex()
