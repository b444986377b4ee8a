"""Durations as a person writes them."""

import re

from iaipy.values import wrong

LONGEST_S = 7 * 24 * 3600.0
"""The longest that anything may be waited for; the system's timers overflow somewhere beyond it."""

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "": 1.0}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.ASCII)


def parse_duration(given: object, where: str) -> float:
    """The seconds that a number, or a text such as "90s", "2m" or "500ms", stands for.

    Parameters:
        given: what a person wrote; a plain number is in seconds.
        where: names the value in an error: "the timeout of X".

    Raises:
        UsageError: it is no duration, or not above 0 and at most seven days.
    """
    seconds = 0.0
    if isinstance(given, int | float) and not isinstance(given, bool):
        seconds = given
    elif isinstance(given, str) and (match := _FORM.fullmatch(given.strip())):
        seconds = float(match[1]) * _SECONDS.get(match[2], 0.0)
    if not 0 < seconds <= LONGEST_S:
        raise wrong(where, "seconds, or a text such as 90s, 2m or 500ms, above 0 and at most 7 days", given)
    return float(seconds)
