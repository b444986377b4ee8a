"""Import a benchmark file, under valgrind or not, in one and the same way."""

from __future__ import annotations

import sys

from iaipy import declare


def load(root: str, path: str) -> list[declare.Declaration]:
    """Import the file as the module that its name says; its own declarations, in order.

    The file's folder and the project's root come first on the search path. Raises whatever the import
    raises, and ImportError where another module has taken the name.
    """
    folder, _, file = path.rpartition("/")
    sys.path[:0] = [folder, root]
    name = file.removesuffix(".py")
    module = __import__(name)
    if getattr(module, "__file__", None) != path:
        raise ImportError(
            f"its name is taken: {name} is {getattr(module, '__file__', module)}; rename the file"
        )
    return [declaration for declaration in declare.declared if declaration.function.__module__ == name]
