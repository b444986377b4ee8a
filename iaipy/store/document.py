"""The versioned JSON document that a run is stored and reported as; run.schema.json describes it."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeGuard, TypeVar, get_args

from iaipy.errors import HostError
from iaipy.model.benchmark import MODES, Kind, Limits, Mode
from iaipy.model.metrics import COUNTER_KEYS, EVENTS
from iaipy.model.run import Environment, Failure, Result, Run, Timing
from iaipy.values import LARGEST, SMALLEST

FORMAT = "iaipy.run"
VERSION = 2
# History of the format:
#   1  the first one
#   2  wall-clock results: benchmarks of mode "walltime", `machine`, a failure's mode; later also `shard`

KINDS: tuple[Kind, ...] = get_args(Kind)

_TYPE_NAMES = {str: "a string", int: "a whole number", dict: "an object", list: "a list"}

LEAST_NS = 1e-18
"""No difference of two times can be smaller but 0; far below it figures would underflow."""

MOMENT = re.compile(r"\d{4}-(0[1-9]|1[0-2])-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SHARD = re.compile(r"(\d{1,4})/(\d{1,4})", re.ASCII)
_LONGEST_SHOWN = 40

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
        **({"shard": "/".join(map(str, run.shard))} if run.shard else {}),
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
        "functions": {name: dict(functions) for name, functions in sorted(result.functions.items())},
        "notes": list(result.notes),
        "group": result.group,
        "extra_info": dict(result.extra_info),
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
        _moment(document),
        _member(document, "", "commit", str),
        _to_environment(document, "environment"),
        benchmarks=tuple(each for each in measured if isinstance(each, Result)),
        timings=tuple(each for each in measured if isinstance(each, Timing)),
        machine=_to_environment(document, "machine") if "machine" in document else Environment(),
        failures=tuple(_to_failure(item, f"failures[{index}]") for index, item in enumerate(failures)),
        shard=_shard(document),
    )


def _shard(document: Mapping[str, Any]) -> tuple[int, int] | None:
    if "shard" not in document:
        return None
    text = _member(document, "", "shard", str)
    match = _SHARD.fullmatch(text)
    number, total = map(int, match.groups()) if match else (0, 0)
    if not 1 <= number <= total:
        raise _WrongError(f"shard is {text[:_LONGEST_SHOWN]!r}, not of the form 2/4")
    return number, total


def _measured(items: list[object]) -> list[Result | Timing]:
    found: dict[tuple[str, Mode], Result | Timing] = {}
    for index, item in enumerate(items):
        path = f"benchmarks[{index}]"
        item = _typed(item, path, dict)
        read = _to_timing if _choice(item, path, "mode", MODES) == "walltime" else _to_result
        try:
            one: Result | Timing = read(item, path)
        except _WrongError as error:
            raise _WrongError(f"{_called(item)}{error}") from error
        if (one.id, one.mode) in found:
            raise _WrongError(f"{path}.id repeats {one.id}")
        found[one.id, one.mode] = one
    return list(found.values())


def _moment(document: Mapping[str, Any]) -> str:
    """When the run was made."""
    created_utc = _member(document, "", "created_utc", str)
    if not MOMENT.fullmatch(created_utc):
        raise _WrongError(f"created_utc is {created_utc[:40]!r}, not of the form 2026-01-31T12:00:00Z")
    return created_utc


def _called(item: Mapping[str, Any]) -> str:
    """A benchmark's id, ahead of what is wrong with it."""
    id_ = item.get("id")
    return f"{id_.encode('unicode_escape').decode()}: " if isinstance(id_, str) else ""


def _to_environment(document: Mapping[str, Any], key: str) -> Environment:
    environment = _member(document, "", key, dict)
    return Environment(_strings(environment, key, "fingerprint"), _strings(environment, key, "notes"))


def _to_timing(item: Mapping[str, Any], path: str) -> Timing:
    taken, inside = _member(item, path, "walltime", dict), f"{path}.walltime"
    processes = _member(taken, inside, "processes", list)
    signed = "minus" in item  # a difference may be below nought
    samples = tuple(
        _times(each, f"{inside}.processes[{index}]", signed=signed) for index, each in enumerate(processes)
    )
    if not all(samples) or not samples:
        raise _WrongError(f"{inside}.processes has a process without samples, or none")
    iterations = _wholes(taken, inside, "iterations", 1)
    overhead_ns = _times(_member(taken, inside, "overhead_ns", list), f"{inside}.overhead_ns")
    peak_rss_bytes = _wholes(taken, inside, "peak_rss_bytes", 0)
    for key, numbers in (
        ("iterations", iterations),
        ("overhead_ns", overhead_ns),
        ("peak_rss_bytes", peak_rss_bytes),
    ):
        if len(numbers) != len(samples):
            raise _WrongError(
                f"{inside}.{key} has {len(numbers)} items, where {len(samples)}, one per process, are wanted"
            )
    return Timing(
        id=_member(item, path, "id", str),
        kind=_choice(item, path, "kind", KINDS),
        path=_member(item, path, "path", str),
        line=_whole(item, path, "line", 1),
        samples_ns=samples,
        iterations=iterations,
        overhead_ns=overhead_ns,
        peak_rss_bytes=peak_rss_bytes,
        elements=_elements(item["elements"], f"{path}.elements") if "elements" in item else None,
        minus=_member(item, path, "minus", str) if "minus" in item else "",
        notes=_notes(item, path),
    )


def _is_number(value: object) -> TypeGuard[int | float]:
    # true and false are whole numbers to Python, and nowhere a value in this format.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _times(values: object, path: str, *, signed: bool = False) -> tuple[float, ...]:
    """Nanoseconds, each of which can have been measured; below nought only if `signed`."""
    numbers = _typed(values, path, list)
    for index, value in enumerate(numbers):
        size = abs(value) if signed and _is_number(value) else value
        if not (_is_number(size) and (size == 0 or LEAST_NS <= size <= LARGEST)):
            wanted = f"0, or from {LEAST_NS:g} to {LARGEST:g}{' in size' if signed else ''}"
            raise _WrongError(f"{path}[{index}] is {_shown(value)}, not a number of nanoseconds: {wanted}")
    return tuple(map(float, numbers))


def _elements(value: object, path: str) -> float:
    if not (_is_number(value) and SMALLEST <= value <= LARGEST):
        raise _WrongError(f"{path} is {_shown(value)}, not a number from {SMALLEST:g} to {LARGEST:g}")
    return float(value)


def _wholes(parent: Mapping[str, Any], path: str, key: str, least: int) -> tuple[int, ...]:
    numbers = _member(parent, path, key, list)
    return tuple(_in_range(number, f"{path}.{key}[{index}]", least) for index, number in enumerate(numbers))


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
        functions=_functions(item, path) if "functions" in item else {},
        group=_member(item, path, "group", str) if "group" in item else "",
        extra_info=_member(item, path, "extra_info", dict) if "extra_info" in item else {},
    )


def _functions(item: Mapping[str, Any], path: str) -> dict[str, dict[str, int]]:
    """Instructions of C functions, by their objects."""
    inside = f"{path}.functions"
    return {
        name: _counts(item["functions"], inside, name, _typed(functions, f"{inside}.{name}", dict))
        for name, functions in _member(item, path, "functions", dict).items()
    }


def _to_failure(item: object, path: str) -> Failure:
    item = _typed(item, path, dict)
    return Failure(
        _member(item, path, "id", str),
        _member(item, path, "reason", str),
        _member(item, path, "details", str),
        _choice(item, path, "mode", MODES) if "mode" in item else "instructions",
    )


def _typed(value: object, place: str, kind: type[T]) -> T:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _WrongError(f"{place} is {_shown(value)}, not {_TYPE_NAMES[kind]}")
    return value


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return _TYPE_NAMES[type(value)]
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _member(parent: Mapping[str, Any], path: str, key: str, kind: type[T]) -> T:
    place = f"{path}.{key}" if path else key
    if key not in parent:
        raise _WrongError(f"{place} is missing")
    return _typed(parent[key], place, kind)


def _whole(parent: Mapping[str, Any], path: str, key: str, least: int) -> int:
    return _in_range(_member(parent, path, key, int), f"{path}.{key}".lstrip("."), least)


def _in_range(value: object, place: str, least: int) -> int:
    number = _typed(value, place, int)
    if not least <= number <= LARGEST:
        bound = f"below {least}" if number < least else f"above {LARGEST:g}"
        raise _WrongError(f"{place} is {_shown(number)}, {bound}")
    return number


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
        if value != "off" and not (_is_number(value) and 0 <= value <= LARGEST):
            raise _WrongError(
                f'{path}.{key}.{name} is {_shown(value)}, not a number from 0 to {LARGEST:g} or "off"'
            )
        if name in COUNTER_KEYS:
            limits[name] = None if value == "off" else value
    return limits
