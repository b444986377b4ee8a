"""Which calls are awaited."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from iaipy.pytest_plugin.region import Call, _tasks


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


def test_another_library_s_loop_has_no_tasks_of_asyncio() -> None:
    """Where no loop of asyncio's runs, as under trio, none of its tasks are counted."""
    coroutine = _counted_tasks()
    with pytest.raises(StopIteration) as ended:
        coroutine.send(None)
    assert ended.value.value == 0
    assert asyncio.run(_counted_tasks()) == 1


async def _counted_tasks() -> int:
    return _tasks()
