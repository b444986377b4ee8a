"""Imports a benchmark file without valgrind and tells what it declares.

Started by `launcher.argv` with the arguments ROOT FILE ANSWER. Besides telling what there is to measure,
this leaves the compiled modules behind, iaipy's own among them, so that a fresh checkout's first measured
import does the same work as its tenth.
"""

from __future__ import annotations

import os
import sys

from iaipy.declare import Declaration
from iaipy.workers.subject import load, search


def _described(declaration: Declaration) -> dict[str, object]:
    return {
        "kind": "coroutine" if declaration.is_coroutine else "function",
        "line": declaration.line,
        "cases": declaration.case_names(),
        "warmup": declaration.warmup,
        "iterations": declaration.iterations,
        "repeats": declaration.repeats,
        "limits": _plain(declaration.limits),
        "hard_limits": _plain(declaration.hard_limits),
        "tags": _plain(declaration.tags),
        "modes": declaration.modes,
        "processes": declaration.processes,
        "rounds": declaration.rounds,
        "warmup_time": _plain(declaration.warmup_time),
        "measurement_time": _plain(declaration.measurement_time),
        "loop": _plain(declaration.loop),
        "elements": [_plain(_elements(declaration, case)) for case in declaration.cases()],
        "timeout": _plain(declaration.timeout),
        "fork": declaration.fork,
    }


def _elements(declaration: Declaration, case: dict[str, object]) -> object:
    """The things that a call deals with in one case: a number, or the value of the parameter so called."""
    wanted = declaration.elements
    return case[wanted] if isinstance(wanted, str) else wanted


def _plain(value: object) -> object:
    """The value as a literal can say it; what is of no use is left for the host to refuse, as text."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if value is None or type(value) in (bool, int, str) or (type(value) is float and value - value == 0):
        return value
    return str(value)


def _declared_at(error: BaseException) -> tuple[str, int] | None:
    """The file and line of the declaration that @benchmark has refused; None for any other error."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    own = Declaration.__init__.__code__.co_filename
    if not isinstance(error, (TypeError, ValueError)) or not places or places[-1][0] != own:
        return None
    return next((place for place in reversed(places) if place[0] != own), None)


def main(root: str, path: str, answer: str) -> None:
    """Write the declarations, or what went wrong, to the file `answer` as a Python literal.

    Not as JSON: the module would have to be imported, and a benchmark's own json.py would no longer be.
    """
    search(root, path)
    try:
        document: dict[str, object] = {
            "declarations": [_described(declaration) for declaration in load(path)]
        }
    except BaseException as error:
        from iaipy.workers import failure

        place = _declared_at(error)
        document = {"refused": (*place, str(error))} if place else {"error": failure.described(error)}
    with open(answer, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(ascii(document))
    sys.stdout.flush()
    os._exit(0)
