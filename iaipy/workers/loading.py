"""Import a benchmark file, under valgrind or not, in one and the same way."""

from __future__ import annotations

import sys

from iaipy import declare


def search(root: str, path: str) -> None:
    """Put the file's folder and the project's root first on the search path, and look through all of it.

    What folders hold is remembered from then on, and no longer leaves its mark on the heap.
    """
    sys.path[:0] = [path.rpartition("/")[0], root]
    try:
        __import__("iaipy_has_no_such_module")
    except ImportError:
        pass


def load(path: str) -> list[declare.Declaration]:
    """Import the file as the module that its name says; its own declarations, in order.

    Raises whatever the import raises, and ImportError where another module has taken the name.
    """
    name = path.rpartition("/")[2].removesuffix(".py")
    module = __import__(name)
    if getattr(module, "__file__", None) != path:
        raise ImportError(
            f"its name is taken: {name} is {getattr(module, '__file__', module)}; rename the file"
        )
    return [declaration for declaration in declare.declared if declaration.function.__module__ == name]
