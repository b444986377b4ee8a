"""A rule engine: conditions written by people, parsed into closures, held against a stream of events.

It stands for fraud checks, alert routing and feature targeting, which run for every single request. The
rules and the payments that they judge are in data/.
"""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from iaipy import benchmark, keep

DATA = Path(__file__).parent / "data"
Payment = Mapping[str, Any]
Condition = Callable[[Payment], bool]

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|'([^']*)'|([A-Za-z_]\w*)|(==|!=|<=|>=|[<>()\[\],]))")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
CONSTANTS = {"true": True, "false": False, "null": None}


class Field(NamedTuple):
    """A name in a condition: the event's value of that name."""

    name: str


Token = str | float | Field | tuple[str]


def tokens(text: str) -> Iterator[Token]:
    """Numbers, 'texts' (as one-tuples, to tell them from symbols), names and symbols."""
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"not understood: {text[position:]!r}")
        number, quoted, name, symbol = match.groups()
        if number is not None:
            yield float(number)
        elif quoted is not None:
            yield (quoted,)
        elif name is not None:
            yield name if name in ("and", "or", "not", "in") else Field(name)
        else:
            yield symbol
        position = match.end()


class Parser:
    """Recursive descent: or, and, not, then a comparison or brackets; a method per level of precedence."""

    def __init__(self, text: str) -> None:
        self.rest = [*tokens(text), ""]
        self.rest.reverse()

    def took(self, symbol: str) -> bool:
        if self.rest[-1] != symbol:
            return False
        self.rest.pop()
        return True

    def expect(self, symbol: str) -> None:
        if not self.took(symbol):
            raise ValueError(f"{symbol!r} expected, {self.rest[-1]!r} found")

    def condition(self) -> Condition:
        left = self.conjunction()
        while self.took("or"):
            left = either(left, self.conjunction())
        return left

    def conjunction(self) -> Condition:
        left = self.negation()
        while self.took("and"):
            left = both(left, self.negation())
        return left

    def negation(self) -> Condition:
        if self.took("not"):
            return negated(self.negation())
        if self.took("("):
            inner = self.condition()
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        field = self.rest.pop()
        if not isinstance(field, Field):
            raise ValueError(f"a field expected, {field!r} found")
        if self.took("in"):
            self.expect("[")
            values = [self.value()]
            while self.took(","):
                values.append(self.value())
            self.expect("]")
            return member(field.name, frozenset(values))
        compare = COMPARISONS[str(self.rest.pop())]
        value = self.value()
        if isinstance(value, Field):
            return compared_fields(compare, field.name, value.name)
        return compared(compare, field.name, value)

    def value(self) -> Any:
        token = self.rest.pop()
        if isinstance(token, Field):
            return CONSTANTS.get(token.name, token)
        return token[0] if isinstance(token, tuple) else token


def either(left: Condition, right: Condition) -> Condition:
    return lambda event: left(event) or right(event)


def both(left: Condition, right: Condition) -> Condition:
    return lambda event: left(event) and right(event)


def negated(inner: Condition) -> Condition:
    return lambda event: not inner(event)


def member(name: str, values: frozenset[Any]) -> Condition:
    return lambda event: event[name] in values


def compared(compare: Callable[[Any, Any], bool], name: str, value: Any) -> Condition:
    return lambda event: compare(event[name], value)


def compared_fields(compare: Callable[[Any, Any], bool], name: str, other: str) -> Condition:
    return lambda event: compare(event[name], event[other])


def parsed(text: str) -> Condition:
    """The closure that a condition amounts to."""
    parser = Parser(text)
    condition = parser.condition()
    parser.expect("")
    return condition


SOURCES: dict[str, dict[str, Any]] = yaml.safe_load((DATA / "rules.yaml").read_text(encoding="utf-8"))
RULES = [(name, parsed(rule["when"]), rule["score"]) for name, rule in SOURCES.items()]
PAYMENTS: list[Payment] = [
    json.loads(line) for line in (DATA / "payments.jsonl").read_text(encoding="utf-8").splitlines()
]


def judged(payment: Payment) -> tuple[int, list[str]]:
    """A payment's score, and the rules that make it up."""
    hits = [(name, score) for name, holds, score in RULES if holds(payment)]
    return sum(score for _, score in hits), [name for name, _ in hits]


@benchmark(elements=len(RULES) * len(PAYMENTS), tags="rules")
def evaluate() -> None:
    """Fourteen rules over eighty payments: 1,120 evaluations."""
    verdicts = keep([judged(payment) for payment in PAYMENTS])
    assert any(score >= 50 for score, _ in verdicts)
