"""Which calls are awaited."""

from __future__ import annotations

from functools import partial

import pytest

from iaipy.pytest_plugin.region import Call


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
