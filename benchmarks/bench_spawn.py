"""Spawning: agents one after the other and at once, and what a process costs however it is started.

It stands for the program that hands its work to helper processes, and waits until they are ready. An agent
initialises for 50 ms; the clock runs from the call until the last one is ready, and not while they are ended.
"""

import asyncio
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from iaipy import benchmark, keep
from iaipy.spawn import Agent, running, spawn_all

PROGRAM = str(Path(__file__).parent / "app/agent.py")
INITIALISE_MS = 50
AGENT = Agent((sys.executable, PROGRAM, str(INITIALISE_MS)), name="agent", ready="^ready$", timeout=30)
QUICK_AGENT = Agent((sys.executable, PROGRAM, "0"), name="quick agent", ready="^ready$", timeout=30)
AGENTS = [1, 2, 3, 5, 10]
TRUE = "/bin/true"


async def empty() -> AsyncExitStack:
    """What holds the agents until teardown ends them."""
    return AsyncExitStack()


async def ended(stack: AsyncExitStack) -> None:
    """End all agents."""
    await stack.aclose()


@benchmark(
    mode="walltime", params={"agents": AGENTS}, elements="agents", setup=empty, teardown=ended, tags="spawn"
)
async def sequential(stack: AsyncExitStack, agents: int) -> None:
    """Each agent starts when the one before is ready."""
    batch = await stack.enter_async_context(running([AGENT] * agents, order="sequential"))
    assert keep(batch).record.summary.succeeded == agents


@benchmark(
    mode="walltime", params={"agents": AGENTS}, elements="agents", setup=empty, teardown=ended, tags="spawn"
)
async def parallel(stack: AsyncExitStack, agents: int) -> None:
    """All agents start at once."""
    batch = await stack.enter_async_context(running([AGENT] * agents))
    assert keep(batch).record.summary.succeeded == agents


@benchmark(mode="walltime", tags="spawn")
async def cycle() -> None:
    """A whole cycle: a Python agent with nothing to initialise is started, ready, ended and reaped."""
    batch = await spawn_all([QUICK_AGENT])
    assert keep(batch).record.summary.succeeded == 1


@benchmark(mode="walltime", tags=("spawn", "latency"))
async def latency_spawn_all() -> None:
    """/bin/true from its start to its end, with all that spawn_all watches over."""
    batch = await spawn_all([[TRUE]])
    assert keep(batch).record.summary.succeeded == 1


@benchmark(mode="walltime", tags=("spawn", "latency"))
async def latency_asyncio() -> None:
    """/bin/true from its start to its end, with asyncio."""
    process = await asyncio.create_subprocess_exec(TRUE)
    assert keep(await process.wait()) == 0


@benchmark(mode="walltime", tags=("spawn", "latency"))
def latency_subprocess() -> None:
    """/bin/true from its start to its end, with subprocess."""
    assert keep(subprocess.run([TRUE], check=False)).returncode == 0


@benchmark(mode="walltime", tags=("spawn", "latency"))
def latency_posix_spawn() -> None:
    """/bin/true from its start to its end, with the bare system call."""
    pid = os.posix_spawn(TRUE, [TRUE], os.environ)
    _, status = os.waitpid(pid, 0)
    assert keep(status) == 0
