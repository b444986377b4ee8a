"""What the interpreter has specialised is taken back."""

from __future__ import annotations

import gc
import textwrap
from types import CodeType

import pytest

from iaipy.pytest_plugin import specialised

_OFTEN = 1000


def executed(code: CodeType) -> bytes:
    """The instructions as the interpreter has rewritten them."""
    instructions: bytes = code._co_code_adaptive  # type: ignore[attr-defined]  # CPython documents it nowhere
    return instructions


def test_the_standard_library_gets_fresh_code() -> None:
    """A function that has been called often has the same code as one that never was, and does the same."""
    for _ in range(_OFTEN):
        textwrap.fill("some words", 5)
    used = textwrap.fill.__code__
    gc.freeze()
    specialised.forget()
    assert textwrap.fill.__code__ is not used
    assert textwrap.fill.__code__ == used
    unused = executed(used.replace())
    assert executed(textwrap.fill.__code__) == unused != executed(used)
    assert textwrap.fill("some words", 5) == "some\nwords"


def test_other_code_stays_as_it_is() -> None:
    """What is installed or under test keeps its code."""
    before = pytest.fail.__call__.__code__, specialised.forget.__code__
    specialised.forget()
    assert pytest.fail.__call__.__code__ is before[0]
    assert specialised.forget.__code__ is before[1]


def test_code_within_code_is_fresh_too() -> None:
    """The functions that a function makes start afresh as well."""
    inner = [each for each in textwrap.indent.__code__.co_consts if hasattr(each, "co_code")]
    specialised.forget()
    again = [each for each in textwrap.indent.__code__.co_consts if hasattr(each, "co_code")]
    assert inner == again != []
    assert not {id(each) for each in inner} & {id(each) for each in again}
