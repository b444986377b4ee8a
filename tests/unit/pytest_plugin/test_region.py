"""Forks that measure: what they answer arrives, and what goes wrong in one is told."""

from __future__ import annotations

import os
import signal
from functools import partial

import pytest

from iaipy.pytest_plugin.region import Call, Unmeasurable, in_forks


def test_every_fork_answers() -> None:
    """Each fork's answer comes back, in order, and nothing it did stays here."""
    kept: list[int] = []

    def region() -> list[int]:
        kept.append(1)
        return [len(kept)]

    assert in_forks(region, 3) == [[1], [1], [1]]
    assert kept == []


def test_what_is_raised_is_told() -> None:
    """An exception in a fork names itself here."""

    def region() -> list[int]:
        raise LookupError("no such row")

    with pytest.raises(Unmeasurable, match="LookupError: no such row"):
        in_forks(region, 2)


def test_a_fork_that_dies_is_told() -> None:
    """A fork that ends without an answer is an error, not a hang."""

    def region() -> list[int]:
        os.kill(os.getpid(), signal.SIGTERM)
        return []

    with pytest.raises(Unmeasurable, match="status -15"):
        in_forks(region, 1)


async def _coroutine() -> None: ...


class _Callable:
    async def __call__(self) -> None: ...


@pytest.mark.parametrize(
    ("function", "expected"),
    [(_coroutine, True), (partial(_coroutine), True), (_Callable(), True), (len, False), (int, False)],
)
def test_coroutine_functions_are_told_from_others(function: object, expected: bool) -> None:
    """Whatever makes a coroutine when called is awaited."""
    call = Call(function, lambda: ((), {}))  # type: ignore[arg-type]
    assert call.is_coroutine is expected
