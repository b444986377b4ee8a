"""The versioned JSON document that a run is stored and reported as; run.schema.json describes it."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeVar, get_args

from iaipy.errors import HostError
from iaipy.model.benchmark import MODES, Kind, Limits, Mode
from iaipy.model.metrics import COUNTER_KEYS, EVENTS
from iaipy.model.run import Environment, Failure, Result, Run, Timing

FORMAT = "iaipy.run"
VERSION = 2
# History of the format:
#   1  the first one
#   2  wall-clock results: benchmarks of mode "walltime", `machine`, a failure's mode

KINDS: tuple[Kind, ...] = get_args(Kind)

_TYPE_NAMES = {str: "a string", int: "a whole number", dict: "an object", list: "a list"}

_NUMBERS = re.compile(r"\[\s+([-+.,\deE\s]+?)\s+\]")
"""A list of numbers as it is indented; no string holds one, because in strings line feeds are escaped."""

T = TypeVar("T")


def to_document(run: Run) -> dict[str, Any]:
    """The run as plain data, benchmarks and failures sorted by id so that two documents diff well."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "created_utc": run.created_utc,
        "commit": run.commit,
        "environment": {
            "fingerprint": dict(sorted(run.environment.fingerprint.items())),
            "notes": dict(sorted(run.environment.notes.items())),
        },
        "machine": {
            "fingerprint": dict(sorted(run.machine.fingerprint.items())),
            "notes": dict(sorted(run.machine.notes.items())),
        },
        "benchmarks": sorted(
            [*map(_from_result, run.benchmarks), *map(_from_timing, run.timings)],
            key=lambda benchmark: (benchmark["id"], benchmark["mode"]),
        ),
        "failures": [
            {"id": failure.id, "mode": failure.mode, "reason": failure.reason, "details": failure.details}
            for failure in sorted(run.failures, key=lambda f: (f.id, f.mode))
        ],
    }


def dumps(run: Run) -> str:
    """The run's document as text, one value to a line, or one list of numbers.

    ASCII alone: a program's output, kept with a failure, may hold bytes that are no text.
    """
    text = json.dumps(to_document(run), indent=1, allow_nan=False)
    return _NUMBERS.sub(lambda numbers: f"[{' '.join(numbers[1].split())}]", text) + "\n"


def loads(text: str, where: str) -> Run:
    """The run that a document's text describes.

    Parameters:
        where: the file it came from, for messages.

    Raises:
        HostError: it is not JSON, has duplicate keys, or is not a document that this iaipy can read.
    """
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _unusable(where, f"not readable as JSON: {error}") from error
    return from_document(document, where)


def from_document(document: object, where: str) -> Run:
    """The run that a document describes; keys that this version doesn't know are ignored.

    Parameters:
        where: the file it came from, for messages.

    Raises:
        HostError: another format, a newer version, or a key that is missing or of the wrong type.
    """
    try:
        return _to_run(document, where)
    except _WrongError as error:
        raise _unusable(where, str(error)) from error


class _WrongError(Exception):
    """What is wrong with a document, and at which place in it."""


def _unusable(where: str, what: str) -> HostError:
    return HostError(
        f"{where} can't be used as a stored run: {what}",
        "restore the file, or save it anew with iaipy run --save-baseline NAME",
    )


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _from_result(result: Result) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": result.id,
        "kind": result.kind,
        "mode": result.mode,
        "path": result.path,
        "line": result.line,
        "counters": {key: result.counters[key] for key in COUNTER_KEYS},
        "events": {event: result.events[event] for event in EVENTS},
        "spread": {key: result.spread[key] for key in COUNTER_KEYS},
        "iterations": result.iterations,
        "repeats": result.repeats,
        "warmup": result.warmup,
    }
    soft = {key: "off" if limit is None else limit for key, limit in sorted(result.limits.soft.items())}
    optional = {
        "minus": result.minus,
        "limits": soft,
        "hard_limits": dict(sorted(result.limits.hard.items())),
        "notes": list(result.notes),
    }
    return document | {key: value for key, value in optional.items() if value}


def _from_timing(timing: Timing) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": timing.id,
        "kind": timing.kind,
        "mode": timing.mode,
        "path": timing.path,
        "line": timing.line,
        "walltime": {
            "processes": [list(samples) for samples in timing.samples_ns],
            "iterations": list(timing.iterations),
            "overhead_ns": list(timing.overhead_ns),
            "peak_rss_bytes": list(timing.peak_rss_bytes),
        },
    }
    optional = {"elements": timing.elements, "minus": timing.minus, "notes": list(timing.notes)}
    return document | {key: value for key, value in optional.items() if value}


def _to_run(document: object, where: str) -> Run:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _WrongError(f'its format is not "{FORMAT}"')
    version = _whole(document, "", "version", 1)
    if version > VERSION:
        raise HostError(
            f"{where} is of format version {version}; this iaipy reads up to version {VERSION}",
            "use the iaipy that wrote it, or a newer one, or save the baseline anew",
        )
    failures = _member(document, "", "failures", list)
    measured = _measured(_member(document, "", "benchmarks", list))
    return Run(
        _member(document, "", "created_utc", str),
        _member(document, "", "commit", str),
        _to_environment(document, "environment"),
        benchmarks=tuple(each for each in measured if isinstance(each, Result)),
        timings=tuple(each for each in measured if isinstance(each, Timing)),
        machine=_to_environment(document, "machine") if "machine" in document else Environment(),
        failures=tuple(_to_failure(item, f"failures[{index}]") for index, item in enumerate(failures)),
    )


def _measured(items: list[object]) -> list[Result | Timing]:
    found: dict[tuple[str, Mode], Result | Timing] = {}
    for index, item in enumerate(items):
        path = f"benchmarks[{index}]"
        item = _typed(item, path, dict)
        read = _to_timing if _choice(item, path, "mode", MODES) == "walltime" else _to_result
        one: Result | Timing = read(item, path)
        if (one.id, one.mode) in found:
            raise _WrongError(f"{path}.id repeats {one.id}")
        found[one.id, one.mode] = one
    return list(found.values())


def _to_environment(document: Mapping[str, Any], key: str) -> Environment:
    environment = _member(document, "", key, dict)
    return Environment(_strings(environment, key, "fingerprint"), _strings(environment, key, "notes"))


def _to_timing(item: Mapping[str, Any], path: str) -> Timing:
    taken, inside = _member(item, path, "walltime", dict), f"{path}.walltime"
    processes = _member(taken, inside, "processes", list)
    least = -math.inf if "minus" in item else 0.0  # a difference may be below nought
    samples = tuple(
        tuple(_times(each, f"{inside}.processes[{index}]", least)) for index, each in enumerate(processes)
    )
    if not all(samples) or not samples:
        raise _WrongError(f"{inside}.processes has a process without samples, or none")
    overhead = _times(_member(taken, inside, "overhead_ns", list), f"{inside}.overhead_ns")
    return Timing(
        id=_member(item, path, "id", str),
        kind=_choice(item, path, "kind", KINDS),
        path=_member(item, path, "path", str),
        line=_whole(item, path, "line", 1),
        samples_ns=samples,
        iterations=_wholes(taken, inside, "iterations"),
        overhead_ns=tuple(overhead),
        peak_rss_bytes=_wholes(taken, inside, "peak_rss_bytes"),
        elements=_times([item["elements"]], f"{path}.elements")[0] if "elements" in item else None,
        minus=_member(item, path, "minus", str) if "minus" in item else "",
        notes=_notes(item, path),
    )


def _times(values: object, path: str, least: float = 0.0) -> list[float]:
    """Finite numbers, none of them below `least`."""
    numbers = _typed(values, path, list)
    for index, value in enumerate(numbers):
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not _fits(value, least):
            wanted = "a finite number" if least else "a number of at least 0"
            raise _WrongError(f"{path}[{index}] is {_shown(value)}, not {wanted}")
    return [float(value) for value in numbers]


def _fits(value: float, least: float) -> bool:
    return least <= value < math.inf and value != -math.inf


def _wholes(parent: Mapping[str, Any], path: str, key: str) -> tuple[int, ...]:
    numbers = _member(parent, path, key, list)
    return tuple(_typed(number, f"{path}.{key}[{index}]", int) for index, number in enumerate(numbers))


def _notes(item: Mapping[str, Any], path: str) -> tuple[str, ...]:
    notes = _member(item, path, "notes", list) if "notes" in item else []
    return tuple(_typed(note, f"{path}.notes[{index}]", str) for index, note in enumerate(notes))


def _to_result(item: Mapping[str, Any], path: str) -> Result:
    soft = _numbers(item, path, "limits") if "limits" in item else {}
    hard = _member(item, path, "hard_limits", dict) if "hard_limits" in item else {}
    return Result(
        id=_member(item, path, "id", str),
        kind=_choice(item, path, "kind", KINDS),
        path=_member(item, path, "path", str),
        line=_whole(item, path, "line", 1),
        counters=_counts(item, path, "counters", COUNTER_KEYS),
        events=_counts(item, path, "events", EVENTS),
        spread=_counts(item, path, "spread", COUNTER_KEYS),
        iterations=_whole(item, path, "iterations", 1),
        repeats=_whole(item, path, "repeats", 1),
        warmup=_whole(item, path, "warmup", 0),
        minus=_member(item, path, "minus", str) if "minus" in item else "",
        limits=Limits(
            soft, {key: _whole(hard, f"{path}.hard_limits", key, 0) for key in COUNTER_KEYS if key in hard}
        ),
        notes=_notes(item, path),
    )


def _to_failure(item: object, path: str) -> Failure:
    item = _typed(item, path, dict)
    return Failure(
        _member(item, path, "id", str),
        _member(item, path, "reason", str),
        _member(item, path, "details", str),
        _choice(item, path, "mode", MODES) if "mode" in item else "instructions",
    )


def _typed(value: object, place: str, kind: type[T]) -> T:
    # true and false are whole numbers to Python, and nowhere a value in this format.
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _WrongError(f"{place} is {_shown(value)}, not {_TYPE_NAMES[kind]}")
    return value


def _shown(value: object) -> str:
    return _TYPE_NAMES[type(value)] if isinstance(value, (dict, list)) else json.dumps(value)[:40]


def _member(parent: Mapping[str, Any], path: str, key: str, kind: type[T]) -> T:
    place = f"{path}.{key}" if path else key
    if key not in parent:
        raise _WrongError(f"{place} is missing")
    return _typed(parent[key], place, kind)


def _whole(parent: Mapping[str, Any], path: str, key: str, least: int) -> int:
    value = _member(parent, path, key, int)
    if value < least:
        raise _WrongError(f"{path}.{key}".lstrip(".") + f" is {value}, below {least}")
    return value


def _counts(parent: Mapping[str, Any], path: str, key: str, wanted: Iterable[str]) -> dict[str, int]:
    counts = _member(parent, path, key, dict)
    return {name: _whole(counts, f"{path}.{key}", name, 0) for name in wanted}


def _choice(parent: Mapping[str, Any], path: str, key: str, choices: tuple[T, ...]) -> T:
    value = _member(parent, path, key, str)
    for choice in choices:
        if choice == value:
            return choice
    raise _WrongError(f"{path}.{key} is {value!r}, not one of {', '.join(map(str, choices))}")


def _strings(parent: Mapping[str, Any], path: str, key: str) -> dict[str, str]:
    values = _member(parent, path, key, dict)
    return {name: _typed(value, f"{path}.{key}.{name}", str) for name, value in values.items()}


def _numbers(parent: Mapping[str, Any], path: str, key: str) -> dict[str, float | None]:
    """Soft limits; "off" is None."""
    limits: dict[str, float | None] = {}
    for name, value in _member(parent, path, key, dict).items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value != "off" and not (number and 0 <= value < math.inf):
            raise _WrongError(f'{path}.{key}.{name} is {_shown(value)}, not a number or "off"')
        if name in COUNTER_KEYS:
            limits[name] = None if value == "off" else value
    return limits
