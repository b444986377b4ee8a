"""Imports a benchmark file without valgrind and prints what it declares, as JSON.

Started by `launcher.argv` with the arguments ROOT FILE ANSWER. Besides telling what there is to measure,
this leaves the compiled modules behind, iaipy's own among them, so that a fresh checkout's first measured
import does the same work as its tenth.
"""

from __future__ import annotations

import json
import os
import sys

from iaipy.declare import Declaration
from iaipy.workers import failure
from iaipy.workers.nursery import load, search


def _described(declaration: Declaration) -> dict[str, object]:
    return {
        "kind": "coroutine" if declaration.is_coroutine else "function",
        "line": declaration.line,
        "cases": declaration.case_names(),
        "warmup": declaration.warmup,
        "iterations": declaration.iterations,
        "repeats": declaration.repeats,
        "limits": declaration.limits,
        "hard_limits": declaration.hard_limits,
        "tags": declaration.tags,
        "timeout": declaration.timeout,
        "fork": declaration.fork,
    }


def main(root: str, path: str, answer: str) -> None:
    """Write the declarations, or the traceback of the import, to the file `answer`."""
    search(root, path)
    try:
        document = json.dumps({"declarations": [_described(declaration) for declaration in load(path)]})
    except BaseException as error:
        document = json.dumps({"error": failure.described(error)})
    with open(answer, "w", encoding="utf-8") as file:
        file.write(document)
    sys.stdout.flush()
    os._exit(0)
