"""The expression behind `-k`: words joined by `and`, `or`, `not` and parentheses."""

import re
from collections import deque

from iaipy.errors import UsageError

_TOKEN = re.compile(r"[()]|[^\s()]+")
_OPERATORS = {"and", "or", "not", "(", ")"}
_DEEPEST = 100


class _MalformedError(Exception):
    """The expression breaks off, or has a word where none can stand."""


def matches(expression: str, benchmark_id: str) -> bool:
    """Whether a benchmark's id fits an expression.

    A word fits where it occurs anywhere in the id, in whatever case. `not` binds tighter than `and`,
    and `and` tighter than `or`. An empty expression fits every id.

    Raises:
        UsageError: the expression is malformed.
    """
    rest = deque(_TOKEN.findall(expression))
    if not rest:
        return True
    try:
        if sum(token in ("(", "not") for token in rest) > _DEEPEST:
            raise _MalformedError(f"more than {_DEEPEST} parentheses and nots")
        fits = _either(rest, benchmark_id.lower())
        if rest:
            raise _MalformedError(f"{rest[0]!r} stands where and, or or the end is wanted")
    except _MalformedError as error:
        raise UsageError(
            f"the keyword expression {expression!r} is malformed: {error}",
            "write words joined by and, or, not and parentheses, such as: parse and not (yaml or toml)",
        ) from None
    return fits


# Each of these takes its part off the front of `rest`, and all of it even where the answer is known early.


def _either(rest: deque[str], text: str) -> bool:
    fits = _both(rest, text)
    while rest and rest[0] == "or":
        rest.popleft()
        fits = _both(rest, text) or fits
    return fits


def _both(rest: deque[str], text: str) -> bool:
    fits = _single(rest, text)
    while rest and rest[0] == "and":
        rest.popleft()
        fits = _single(rest, text) and fits
    return fits


def _single(rest: deque[str], text: str) -> bool:
    token = rest.popleft() if rest else ""
    if token == "not":
        return not _single(rest, text)
    if token == "(":
        fits = _either(rest, text)
        closing = rest.popleft() if rest else ""
        if closing != ")":
            raise _missing("a closing parenthesis", closing)
        return fits
    if not token or token in _OPERATORS:
        raise _missing("a word", token)
    return token.lower() in text


def _missing(what: str, before: str) -> _MalformedError:
    return _MalformedError(f"{what} is missing {f'before {before!r}' if before else 'at the end'}")
