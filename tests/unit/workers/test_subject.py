"""What a file declares, bound to its parameters and brought to fresh memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from iaipy.declare import Declaration
from iaipy.workers import subject
from iaipy.workers.subject import Work, anew


def work_of(function: Callable[..., Any], **case: Any) -> Work:
    """The work of a function that has been declared."""
    return Work(Declaration(function, params={name: [value] for name, value in case.items()}), case)


def countdown(number: int = 3, *, step: int = 1) -> list[int]:
    """Calls itself, and has constants of its own."""
    return [number, *countdown(number - step, step=step)] if number > 0 else [round(0.25 * 4), len("a b")]


async def answer(value: int) -> int:
    """A coroutine function."""
    await asyncio.sleep(0)
    return value + 1


def test_a_function_anew_does_the_same() -> None:
    """Defaults, keyword defaults, recursion and constants are those of the original."""
    assert anew(work_of(countdown)).function() == [3, 2, 1, 1, 3]


def test_a_closure_keeps_its_cells() -> None:
    """What a function closes over is shared with the original."""
    seen: list[int] = []

    def note(number: int) -> None:
        seen.append(number)

    work = anew(work_of(note, number=4))
    work.function(**work.named)
    assert seen == [4]


def test_a_coroutine_function_stays_one() -> None:
    """Its copy is awaited as before."""
    work = anew(work_of(answer, value=1))
    assert asyncio.run(work.function(**work.named)) == 2


def test_what_is_no_plain_function_is_left_alone() -> None:
    """A bound method is called as it is."""

    class Counter:
        total = 0

        def add(self) -> None:
            self.total += 1

    counter = Counter()
    work = work_of(counter.add)
    assert anew(work).function is work.function


def test_parameters_are_copied() -> None:
    """The dictionaries that are unpacked in the region are new, and equal."""
    work = work_of(answer, value=7)
    fresh = anew(work)
    assert fresh.named == work.named == {"value": 7}
    assert fresh.named is not work.named


@pytest.mark.parametrize("text", ["name", "with_underscore", "x1"])
def test_names_stay_the_objects_they_are(text: str) -> None:
    """Texts that the compiler shares are found by identity in dictionaries, so they are not copied."""
    assert subject._fresh_constant(text) is text
