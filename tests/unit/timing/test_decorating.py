"""Decorated functions, while timing is on, off, and in between."""

from __future__ import annotations

import asyncio
import gc
import inspect
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from iaipy import timing
from iaipy.timing import measure_time

if TYPE_CHECKING:
    from tests.unit.timing.conftest import Collector


def twice(number: int, *, factor: int = 2) -> int:
    """A function to decorate."""
    return number * factor


async def awaited(number: int) -> int:
    """A coroutine function to decorate."""
    await asyncio.sleep(0)
    return number


def test_decorated_function_stays_itself(log: Collector) -> None:
    """A decorated function keeps name, signature, defaults and attributes, while timing is on and off."""
    vars(twice)["mark"] = 7
    timed = measure_time("t")(twice)
    for switch in (timing.disable, timing.enable):
        switch()
        assert (timed(4), timed(4, factor=3), timed(number=1)) == (8, 12, 2)
        assert (timed.__name__, timed.__doc__, vars(timed)["mark"]) == ("twice", twice.__doc__, 7)
        assert inspect.signature(timed) == inspect.signature(twice)
        assert vars(timed)["__wrapped__"] is twice
        with pytest.raises(TypeError, match=r"twice\(\) .*argument"):
            timed(1, 2, 3)  # type: ignore[call-arg]


def test_decorated_function_obeys_the_switch(log: Collector) -> None:
    """A function decorated before timing is turned on is measured afterwards, and no more once it is off."""
    timing.disable()
    early = measure_time("early")(twice)
    timing.enable(interval_s=None)
    late = measure_time("late")(twice)
    assert early(1) + late(1) == 4
    assert log.fields("operation") == ["early", "late"]
    timing.disable()
    assert early(1) + late(1) == 4
    assert early.__code__ is late.__code__ is twice.__code__
    timing.enable(interval_s=None)
    assert early(1) + late(1) == 4
    assert log.fields("operation") == ["early", "late"]


@pytest.mark.parametrize("on", [False, True])
def test_decorated_twice(log: Collector, on: bool) -> None:
    """A function under two labels is recorded under both, and by neither while timing is off."""
    if not on:
        timing.disable()
    timed = measure_time("outer")(measure_time("inner")(twice))
    timing.enable(interval_s=None)
    assert timed(2) == 4
    assert log.parents() == [("inner", "outer"), ("outer", None)]
    timing.disable()
    assert timed(2) == 4
    assert log.parents() == []


def test_methods(log: Collector) -> None:
    """Methods that use super() or a closure work, as do static and class methods above the decorator."""
    offset = 10

    class Base:
        def value(self) -> int:
            return 1

    class Derived(Base):
        @measure_time("value")
        def value(self, *, more: int = 5) -> int:
            return super().value() + more + offset

        @classmethod
        @measure_time("named")
        def named(cls) -> str:
            return cls.__name__

        @staticmethod
        @measure_time("free")
        def free(*numbers: int) -> int:
            return sum(numbers) + offset

    assert (Derived().value(), Derived().value(more=0), Derived.named(), Derived.free(1, 2)) == (
        16,
        11,
        "Derived",
        13,
    )
    assert log.fields("operation") == ["value", "value", "named", "free"]


def test_recursion(log: Collector, clock: None) -> None:
    """Every call of a recursive function is recorded with its own time, within the call above."""

    @measure_time("sum")
    def down(number: int) -> int:
        return number and number + down(number - 1)

    assert down(2) == 3
    assert log.fields("parent", "elapsed_ms") == [("sum", 1), ("sum", 3), (None, 5)]


def test_coroutine_function(log: Collector) -> None:
    """A decorated coroutine function is one, and its time is that of the awaiting; closing it counts too."""
    timed = measure_time("co")(awaited)
    assert inspect.iscoroutinefunction(timed)
    coroutine = timed(5)
    assert log.fields("operation") == []
    assert asyncio.run(coroutine) == 5
    assert log.fields("operation", "error") == [("co", None)]
    stopped = timed(1)
    stopped.send(None)
    stopped.close()
    assert log.fields("operation", "error") == [("co", "GeneratorExit")]
    timing.disable()
    assert inspect.iscoroutinefunction(timed)
    assert asyncio.run(timed(6)) == 6


class Callable:
    """An object that can be called."""

    def __call__(self) -> None:
        """Do nothing."""


def generates() -> Iterator[int]:
    """A generator function."""
    yield 1


@pytest.mark.parametrize("other", [len, Callable, Callable(), staticmethod(twice), property(twice), 5])
def test_decorates_functions_only(other: Any) -> None:
    """What is no Python function can't be decorated, and the message says what to do."""
    with pytest.raises(
        TypeError, match=r"@measure_time\('x'\) decorates Python functions, not .* with block"
    ):
        measure_time("x")(other)


def test_generator_functions_are_refused(log: Collector) -> None:
    """A generator function can't be decorated, since calling it does none of its work."""

    async def asynchronous() -> Any:
        yield 1

    for function in (generates, asynchronous):
        with pytest.raises(TypeError, match=f"the generator function {function.__name__}: calling it only"):
            measure_time("x")(function)


def test_decorated_function_is_let_go(log: Collector) -> None:
    """A decorated function that nothing refers to any more is collected, even if it refers to itself."""

    def make() -> weakref.ref[Any]:
        @measure_time("local")
        def local(number: int) -> int:
            return number and local(number - 1)

        assert local(1) == 0
        return weakref.ref(local)

    local = make()
    gc.collect()
    assert local() is None
