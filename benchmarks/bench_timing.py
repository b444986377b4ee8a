"""What `measure_time` costs: a thousand blocks and a thousand calls, timing off and on, beside bare ones.

It stands for production code that keeps its instruments. Of each figure, less that of `bare_loop` or
`bare_calls`, a thousandth is the cost of one block or one call. Handing records to the logger is outside.
"""

import logging
from collections.abc import Callable

from iaipy import benchmark, timing
from iaipy.timing import measure_time

TIMES = 1_000
BOTH = ("instructions", "walltime")
KEPT = measure_time("bench.kept")
LOGGER = logging.getLogger("iaipy.timing")


def off() -> None:
    """Set-up and teardown: timing is off, and nothing is pending."""
    timing.disable()


def on() -> None:
    """Set-up: records wait, for no thread must hand them over in the region; nobody reads them after it.

    Nor are they dated: some times of day are numbers that need memory, which moves what comes later.
    """
    LOGGER.addHandler(logging.NullHandler())
    LOGGER.setLevel(logging.WARNING)
    timing.enable(interval_s=None)


def work(number: int) -> int:
    return number


@measure_time("bench.function")
def measured_work(number: int) -> int:
    return number


def bare_work() -> Callable[[int], int]:
    """Set-up: the function to call. A global name of its own would take instructions of its own to find."""
    return work


def work_off() -> Callable[[int], int]:
    """Set-up: the decorated one, timing off."""
    off()
    return measured_work


def work_on() -> Callable[[int], int]:
    """Set-up: the decorated one, timing on."""
    on()
    return measured_work


def off_again(_: object) -> None:
    """Teardown, after a set-up that gave a function."""
    off()


def loop() -> None:
    for _ in range(TIMES):
        pass


def blocks() -> None:
    for _ in range(TIMES):
        with measure_time("bench.block"):
            pass


def kept_blocks() -> None:
    for _ in range(TIMES):
        with KEPT:
            pass


def calls(function: Callable[[int], int]) -> None:
    for _ in range(TIMES):
        function(1)


@benchmark(mode=BOTH, elements=TIMES, tags="timing")
def bare_loop() -> None:
    """The loop that the blocks are in, without them."""
    loop()


@benchmark(mode=BOTH, elements=TIMES, setup=bare_work, tags="timing")
def bare_calls(function: Callable[[int], int]) -> None:
    """A function that isn't decorated."""
    calls(function)


@benchmark(mode=BOTH, elements=TIMES, setup=off, tags="timing")
def blocks_off() -> None:
    """`with measure_time(...)`, timing off."""
    blocks()


@benchmark(mode=BOTH, elements=TIMES, setup=off, tags="timing")
def kept_blocks_off() -> None:
    """`with` a timer made once, timing off."""
    kept_blocks()


@benchmark(mode=BOTH, elements=TIMES, setup=work_off, tags="timing")
def calls_off(function: Callable[[int], int]) -> None:
    """A decorated function, timing off."""
    calls(function)


@benchmark(mode=BOTH, elements=TIMES, setup=on, teardown=off, tags="timing")
def blocks_on() -> None:
    """`with measure_time(...)`, timing on."""
    blocks()


@benchmark(mode=BOTH, elements=TIMES, setup=on, teardown=off, tags="timing")
def kept_blocks_on() -> None:
    """`with` a timer made once, timing on."""
    kept_blocks()


@benchmark(mode=BOTH, elements=TIMES, setup=work_on, teardown=off_again, tags="timing")
def calls_on(function: Callable[[int], int]) -> None:
    """A decorated function, timing on."""
    calls(function)
