"""What suites' fixtures commonly do, imported for nothing but that valgrind has translated it then.

Each test's process would else translate it anew: importing a module of this kind took a quarter of a second.
PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import enum
import functools
from abc import ABCMeta, abstractmethod
from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class _Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, order=True)
class _Row:
    key: str
    values: list[int] = field(default_factory=list, compare=False)


class _Shape(metaclass=ABCMeta):
    @abstractmethod
    def area(self) -> float:
        """Nothing here is for anyone to call."""


class _Square(_Shape):
    def __init__(self, side: float) -> None:
        super().__init__()
        self._side = side

    @property
    def side(self) -> float:
        return self._side

    @functools.cached_property
    def double(self) -> float:
        return 2 * self.side

    def area(self) -> float:
        return self.side**2

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.side!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Square) and self.side == other.side

    def __hash__(self) -> int:
        return hash(self.side)

    def __lt__(self, other: _Square) -> bool:
        return self.side < other.side


class _Table(Generic[_T]):
    def __init__(self, *args: Any, **named: _T) -> None:
        self._rows: dict[str, _T] = dict(*args, **named)

    def __getitem__(self, key: str) -> _T:
        return self._rows[key]

    def __setitem__(self, key: str, value: _T) -> None:
        self._rows[key] = value

    def __delitem__(self, key: str) -> None:
        del self._rows[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @classmethod
    def of(cls, number: int) -> _Table[int]:
        made: _Table[int] = _Table()
        for i in range(number):
            made[str(i)] = i
        return made

    @staticmethod
    def name(*words: str, glue: str = "-") -> str:
        return glue.join(word.strip().lower().replace("_", "") for word in words)


@functools.lru_cache(maxsize=8)
def _fibonacci(n: int) -> int:
    return n if n < 2 else _fibonacci(n - 1) + _fibonacci(n - 2)


@contextmanager
def _counted(counter: dict[str, int]) -> Iterator[dict[str, int]]:
    counter["in"] = counter.get("in", 0) + 1
    try:
        yield counter
    finally:
        counter["out"] = counter.pop("in") - 1


def _play() -> list[object]:
    table = _Table.of(40)
    for key, value in {f"{i:03d}|{i / 7:.2f}": -i for i in range(20)}.items():
        table[key] = value
    with suppress(KeyError):
        table["none"]
    with _counted(defaultdict(int)) as counter:
        counter["seen"] += len([key for key in table if key in table and key.isdigit()])
    queue = deque(sorted({_Square(i % 5) for i in range(9)}), maxlen=4)
    ordered = OrderedDict((str(square), square.area() + square.double) for square in queue)
    ordered.move_to_end(next(iter(ordered)))
    row = replace(_Row("a"), key=_Table.name("B_", " c"))
    text = "".join(reversed("text")).encode("utf-8").decode().partition("x")
    numbers = [int("12"), float("1.5"), 10**20 // 3, divmod(17, 5), min(3, 2), sum(range(9)), _fibonacci(9)]
    chosen = [_Colour("red"), _Row("b") < row]
    letters = bytearray(b"abc") + bytes(3)
    pairs = list(zip(range(3), map(str, (1, 2, 3)), "abc", strict=True))
    first, *rest = [*map(str, pairs), *text]
    try:
        raise ValueError(first, {*rest})
    except ValueError as error:
        told = [*error.args, *letters[1:-1:2]]
    return [row, numbers, chosen, told, counter, ordered.popitem(), repr(table)[:9]]


_play()
