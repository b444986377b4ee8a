"""Values that several threads need and only the first makes."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Once(Generic[Value]):
    """A table whose entries are made when first asked for; others who ask meanwhile wait for them.

    An error while making an entry is kept too, and raised to all who ask for it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._made: dict[Hashable, Value | Exception] = {}

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made now if it was not before."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._made:
                try:
                    self._made[key] = make()
                except Exception as error:
                    self._made[key] = error
            made = self._made[key]
        if isinstance(made, Exception):
            raise made
        return made
