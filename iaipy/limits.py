"""Limits as a person writes them: how far a counter may move, and how large it may get."""

import math
import re
from collections.abc import Mapping

from iaipy.errors import UsageError
from iaipy.model.metrics import COUNTER_KEYS
from iaipy.values import LARGEST, pairs, require_known, shown, table, wrong

ALL = "all"
"""The key that stands for every counter."""

_COUNT = re.compile(r"\d+([_,]\d+)*", re.ASCII)
_LONGEST_COUNT = 24


def parse_limits(given: object, where: str) -> dict[str, float | None]:
    """Soft limits: counter → largest relative change, or None where the counter does not gate.

    A counter's own limit goes before one for all, whichever is written first.

    Parameters:
        given: a mapping of counters, or "all", to limits; items such as "instructions=2%"; or a single
            limit for all counters. A limit is "2%", 0.02 for the same, or "off", None or False.
        where: names the value in an error.

    Raises:
        UsageError: an unknown counter, or something that is no limit.
    """
    items = _by_counter(given, where)
    require_known(items, (*COUNTER_KEYS, ALL), where, "counter")
    own = {str(key): _limit(value, f"{where}: {key}") for key, value in items.items()}
    wide = dict.fromkeys(COUNTER_KEYS, own.pop(ALL)) if ALL in own else {}
    return {**wide, **own}


def parse_hard_limits(given: object, where: str) -> dict[str, int]:
    """Hard limits: counter → largest value.

    Parameters:
        given: a mapping of counters to whole numbers, or items such as "instructions=1_500_000"; in text,
            underscores or commas may group the digits.
        where: names the value in an error.

    Raises:
        UsageError: an unknown counter, or no whole number of at least 0.
    """
    items = pairs(given, where, "COUNTER=NUMBER")
    require_known(items, COUNTER_KEYS, where, "counter")
    return {key: _count(value, f"{where}: {key}") for key, value in items.items()}


def parse_ratio(given: object, where: str) -> float:
    """A ratio of at least 0: "0.2%", or 0.002 for the same.

    From 1 up only percentages are taken: a plain 2 is more likely to mean 2 % than 200 %.

    Raises:
        UsageError: it is neither, or it is negative, infinite or not a number.
    """
    ratio = _number(given)
    if not 0 <= ratio <= LARGEST:
        raise wrong(where, 'a percentage such as "2%", or a ratio such as 0.02', given)
    if ratio >= 1 and not (isinstance(given, str) and "%" in given):
        likely, literal = f"{ratio:g}%", f"{ratio * 100:g}%"
        raise UsageError(f"{where}: {shown(given)} would mean {literal}", f'write "{likely}" or "{literal}"')
    return ratio


def _by_counter(given: object, where: str) -> Mapping[str, object]:
    """The mapping that is meant; what names no counter is for all."""
    if isinstance(given, Mapping):
        return table(given, where)
    if not isinstance(given, str | list | tuple):
        return {ALL: given}
    items = [given] if isinstance(given, str) else given
    named = [item if "=" in str(item) else f"{ALL}={item}" for item in items]
    return pairs(named, where, "COUNTER=LIMIT or LIMIT")


def _limit(given: object, where: str) -> float | None:
    if given is None or given is False or (isinstance(given, str) and given.strip().lower() == "off"):
        return None
    return parse_ratio(given, where)


def _number(given: object) -> float:
    """The ratio that a number or a text stands for; NaN where it is neither."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return math.nan
    try:
        if isinstance(given, str) and given.rstrip().endswith("%"):
            return float(given.rstrip()[:-1]) / 100
        return float(given)
    except (ValueError, OverflowError):
        return math.nan


def _count(given: object, where: str) -> int:
    number = given
    if isinstance(given, str) and len(given) <= _LONGEST_COUNT and _COUNT.fullmatch(given.strip()):
        number = int(given.replace(",", "").replace("_", ""))
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= LARGEST:
        raise wrong(where, f"a whole number from 0 to {LARGEST:g}", given)
    return number
