"""Retries with exponential back-off on asyncio: how much longer than its delays a call really takes.

It stands for every client of a service that is away for a moment. The delays are 1, 2, 4 and 8 ms, without
jitter, so that what the clock shows beyond their sum is the lateness of the timers and the loop.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from iaipy import benchmark, keep

FIRST_DELAY_S, FACTOR, LONGEST_DELAY_S = 0.001, 2.0, 0.008
RETRIES = [1, 2, 3, 4]

T = TypeVar("T")


class Service:
    """Refuses its first calls, then answers.

    Parameters:
        refusals: how many it refuses.
    """

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.calls = 0

    async def ask(self) -> int:
        """The number of this call.

        Raises:
            ConnectionError: it is refused.
        """
        self.calls += 1
        if self.calls <= self.refusals:
            raise ConnectionRefusedError
        return self.calls


async def retried(call: Callable[[], Awaitable[T]], retries: int) -> T:
    """Call until it works, after exponentially growing delays.

    Raises:
        ConnectionError: the last retry failed as well.
    """
    delay_s = FIRST_DELAY_S
    for _ in range(retries):
        try:
            return await call()
        except ConnectionError:
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * FACTOR, LONGEST_DELAY_S)
    return await call()


@benchmark(mode="walltime", params={"retries": RETRIES}, tags=("async", "backoff"))
async def backoff(retries: int) -> None:
    """A call that works at the last retry: 1, 3, 7 or 15 ms of delays, and what comes on top."""
    service = Service(retries)
    assert keep(await retried(service.ask, retries)) == retries + 1


@benchmark(mode="walltime", tags=("async", "backoff"))
async def without_delay() -> None:
    """The same helper around a call that works at once: what remains when nothing is waited for."""
    assert keep(await retried(Service(0).ask, 4)) == 1
