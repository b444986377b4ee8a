"""Batches of coroutine agents: order, limits, failures, cancellation and figures."""

import asyncio
import functools
import re
from typing import Any

import pytest

from iaipy.spawn import Agent, SpawnError, SpawnMetrics, running, spawn_all

ORDERS: Any = ["parallel", "sequential"]


class OddError(BaseException):
    """What no `except Exception` catches."""


async def answer(value: object = 42, seconds: float = 0.0) -> object:
    """Return a value after a while."""
    await asyncio.sleep(seconds)
    return value


async def fail(message: str = "no") -> None:
    """Fail at once."""
    raise LookupError(message)


async def hang() -> None:
    """Wait for ever."""
    await asyncio.Event().wait()


async def cancel_itself() -> None:
    """End by a cancellation that nobody else asked for."""
    raise asyncio.CancelledError


async def call_cancel() -> None:
    """Cancel the task it runs in."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def odd() -> None:
    """Fail in a way that is never tolerated."""
    raise OddError("odd")


@pytest.mark.parametrize("order", ORDERS)
def test_outcomes_in_the_order_given(order: Any) -> None:
    """Outcomes stand in the order of their agents, whatever order they came in."""
    agents = [functools.partial(answer, number, seconds) for number, seconds in enumerate((0.02, 0.01, 0.0))]
    batch = asyncio.run(spawn_all(agents, order=order))
    assert [outcome.value for outcome in batch.outcomes] == [0, 1, 2]
    assert batch.failures == ()
    assert all(outcome.record.success and outcome.error is None for outcome in batch.outcomes)


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({}, 6),
        ({"limit": 2}, 2),
        ({"limit": 100}, 6),
        ({"order": "sequential"}, 1),
        ({"order": "sequential", "limit": 3}, 1),
    ],
)
def test_how_many_at_once(options: Any, most: int) -> None:
    """All run at once, or as many as the limit says, or one."""
    now, seen = 0, 0

    async def count() -> None:
        nonlocal now, seen
        now += 1
        seen = max(seen, now)
        await asyncio.sleep(0.01)
        now -= 1

    asyncio.run(spawn_all([count] * 6, **options))
    assert seen == most


@pytest.mark.parametrize("order", ORDERS)
def test_first_failure_cancels_the_rest(order: Any) -> None:
    """With "cancel" the failure is raised in a group, and agents that still run, or wait, end."""
    ended = []

    async def wait() -> None:
        try:
            await hang()
        finally:
            ended.append("waited")

    metrics = SpawnMetrics()
    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(spawn_all([answer, fail, wait, answer], order=order, metrics=metrics, limit=3))
    assert [repr(error) for error in raised.value.exceptions] == ["LookupError('no')"]
    errors = [record.error for record in metrics.spawns]
    assert errors[:2] == [None, "LookupError: no"]
    assert ended == (["waited"] if "cancelled" in errors else [])
    assert len(errors) == (2 if order == "sequential" else len(errors))
    assert metrics.batches[0].summary.spawns == len(errors)


@pytest.mark.parametrize("order", ORDERS)
def test_collected_failures(order: Any) -> None:
    """With "collect" the rest goes on, and each failure is in its outcome."""
    agents: list[Any] = [fail, answer, cancel_itself, call_cancel, Agent(hang, timeout=0.01), answer]
    batch = asyncio.run(spawn_all(agents, order=order, on_error="collect"))
    assert [type(outcome.error) for outcome in batch.outcomes] == [
        LookupError,
        type(None),
        SpawnError,
        SpawnError,
        TimeoutError,
        type(None),
    ]
    assert [outcome.record.error for outcome in batch.failures] == [
        "LookupError: no",
        "SpawnError: agent 'cancel_itself' was cancelled, though its batch was not",
        "SpawnError: agent 'call_cancel' was cancelled, though its batch was not",
        "TimeoutError: agent 'hang' has not returned within 0.01 s",
    ]
    assert batch.record.summary.success_rate == 2 / 6


def test_all_failing() -> None:
    """If all fail, collected, each outcome says so and there are no durations."""
    batch = asyncio.run(spawn_all([fail] * 20, on_error="collect"))
    assert len(batch.failures) == 20
    assert (batch.record.summary.success_rate, batch.record.summary.mean_ns) == (0, None)


@pytest.mark.parametrize("on_error", ["cancel", "collect"])
def test_what_is_no_exception_is_never_collected(on_error: Any) -> None:
    """A BaseException ends the batch, tolerant or not."""
    with pytest.raises(BaseExceptionGroup) as raised:
        asyncio.run(spawn_all([odd, hang], on_error=on_error))
    assert [type(error) for error in raised.value.exceptions] == [OddError]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_interrupts_pass_through(kind: type[BaseException]) -> None:
    """KeyboardInterrupt and SystemExit come out as they are, after the other agents have ended."""
    ended = []

    async def interrupt() -> None:
        await asyncio.sleep(0.01)
        raise kind

    async def wait() -> None:
        try:
            await hang()
        finally:
            ended.append("waited")

    with pytest.raises(kind):
        asyncio.run(spawn_all([wait, interrupt], on_error="collect"))
    assert ended == ["waited"]


def test_timeout_of_the_batch_is_each_agents() -> None:
    """The batch's timeout holds for every agent, unless it has one of its own."""
    patient = Agent(functools.partial(answer, "late", 0.05), timeout=5)
    batch = asyncio.run(spawn_all([hang, patient, hang], on_error="collect", timeout=0.01))
    assert [type(outcome.error) for outcome in batch.outcomes] == [TimeoutError, type(None), TimeoutError]


def test_timeout_shows_what_cancelling_raised() -> None:
    """What an agent raises when its time is over is the cause of the TimeoutError."""

    async def stumble() -> None:
        try:
            await hang()
        finally:
            raise LookupError("on the way out")

    batch = asyncio.run(spawn_all([stumble], on_error="collect", timeout=0.01))
    assert isinstance(batch.outcomes[0].error, TimeoutError)
    assert repr(batch.outcomes[0].error.__cause__) == "LookupError('on the way out')"


@pytest.mark.parametrize("on_error", ["cancel", "collect"])
@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 20])
def test_cancellation_from_outside(turns: int, on_error: Any) -> None:
    """Cancelled at whatever turn of the loop, a batch raises CancelledError and leaves no task."""

    async def check() -> None:
        task = asyncio.create_task(spawn_all([answer, hang, fail, hang], on_error=on_error))
        for _ in range(turns):
            await asyncio.sleep(0)
        if task.done():
            assert on_error == "cancel"
            task.exception()
        else:
            task.cancel()
            with pytest.raises((asyncio.CancelledError, ExceptionGroup)):
                await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(check())


def test_every_cancellation_is_passed_on() -> None:
    """An agent that ignores one cancellation of its batch's tasks gets the next one too."""
    got = []

    async def stubborn() -> None:
        for _ in range(2):
            try:
                await hang()
            except asyncio.CancelledError:
                got.append("cancelled")

    async def check() -> None:
        batch = asyncio.create_task(spawn_all([stubborn]))
        for _ in range(2):
            await asyncio.sleep(0.01)
            for task in asyncio.all_tasks() - {asyncio.current_task(), batch}:
                if task.get_name() != Agent(stubborn).name:
                    task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await batch

    asyncio.run(check())
    assert got == ["cancelled", "cancelled"]


def test_time_limit_around_a_batch() -> None:
    """asyncio.timeout around a batch ends it with a TimeoutError of its own."""

    async def check() -> None:
        async with asyncio.timeout(0.01):
            await spawn_all([hang])

    with pytest.raises(TimeoutError):
        asyncio.run(check())


def test_figures() -> None:
    """A batch's figures are those of its spawns alone; the window holds those of all batches."""

    async def check() -> None:
        metrics = SpawnMetrics(window=25)
        await spawn_all([answer] * 10, metrics=metrics)
        batch = await spawn_all([functools.partial(answer, seconds=0.01)] * 20, metrics=metrics)
        assert batch.metrics is metrics
        summary = batch.record.summary
        assert (summary.spawns, summary.success_rate) == (20, 1)
        assert summary.min_ns is not None
        assert summary.max_ns is not None
        assert summary.p95_ns is not None
        assert 9_000_000 < summary.min_ns <= summary.p95_ns <= summary.max_ns <= batch.record.total_ns
        assert metrics.summary().spawns == 25
        assert [record.summary.spawns for record in metrics.batches] == [10, 20]
        assert batch.record.started_utc <= batch.outcomes[0].record.started_utc

    asyncio.run(check())


def test_metrics_of_ones_own() -> None:
    """Without metrics given, each batch has new ones."""

    async def check() -> None:
        first, second = await spawn_all([answer]), await spawn_all([answer])
        assert first.metrics is not second.metrics
        assert len(second.metrics.spawns) == 1

    asyncio.run(check())


def test_block_around_coroutines() -> None:
    """In the block all agents have returned; an error of the block's own comes out of it."""

    async def check() -> None:
        async with running([answer]) as batch:
            assert batch.outcomes[0].value == 42
            raise LookupError("the block's own")

    with pytest.raises(LookupError, match="the block's own"):
        asyncio.run(check())


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"limit": 0}, ValueError, "limit=0: at least 1 is wanted, or None for no limit"),
        ({"limit": -3}, ValueError, "limit=-3"),
        ({"limit": 1.5}, TypeError, "limit=1.5: a whole number is wanted"),
        ({"limit": True}, TypeError, "limit=True"),
        ({"timeout": -1}, ValueError, "timeout=-1: a number of seconds above 0 is wanted"),
        ({"timeout": 0}, ValueError, "timeout=0"),
        ({"timeout": "1s"}, TypeError, "timeout='1s'"),
        ({"grace": -0.1}, ValueError, "grace=-0.1: at least 0 seconds is wanted"),
        ({"grace": None}, TypeError, "grace=None"),
        ({"order": "random"}, ValueError, "order='random': 'parallel' or 'sequential' is wanted"),
        ({"on_error": "ignore"}, ValueError, "on_error='ignore': 'cancel' or 'collect' is wanted"),
        ({"metrics": []}, TypeError, "metrics=[]: a SpawnMetrics is wanted"),
    ],
)
def test_wrong_options(options: Any, kind: type[Exception], message: str) -> None:
    """An option that is out of range or of the wrong type is named, before any agent starts."""
    started = []

    async def start() -> None:
        started.append(1)

    with pytest.raises(kind, match=re.escape(message)):
        asyncio.run(spawn_all([start], **options))
    assert started == []


def test_no_agents() -> None:
    """A batch without agents is a mistake."""
    with pytest.raises(ValueError, match="agents is empty"):
        asyncio.run(spawn_all([]))
