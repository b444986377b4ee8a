"""The claims that a YAML suite makes."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from iaipy import values
from iaipy.collect import suite_files
from iaipy.errors import UsageError
from iaipy.model.claim import (
    BYTES,
    METRICS,
    NANOSECONDS,
    TIME,
    Budget,
    Claim,
    Metric,
    Reference,
    Speedup,
    Unit,
)
from iaipy.model.metrics import COUNTER_KEYS

_OF_SPEEDUP = ("faster", "than", "by", "metric")
_OF_BUDGET = ("budget", "metric", "below")
_OF_REFERENCE = ("baseline", "benchmark")
_FORMS = "write {faster: ID, than: ID, by: FACTOR} or {budget: ID, metric: METRIC, below: LIMIT}"

_QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([A-Za-zµ]*)")
_FACTOR = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*[x×]?")
_COUNT = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:_[0-9]+)*")
_LONGEST_COUNT = 24
_GREEK_MU, _MICRO = "\u03bc", "\u00b5"


def read_claims(path: Path, root: Path) -> tuple[Claim, ...]:
    """The claims of a suite, in its order; whether their benchmarks exist isn't looked into.

    Parameters:
        path: of the file, absolute.
        root: the project's root.

    Raises:
        UsageError: the file can't be read or a claim is wrong; the message names the line.
    """
    suite = suite_files.load(path, root)
    if "claims" not in suite.sections:
        return ()
    where = f"{suite.file}:{suite.lines['claims',]}: claims"
    return tuple(
        _claim(name, given, suite.file, suite.lines["claims", name])
        for name, given in values.table(suite.sections["claims"], where).items()
    )


def _claim(name: str, given: object, file: str, line: int) -> Claim:
    where = f"{file}:{line}: {name}"
    suite_files.check_name(name, where, "a claim")
    if not isinstance(given, Mapping):
        raise UsageError(f"{where} must be a mapping, not {values.shown(given)}", _FORMS)
    keys = values.table(given, where)
    if ("faster" in keys) == ("budget" in keys):
        told = "both" if "faster" in keys else "neither"
        raise UsageError(f"{where} must have one of the keys faster and budget, and has {told}", _FORMS)
    known = _OF_SPEEDUP if "faster" in keys else _OF_BUDGET
    values.require_known(keys, known, where, "key")
    read = _speedup if "faster" in keys else _budget
    return read(keys, name, file, line, where)


def _speedup(keys: Mapping[str, object], name: str, file: str, line: int, where: str) -> Speedup:
    faster = _id(keys["faster"], file, f"{where}: faster")
    than = _reference(_required(keys, "than", where), faster, file, f"{where}: than")
    if than == Reference(faster):
        raise UsageError(f"{where} holds {faster} against itself", "name two benchmarks, or a baseline")
    by = _factor(keys.get("by", 1), f"{where}: by")
    metric = keys.get("metric", TIME)
    values.require_known([metric], (TIME, *COUNTER_KEYS), where, "metric for a comparison")
    return Speedup(name, file, line, faster, than, by, str(metric))


def _budget(keys: Mapping[str, object], name: str, file: str, line: int, where: str) -> Budget:
    benchmark = _id(keys["budget"], file, f"{where}: budget")
    key = _required(keys, "metric", where)
    values.require_known([key], list(METRICS), where, "metric")
    metric = METRICS[str(key)]
    below = _LIMITS[metric.unit](_required(keys, "below", where), metric, f"{where}: below")
    return Budget(name, file, line, benchmark, metric.key, below)


def _required(keys: Mapping[str, object], key: str, where: str) -> object:
    if key not in keys:
        raise UsageError(f"{where} lacks the key {key}", _FORMS)
    return keys[key]


def _id(given: object, file: str, where: str) -> str:
    """A benchmark's id; a name alone is one of the suite's own commands."""
    name = values.filled(given, where)
    if "::" not in name:
        return f"{file}::{name}"
    if not all(name.split("::", 1)):
        raise values.wrong(
            where, "a benchmark's id FILE::NAME, or the name of a command of this suite", given
        )
    return name


def _reference(given: object, faster: str, file: str, where: str) -> Reference:
    if not isinstance(given, Mapping):
        return Reference(_id(given, file, where))
    keys = values.table(given, where)
    values.require_known(keys, _OF_REFERENCE, where, "key")
    baseline = values.filled(_required(keys, "baseline", where), f"{where}: baseline")
    benchmark = _id(keys["benchmark"], file, f"{where}: benchmark") if "benchmark" in keys else faster
    return Reference(benchmark, baseline)


def _factor(given: object, where: str) -> float:
    match = _FACTOR.fullmatch(given.strip()) if isinstance(given, str) else None
    factor = float(match[1]) if match else given
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < values.LARGEST:
        raise values.wrong(where, "a factor above 0, such as 6 or 1.5", given)
    return float(factor)


def _quantity(units: Mapping[str, int], example: str, given: object, metric: Metric, where: str) -> float:
    """A number with one of these units, in the least of them."""
    match = _QUANTITY.fullmatch(given.strip().replace(_GREEK_MU, _MICRO)) if isinstance(given, str) else None
    quantity = float(match[1]) * units.get(match[2], 0) if match else 0.0
    if not quantity > 0:
        raise values.wrong(
            where,
            f"a {metric.unit} above 0 such as {example}, because the metric is {metric.key}",
            given,
            f"its units are {', '.join(units)}",
        )
    return quantity


def _count(given: object, metric: Metric, where: str) -> int:
    number = given
    if isinstance(given, str) and len(given) <= _LONGEST_COUNT and _COUNT.fullmatch(given.strip()):
        number = int(given.replace(",", "").replace("_", ""))
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= values.LARGEST:
        wanted = f"a whole number of at least 1 such as 2_000_000, because the metric is {metric.key}"
        raise values.wrong(where, wanted, given)
    return number


_LIMITS: dict[Unit, Callable[[object, Metric, str], float]] = {
    "duration": lambda given, metric, where: _quantity(NANOSECONDS, "50ms", given, metric, where),
    "size": lambda given, metric, where: _quantity(BYTES, "50MB", given, metric, where),
    "count": _count,
}
