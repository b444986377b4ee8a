"""What a file declares, bound to its parameters and brought to fresh memory."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
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


def test_settling_comes_between_a_file_s_code_and_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the file has run when the heap is settled, once, and its loader is left as it was."""
    name = "bench_loaded"
    file = tmp_path / f"{name}.py"
    file.write_text("from iaipy import benchmark\n\n\n@benchmark\ndef work():\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    loaded: list[bool] = []

    def settle() -> None:
        loaded.append(hasattr(sys.modules[name], "work"))

    try:
        (declaration,) = subject.load(str(file), settle)
        assert loaded == [False]
        loader: Any = sys.modules[name].__loader__
        assert "get_code" not in vars(loader)
        assert declaration.function is sys.modules[name].work
    finally:
        sys.modules.pop(name, None)
