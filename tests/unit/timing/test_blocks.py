"""Blocks: which is within which, and timers used in odd ways."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Generator
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy import timing
from iaipy.timing import blocks, flush, measure_time

if TYPE_CHECKING:
    from tests.unit.timing.conftest import Collector


def nothing() -> None:
    """A function to measure."""


def test_off_records_nothing(log: Collector) -> None:
    """While timing is off a block leaves no record, and runs."""
    timing.disable()
    ran = False
    with measure_time("a"):
        ran = True
    assert ran
    assert log.fields("operation") == []


@pytest.mark.parametrize("on", [False, True])
@pytest.mark.parametrize("label", [5, None, b"a", nothing])
def test_operation_must_be_a_string(log: Collector, on: bool, label: Any) -> None:
    """Another label than a string is a mistake, on or off; so is a decorator without one."""
    if not on:
        timing.disable()
    with pytest.raises(TypeError, match="takes the name of an operation, as in measure_time"):
        measure_time(label)


@pytest.mark.parametrize("on", [False, True])
def test_operation_from_an_enumeration(log: Collector, on: bool) -> None:
    """A subclass of str serves as label, and is a plain string in the record."""

    class Step(StrEnum):
        LOAD = "step.load"

    if not on:
        timing.disable()
    timer = measure_time(Step.LOAD)
    assert type(timer.operation) is str
    timing.enable(interval_s=None)
    with timer:
        pass
    assert log.fields("operation") == ["step.load"]


def test_tasks(log: Collector) -> None:
    """Tasks that take turns are each within their own blocks, and within the block that started them."""

    async def work(name: str) -> None:
        with measure_time(f"{name}.total"):
            await asyncio.sleep(0)
            with measure_time(f"{name}.part"):
                await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def main() -> None:
        with measure_time("main"):
            await asyncio.gather(work("a"), work("b"))
        await work("c")

    asyncio.run(main())
    assert sorted(log.parents(), key=str) == [
        ("a.part", "a.total"),
        ("a.total", "main"),
        ("b.part", "b.total"),
        ("b.total", "main"),
        ("c.part", "c.total"),
        ("c.total", None),
        ("main", None),
    ]


def test_task_that_outlives_its_block(log: Collector) -> None:
    """What begins in a task after the block has ended that started it, is within the next one out."""

    async def work(proceed: asyncio.Event) -> None:
        with measure_time("early"):
            await proceed.wait()
        with measure_time("late"):
            pass

    async def main() -> None:
        proceed = asyncio.Event()
        with measure_time("outer"):
            with measure_time("inner"):
                task = asyncio.create_task(work(proceed))
                await asyncio.sleep(0)
            proceed.set()
            await task

    asyncio.run(main())
    assert log.parents() == [("inner", "outer"), ("early", "inner"), ("late", "outer"), ("outer", None)]


def test_threads(log: Collector) -> None:
    """A thread starts outside any block; asyncio.to_thread takes the block with it."""

    async def main() -> None:
        with measure_time("block"):
            thread = threading.Thread(target=measure_time("thread")(nothing))
            thread.start()
            thread.join()
            await asyncio.to_thread(measure_time("to_thread")(nothing))

    asyncio.run(main())
    assert log.parents() == [("thread", None), ("to_thread", "block"), ("block", None)]


@pytest.mark.parametrize("on", [False, True])
def test_timer_used_again(log: Collector, clock: None, on: bool) -> None:
    """One timer used nested and again, made while timing was on or off, records each use by itself."""
    if not on:
        timing.disable()
    timer = measure_time("t")
    timing.enable(interval_s=None)
    with timer, timer:
        pass
    with timer:
        pass
    with measure_time("other"), timer:
        pass
    assert log.fields("operation", "parent", "elapsed_ms") == [
        ("t", "t", 1),
        ("t", None, 3),
        ("t", None, 1),
        ("t", "other", 1),
        ("other", None, 3),
    ]
    timing.disable()
    with timer:
        pass
    assert log.fields("operation") == []


@pytest.mark.parametrize("on", [False, True])
def test_timer_shared_by_tasks_and_threads(log: Collector, on: bool) -> None:
    """One timer in many tasks and threads at once records each use with its own parent."""
    if not on:
        timing.disable()
    timer = measure_time("shared")
    timing.enable(interval_s=None)

    async def work(number: int) -> None:
        with measure_time(f"task {number}"), timer:
            await asyncio.sleep(0.001 * (number % 3))

    async def main() -> None:
        in_threads = (asyncio.to_thread(asyncio.run, work(number)) for number in range(5, 10))
        await asyncio.gather(*in_threads, *(work(number) for number in range(5)))

    asyncio.run(main())
    shared = [parent for operation, parent in log.parents() if operation == "shared"]
    assert sorted(map(str, shared)) == [f"task {number}" for number in range(10)]


def test_blocks_held_open_by_generators(log: Collector, clock: None) -> None:
    """Generators that hold blocks of one name open, and end in any order, are recorded each with its time."""

    def read() -> Generator[None, None, None]:
        with measure_time("read"):
            yield

    first, second = read(), read()
    with measure_time("all"):
        next(first)
        next(second)
        first.close()  # begun before the second, and ends before it
    second.close()
    with measure_time("after"):
        pass
    assert log.fields("operation", "parent", "elapsed_ms") == [
        ("read", "all", 2),
        ("all", None, 4),
        ("read", "read", 3),
        ("after", None, 1),
    ]


@pytest.mark.parametrize("kept", [False, True])
def test_block_that_ends_in_another_context(log: Collector, kept: bool) -> None:
    """A block that ends in another context than it began in is recorded, and encloses nothing any more."""
    if kept:
        timing.disable()
    timer = measure_time("moved")
    timing.enable(interval_s=None)
    context = contextvars.copy_context()
    context.run(timer.__enter__)
    timer.__exit__(None, None, None)
    context.run(measure_time("after").__enter__)
    with measure_time("here"):
        pass
    assert log.parents() == [("moved", None), ("here", None)]
    context.run(measure_time("last")(nothing))
    assert log.parents() == [("last", "after")]


def test_exit_stack(log: Collector) -> None:
    """An ExitStack can hold a timer, made while timing is on or off."""
    timing.disable()
    shared = measure_time("shared")
    with contextlib.ExitStack() as stack:
        stack.enter_context(shared)
        timing.enable(interval_s=None)
    with contextlib.ExitStack() as stack:
        stack.enter_context(shared)
        stack.enter_context(measure_time("new"))
    assert log.parents() == [("new", "shared"), ("shared", None)]


def test_block_that_sees_the_switch(log: Collector) -> None:
    """A block that begins while timing is on is recorded though it ends off; not the other way round."""
    with measure_time("ends off"):
        timing.disable()
    with measure_time("ends on"):
        timing.enable(interval_s=None)
    assert log.fields("operation") == ["ends off"]


@given(st.lists(st.integers(0, 4), max_size=40))
def test_parent_is_the_latest_block_still_running(steps: list[int]) -> None:
    """In whatever order blocks begin and end, a block is within the one begun last that still runs."""
    timing.enable(interval_s=None)
    try:
        contextvars.Context().run(_begin_and_end, steps)
    finally:
        blocks.pending.clear()
        timing.disable()


def _begin_and_end(steps: list[int]) -> None:
    running: list[blocks.Timer] = []
    expected = []
    for number, step in enumerate(steps):
        if step < len(running):
            running.pop(step).__exit__(None, None, None)
        else:
            timer = measure_time(str(number))
            timer.__enter__()
            expected.append((timer, running[-1].operation if running else ""))
            running.append(timer)
    for timer, parent in expected:
        assert isinstance(timer, blocks.Block)
        assert timer.parent.operation == parent


def test_names_made_at_run_time(log: Collector) -> None:
    """Ever new operations don't fill the memory, on or off."""
    timing.disable()
    for number in range(2 * blocks.MOST_SHARED):
        with measure_time(f"request {number}"):
            pass
    assert len(blocks.timers) == blocks.MOST_SHARED
    timing.enable(interval_s=None)
    assert len(blocks.timers) == 0


def test_chain_of_tasks_is_let_go(log: Collector) -> None:
    """Tasks that start one another for ever, each within the block before, keep only the last few blocks."""
    lengths = []

    async def link(number: int) -> None:
        with measure_time("link"):
            await asyncio.sleep(0)  # until the block before has ended
            flush()
            lengths.append(len(chain()))
            if number:
                task = asyncio.create_task(link(number - 1))
                await asyncio.sleep(0)
        if number:
            await task

    def chain() -> list[blocks.Block]:
        block, found = blocks.context.get(), []
        while block is not blocks.ROOT:
            found.append(block)
            block = block.parent
        return found

    async def main() -> None:
        await asyncio.create_task(link(20))

    asyncio.run(main())
    assert len(log.fields("operation")) == 21
    assert max(lengths) < 5
