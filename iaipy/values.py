"""Raw values from files and command lines, checked; shared by the configuration and the suites.

Each function takes the value as it was given and `where`, which names it at the start of an error
("iaipy.yaml: repeats", "the timeout of X"). Each raises UsageError when the value isn't what is wanted.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from iaipy.errors import UsageError

LARGEST = 10**18
"""No count, time in nanoseconds or ratio can be larger (10¹⁸ ns are 31 years): figures would overflow."""

SMALLEST = 1e-9
"""No ratio or number of things that is above 0 can be smaller, lest figures overflow on the other side."""

MOST_PROCESSES = 1000
MOST_ROUNDS = 1_000_000
MOST_CALLS = 10**12

_LONGEST_SHOWN = 60
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)


def wrong(where: str, wanted: str, given: object, remedy: str = "") -> UsageError:
    """The error that says what is wanted and what was given instead."""
    return UsageError(f"{where} must be {wanted}, not {shown(given)}", remedy)


def shown(given: object) -> str:
    """A value as an error mentions it: short, and on one line."""
    if given is None:
        return "nothing"
    try:
        text = repr(given)
    except ValueError:  # Python writes out no integers of thousands of digits
        return "a very long number"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def nearest(name: str, known: Iterable[str]) -> str:
    """A remedy for an unknown name: the one that is probably meant, or all there are."""
    by_form = {each.lower().replace("-", "_"): each for each in known}
    near = get_close_matches(name.lower().replace("-", "_"), by_form, n=1)
    return f"did you mean {by_form[near[0]]}?" if near else f"known are: {', '.join(by_form.values())}"


def require_known(names: Iterable[object], known: Sequence[str], where: str, what: str) -> None:
    """Refuse the first name that is not known, with the nearest that is.

    Parameters:
        what: what such a name is: "key", "counter".
    """
    for name in names:
        if name not in known:
            raise UsageError(f"{where}: unknown {what} {shown(name)}", nearest(str(name), known))


def text(given: object, where: str) -> str:
    """Any text that a program can be given as an argument; it may be empty."""
    if not isinstance(given, str):
        quoted = isinstance(given, int | float | bool)
        raise wrong(where, "text", given, "put quotes around it" if quoted else "")
    try:
        usable = b"\0" not in os.fsencode(given)
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise wrong(where, "text without NUL characters and lone surrogates", given)
    return given


def filled(given: object, where: str) -> str:
    """Text that is not blank."""
    if not text(given, where).strip():
        raise UsageError(f"{where} must not be empty")
    return str(given)


def texts(given: object, where: str) -> tuple[str, ...]:
    """A list of texts, none of them blank; a single text stands for a list of one."""
    if isinstance(given, str):
        return (filled(given, where),)
    if not isinstance(given, list | tuple):
        raise wrong(where, "text, or a list of texts", given)
    return tuple(filled(each, f"{where}[{position}]") for position, each in enumerate(given))


def whole(given: object, where: str, least: int, most: int | None = None) -> int:
    """A whole number within bounds, as a number or in digits."""
    number = int(given) if isinstance(given, str) and _WHOLE.fullmatch(given) else given
    inside = isinstance(number, int) and number >= least and (most is None or number <= most)
    if isinstance(number, bool) or not isinstance(number, int) or not inside:
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise wrong(where, f"a whole number {bounds}", given)
    return number


def processes(given: object, where: str) -> int:
    """How many fresh processes a benchmark is timed in."""
    return whole(given, where, 1, MOST_PROCESSES)


def rounds(given: object, where: str) -> int:
    """How many samples each of them takes."""
    return whole(given, where, 1, MOST_ROUNDS)


def positive(given: object, where: str) -> float:
    """A number above nought, and of a size that can be reckoned with."""
    number = isinstance(given, int | float) and not isinstance(given, bool) and SMALLEST <= given <= LARGEST
    if not isinstance(given, int | float) or not number:
        raise wrong(where, f"a number above 0 (from {SMALLEST:g} to {LARGEST:g})", given)
    return given


def boolean(given: object, where: str) -> bool:
    """True or false."""
    if not isinstance(given, bool):
        raise wrong(where, "true or false", given)
    return given


def table(given: object, where: str) -> Mapping[str, object]:
    """A mapping whose keys are texts."""
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise wrong(where, "a mapping of names to values", given)
    return given


def pairs(given: object, where: str, form: str) -> Mapping[str, object]:
    """A mapping, or the same as one or several texts NAME=VALUE; the last of a name counts.

    Parameters:
        form: what such a text looks like: "NAME=VALUE".
    """
    items = [given] if isinstance(given, str) else given
    if not isinstance(items, list | tuple):
        return table(given, where)
    found: dict[str, object] = {}
    for item in items:
        name, equals, value = text(item, where).partition("=")
        if not equals:
            raise wrong(where, f"of the form {form}", item)
        found[name.strip()] = value
    return found


def variables(given: object, where: str) -> dict[str, str]:
    """Environment variables: a mapping of texts, or NAME=VALUE texts."""
    return {
        variable(name, where): text(value, f"{where}.{name}")
        for name, value in pairs(given, where, "NAME=VALUE").items()
    }


def variable(given: object, where: str) -> str:
    """The name of an environment variable."""
    if not isinstance(given, str) or not given.strip() or set(given) & {"=", "\0"}:
        raise wrong(where, "named by a variable's name", given)
    return text(given, where)
