"""Batches of agents under structured concurrency: none outlives its batch, and every failure is seen."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, get_args

from iaipy.spawn.agents import Agent, Spawnable, as_agents, check_seconds
from iaipy.spawn.child import Child, end_all
from iaipy.spawn.initialise import initialised, returned
from iaipy.spawn.metrics import BatchRecord, SpawnMetrics, SpawnRecord, now_utc, summarised

Order = Literal["parallel", "sequential"]
OnError = Literal["cancel", "collect"]

GRACE_S = 2.0
"""Seconds between SIGTERM and SIGKILL unless another number is asked for."""


@dataclass(frozen=True)
class Outcome:
    """What became of one agent.

    Parameters:
        agent: which one.
        record: when it was started, and what its initialisation took.
        value: what a coroutine returned; what a process had printed when it was initialised, at most the
            last 64 KiB; None if it failed.
        error: why it failed; None if it was initialised.
    """

    agent: Agent
    record: SpawnRecord
    value: Any
    error: Exception | None


@dataclass(frozen=True)
class Batch:
    """Agents that were spawned together.

    Parameters:
        outcomes: one for each agent, in the order they were given in.
        record: the batch's figures.
        metrics: the window that they went into, too.
    """

    outcomes: tuple[Outcome, ...]
    record: BatchRecord
    metrics: SpawnMetrics

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The outcomes of the agents that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.error is not None)


async def spawn_all(
    agents: Iterable[Spawnable],
    *,
    order: Order = "parallel",
    on_error: OnError = "cancel",
    limit: int | None = None,
    timeout: float | None = None,
    grace: float = GRACE_S,
    metrics: SpawnMetrics | None = None,
) -> Batch:
    """Spawn agents, wait until all are initialised, and end those that still run; `running` lets them run on.

    However it ends, by an error or a cancellation at any instant included, every process has by then been
    ended together with its group, and reaped.

    Parameters:
        agents: each a command (a list or tuple of words), a coroutine function without arguments, or an
            `Agent`. A command is initialised when it ends with exit status 0 or, with `Agent(ready=…)`, when
            it has printed its line; a coroutine when it returns.
        order: "parallel" for all at once, "sequential" for each to start when the one before is initialised.
        on_error: "cancel" to let the first failure cancel all others and raise it, as a TaskGroup does;
            "collect" to go on with the rest and find failures in the outcomes.
        limit: how many may be initialising at a time; None for all. Those initialised no longer count.
        timeout: seconds that each agent may take to be initialised, unless it says itself; None for ever.
        grace: seconds that a process has between SIGTERM and SIGKILL.
        metrics: the window that takes the figures; a new one by default.

    Raises:
        TypeError: a parameter is of the wrong type, or an agent can't be spawned at all.
        ValueError: a parameter is out of range, or there is no agent.
        ExceptionGroup: with "cancel", the failures: OSError where a program can't be executed, SpawnError
            where one ended too early, TimeoutError, or what a coroutine raised.
        BaseExceptionGroup: with either, a coroutine raised what is no Exception. KeyboardInterrupt and
            SystemExit are raised as they are.
    """
    async with running(
        agents, order=order, on_error=on_error, limit=limit, timeout=timeout, grace=grace, metrics=metrics
    ) as batch:
        pass
    return batch


@asynccontextmanager
async def running(
    agents: Iterable[Spawnable],
    *,
    order: Order = "parallel",
    on_error: OnError = "cancel",
    limit: int | None = None,
    timeout: float | None = None,
    grace: float = GRACE_S,
    metrics: SpawnMetrics | None = None,
) -> AsyncGenerator[Batch, None]:
    """Spawn agents, enter the block when all are initialised, and end those that still run after it.

    However the block or the spawning ends, by an error or a cancellation at any instant included, every
    process has by then been ended together with its group, and reaped. Parameters and errors are those of
    `spawn_all`.
    """
    metrics = SpawnMetrics() if metrics is None else metrics
    crew = _Crew(as_agents(agents), order, on_error, limit, timeout, grace, metrics)
    try:
        yield await crew.spawned()
    finally:
        await end_all(crew.children, grace)


class _Crew:
    """The agents of one batch on their way.

    Parameters:
        agents, order, on_error, limit, timeout, grace, metrics: as in `spawn_all`.
    """

    def __init__(
        self,
        agents: list[Agent],
        order: Order,
        on_error: OnError,
        limit: int | None,
        timeout: float | None,
        grace: float,
        metrics: SpawnMetrics,
    ) -> None:
        _check_word("order", order, get_args(Order))
        _check_word("on_error", on_error, get_args(OnError))
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
            raise TypeError(f"limit={limit!r}: a whole number is wanted")
        if limit is not None and limit < 1:
            raise ValueError(f"limit={limit}: at least 1 is wanted, or None for no limit")
        if timeout is not None:
            check_seconds("timeout", timeout)
        check_seconds("grace", grace, least=0)
        if not isinstance(metrics, SpawnMetrics):
            raise TypeError(f"metrics={metrics!r}: a SpawnMetrics is wanted")
        self.children: set[Child] = set()
        self._agents = agents
        self._at_once = 1 if order == "sequential" else min(limit or len(agents), len(agents))
        self._tolerant = on_error == "collect"
        self._timeout_s = timeout
        self._grace_s = grace
        self._metrics = metrics
        self._records: list[SpawnRecord] = []
        self._outcomes: dict[int, Outcome] = {}

    async def spawned(self) -> Batch:
        """Spawn all of them; the batch, once all are initialised or have failed."""
        started_utc, start_ns = now_utc(), time.perf_counter_ns()
        waiting = iter(enumerate(self._agents))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._at_once):
                    group.create_task(self._work(waiting))
                    # A turn of the loop: starting a process takes a millisecond, in which the loop can't
                    # notice what those before it have printed, nor that one of them has failed.
                    await asyncio.sleep(0)
        finally:
            total_ns = time.perf_counter_ns() - start_ns
            record = BatchRecord(started_utc, total_ns, summarised(self._records))
            self._metrics.add_batch(record)
        if len(self._outcomes) < len(self._agents):
            raise asyncio.CancelledError("a task of the batch was cancelled")  # by a loop that shuts down
        outcomes = tuple(self._outcomes[place] for place in range(len(self._agents)))
        return Batch(outcomes, record, self._metrics)

    async def _work(self, waiting: Iterator[tuple[int, Agent]]) -> None:
        """Spawn one agent after the other, of those that no other worker has taken."""
        for place, agent in waiting:
            self._outcomes[place] = await self._spawn(agent)

    async def _spawn(self, agent: Agent) -> Outcome:
        started_utc, start_ns = now_utc(), time.perf_counter_ns()
        words = agent.words
        timeout_s = self._timeout_s if agent.timeout is None else agent.timeout
        child: Child | None = None
        value: Any = None
        failure: Exception | None = None
        try:
            if words is None:
                value = await returned(agent, timeout_s)
            else:
                child = Child(words, agent.pattern)
                self.children.add(child)
                value = await initialised(child, agent, timeout_s)
        except BaseException as error:
            record = self._recorded(agent, started_utc, start_ns, error)
            if not (self._tolerant and isinstance(error, Exception)):
                raise
            failure = error
        else:
            record = self._recorded(agent, started_utc, start_ns, None)
        if child is not None:
            if failure is None and agent.ready is not None:
                child.let_run()
            else:
                await end_all([child], self._grace_s)
                self.children.remove(child)
        return Outcome(agent, record, value, failure)

    def _recorded(
        self, agent: Agent, started_utc: str, start_ns: int, error: BaseException | None
    ) -> SpawnRecord:
        duration_ns = time.perf_counter_ns() - start_ns
        record = SpawnRecord(agent.name, started_utc, duration_ns, error is None, _described(error))
        self._records.append(record)
        self._metrics.add_spawn(record)
        return record


def _described(error: BaseException | None) -> str | None:
    if error is None:
        return None
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _check_word(option: str, given: object, known: tuple[str, ...]) -> None:
    if given not in known:
        raise ValueError(f"{option}={given!r}: {' or '.join(map(repr, known))} is wanted")
