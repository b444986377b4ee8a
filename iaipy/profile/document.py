"""The versioned JSON document that a profile is stored and reported as."""

import json
from typing import Any

from iaipy.errors import HostError
from iaipy.model.profile import Accounting, Frame, Function, Profile

FORMAT = "iaipy.profile"
VERSION = 2
# History of the format:
#   2  costs are as callgrind has seen them; 1 took from them what calls had taken more
#   1  the first one


def to_document(profile: Profile) -> dict[str, Any]:
    """The profile as plain data."""
    accounting = profile.accounting
    return {
        "format": FORMAT,
        "version": VERSION,
        "created_utc": profile.created_utc,
        "commit": profile.commit,
        "benchmark": profile.benchmark,
        "iterations": profile.iterations,
        "python": profile.python,
        "native": profile.native,
        "fingerprint": dict(sorted(profile.fingerprint.items())),
        "notes": list(profile.notes),
        "accounting": {
            "executed": accounting.executed,
            "trampolines": accounting.trampolines,
            "harness": accounting.harness,
            "counted": accounting.counted,
        },
        "functions": [[each.name, each.file, each.line, each.native] for each in profile.functions],
        "frames": [[each.function, each.parent, each.instructions, each.calls] for each in profile.frames],
    }


def dumps(profile: Profile) -> str:
    """The profile's document as text, a function or frame to a line, so that two documents diff well."""
    head = to_document(profile)
    functions, frames = head.pop("functions"), head.pop("frames")
    parts = [json.dumps(head, indent=1).removesuffix("\n}")]
    for name, rows in (("functions", functions), ("frames", frames)):
        lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
        parts.append(f' "{name}": [\n{lines}\n ]')
    return ",\n".join(parts) + "\n}\n"


def loads(text: str, where: str) -> Profile:
    """The profile that a document's text describes.

    Parameters:
        where: the file it came from, for messages.

    Raises:
        HostError: it is no such document, a newer one, or damaged.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unusable(where, f"not readable as JSON: {error}") from error
    return from_document(document, where)


def from_document(document: object, where: str) -> Profile:
    """The profile that a document describes.

    Parameters:
        where: the file it came from, for messages.

    Raises:
        HostError: as `loads` does.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _unusable(where, f"its format is not {FORMAT}")
    if document.get("version") != VERSION:
        raise _unusable(where, f"its version is {document.get('version')!r}, and this iaipy knows {VERSION}")
    try:
        return _profile(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unusable(where, f"a value is missing or wrong: {error}") from error


def _unusable(where: str, what: str) -> HostError:
    return HostError(
        f"{where} can't be used as a profile: {what}",
        "make it anew with iaipy profile FILE::BENCHMARK --report json:PATH",
    )


def _profile(document: dict[str, Any]) -> Profile:
    functions = tuple(
        Function(str(name), str(file), _count(line), bool(native))
        for name, file, line, native in document["functions"]
    )
    frames = tuple(
        Frame(_below(function, len(functions), 0), _below(parent, index, -1), _count(own), _count(calls))
        for index, (function, parent, own, calls) in enumerate(document["frames"])
    )
    told = document["accounting"]
    accounting = Accounting(*(_count(told[key]) for key in ("executed", "trampolines", "harness", "counted")))
    return Profile(
        benchmark=str(document["benchmark"]),
        functions=functions,
        frames=frames,
        accounting=accounting,
        python=bool(document["python"]),
        native=bool(document["native"]),
        iterations=_count(document["iterations"]),
        created_utc=str(document["created_utc"]),
        commit=str(document["commit"]),
        fingerprint={str(key): str(value) for key, value in document["fingerprint"].items()},
        notes=tuple(str(note) for note in document["notes"]),
    )


def _count(value: object) -> int:
    return _below(value, None, 0)


def _below(value: object, end: int | None, begin: int) -> int:
    """A whole number from `begin` up to, but not including, `end`."""
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or value < begin
        or (end is not None and value >= end)
    ):
        raise ValueError(f"{value!r} is out of place")
    return value
