"""asyncio at work: fan-out to fifty small tasks, a bounded queue between two tasks, and retry delays.

It stands for a service that asks many back ends at once. The tasks do next to nothing, so what is counted
is the price of asyncio itself: `TaskGroup` against `gather` on the same work.
"""

import asyncio
from collections.abc import Iterator
from random import Random

from iaipy import benchmark, keep

TASKS = 50
JOBS = 150
QUEUE_SIZE = 8
RETRYING_CLIENTS, ATTEMPTS = 100, 10
FIRST_DELAY_S, FACTOR, LONGEST_DELAY_S = 0.1, 2.0, 20.0


async def trivial(number: int) -> int:
    """Give way once, as any real request does at least."""
    await asyncio.sleep(0)
    return number * number


@benchmark(tags="async")
async def task_group() -> None:
    """Fifty tasks in a `TaskGroup`."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(trivial(number)) for number in range(TASKS)]
    assert sum(keep([task.result() for task in tasks])) == 40425


@benchmark(tags="async")
async def gather() -> None:
    """The same fifty tasks with `gather`."""
    assert sum(keep(await asyncio.gather(*(trivial(number) for number in range(TASKS))))) == 40425


async def produce(queue: "asyncio.Queue[int | None]") -> None:
    for number in range(JOBS):
        await queue.put(number)
    await queue.put(None)


async def consume(queue: "asyncio.Queue[int | None]") -> int:
    total = 0
    while (number := await queue.get()) is not None:
        total += number
    return total


@benchmark(tags="async")
async def queue_hand_over() -> None:
    """A hundred and fifty jobs from a producer to a consumer, through a queue that holds eight."""
    queue: asyncio.Queue[int | None] = asyncio.Queue(QUEUE_SIZE)
    async with asyncio.TaskGroup() as group:
        group.create_task(produce(queue))
        consumer = group.create_task(consume(queue))
    assert keep(consumer.result()) == JOBS * (JOBS - 1) // 2


def delays(random: Random) -> Iterator[float]:
    """Seconds to wait before each retry: exponential up to a bound, with full jitter.

    "Full jitter" draws from nought to the bound: Marc Brooker, "Exponential Backoff And Jitter" (2015).
    """
    bound = FIRST_DELAY_S
    for _ in range(ATTEMPTS):
        yield random.uniform(0, bound)
        bound = min(LONGEST_DELAY_S, bound * FACTOR)


@benchmark(tags="async")
def backoff_schedule() -> None:
    """The retry times of a hundred clients after an outage, and how many of them meet in one second."""
    random = Random(7)
    per_second: dict[int, int] = {}
    for _ in range(RETRYING_CLIENTS):
        at = 0.0
        for delay in delays(random):
            at += delay
            per_second[int(at)] = per_second.get(int(at), 0) + 1
    assert sum(keep(per_second).values()) == RETRYING_CLIENTS * ATTEMPTS
