"""Waiting until one agent is initialised, and saying why it can't be."""

import asyncio
from typing import Any

from iaipy import process
from iaipy.spawn.agents import Agent, SpawnError, note_output
from iaipy.spawn.child import Child

_SHOWN_LINES = 20
"""Lines of a failed process's output that its error shows."""


async def initialised(child: Child, agent: Agent, timeout_s: float | None) -> str:
    """Wait until a process is initialised; what it has printed by then.

    Parameters:
        timeout_s: how long it may take; None for ever.

    Raises:
        SpawnError: it ended too early, or with another status than 0.
        TimeoutError: it took too long.
    """
    awaited = {child.ended, child.output.matched}
    await asyncio.wait(awaited, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    if child.ended.done():
        child.output.drain()
    if child.output.matched.done():
        return child.output.text
    shown = "\n".join(child.output.text.splitlines()[-_SHOWN_LINES:])
    if not child.ended.done():
        error = _too_late(agent, timeout_s)
        note_output(error, shown)
        raise error
    if agent.ready is None and child.status == 0:
        return child.output.text
    too_early = " before it was ready" if agent.ready is not None else ""
    raise SpawnError(
        f"agent {agent.name!r} {process.described(child.status)}{too_early}", child.status, shown
    )


async def returned(agent: Agent, timeout_s: float | None) -> Any:
    """Await a coroutine agent in a task of its own; what it returns.

    A task of its own, so that one which cancels itself ends nothing else.

    Parameters:
        timeout_s: how long it may take; None for ever.

    Raises:
        SpawnError: it was cancelled, by itself or another task.
        TimeoutError: it took too long, and was cancelled.
        BaseException: what it raised.
    """
    assert callable(agent.run)
    task = asyncio.get_running_loop().create_task(agent.run(), name=agent.name)
    in_time = False
    try:
        await asyncio.wait({task}, timeout=timeout_s)
        in_time = task.done()
    finally:
        await _end(task)
    if not in_time:
        raise _too_late(agent, timeout_s) from (None if task.cancelled() else task.exception())
    if task.cancelled():
        raise SpawnError(f"agent {agent.name!r} was cancelled, though its batch was not")
    return task.result()


async def _end(task: asyncio.Task[Any]) -> None:
    """Cancel a task until it has ended: once, and again for every cancellation of the waiting itself."""
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        task.cancel()
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as again:
            cancellation = again
    if cancellation is not None:
        raise cancellation


def _too_late(agent: Agent, timeout_s: float | None) -> TimeoutError:
    missing = "returned" if agent.words is None else "ended" if agent.ready is None else "become ready"
    return TimeoutError(f"agent {agent.name!r} has not {missing} within {timeout_s:g} s")
