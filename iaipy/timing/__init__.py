"""`measure_time`: how long parts of a program take, measured where it really runs.

    with measure_time("orders.load"):  # around a block, with or without awaits in it
        ...

    @measure_time("orders.save")  # around every call of a function or coroutine function
    async def save(order): ...

Off unless the environment variable IAIPY_TIMING is 1, true, yes or on when this module is imported, or
`enable` is called. While it is on, every block that ends leaves a record, and records go to the logger
"iaipy.timing": from a background thread, by `flush`, and when the process ends.
docs/instrumentation-guide.md is the guide.

This package imports nothing else of iaipy, and while timing is off next to nothing of the standard library.
"""

import os

from iaipy.timing import blocks
from iaipy.timing.blocks import Timer

TYPE_CHECKING = False

__all__ = ["Timer", "disable", "dropped", "enable", "enabled", "flush", "measure_time"]

SWITCH = "IAIPY_TIMING"
INTERVAL_S = 1.0
CAPACITY = 65_536
LONGEST_INTERVAL_S = 86_400
"""A day. Threads can wait for some centuries only, and nobody wants records that late."""
MOST_RECORDS = 2**31 - 1

_TRUE = ("1", "true", "yes", "on")
_used = False

if TYPE_CHECKING:

    def measure_time(operation: str) -> Timer:
        """Measure a block, or the calls of a function.

        `with measure_time("a.b"):` measures the block, `@measure_time("a.b")` every call of the function or
        coroutine function below it. Does nothing while timing is off.

        Parameters:
            operation: what the records call it; by custom lower case, with dots.

        Raises:
            TypeError: the operation is no string.
        """
        return blocks.timers[operation]

else:
    # A Python function around it would take twice as long.
    measure_time = blocks.timers.__getitem__


def enable(*, interval_s: float | None = INTERVAL_S, capacity: int = CAPACITY) -> None:
    """Turn timing on, or change how it is done.

    Parameters:
        interval_s: how often a background thread, started at the first record, hands over what is pending;
            None for no thread: records then wait for `flush` or the end of the process.
        capacity: how many records may be pending. Those beyond are dropped, counted, and the count logged.

    Raises:
        TypeError: an interval that is no number, or a capacity that is no whole number.
        ValueError: they aren't positive, or are more than can be waited for or kept.
    """
    global _used
    if interval_s is not None:
        if isinstance(interval_s, bool) or not isinstance(interval_s, int | float):
            raise TypeError(f"interval_s must be a number of seconds or None, not {interval_s!r}")
        if not 0 < interval_s <= LONGEST_INTERVAL_S:
            raise ValueError(
                f"interval_s must be a positive number of seconds, at most {LONGEST_INTERVAL_S:,}, or None, "
                f"not {interval_s!r}"
            )
    if isinstance(capacity, bool) or not isinstance(capacity, int):
        raise TypeError(f"capacity must be a whole number of records, not {capacity!r}")
    if not 0 < capacity <= MOST_RECORDS:
        raise ValueError(
            f"capacity must be a positive number of records, at most {MOST_RECORDS:,}, not {capacity!r}"
        )
    from iaipy.timing import decorating, emission

    _used = True
    emission.start(interval_s, capacity)
    with blocks.lock:
        blocks.switch(True)
        decorating.exchange_all()


def disable() -> None:
    """Turn timing off, and hand over what is pending. Blocks that have begun are still recorded."""
    if blocks.on:
        from iaipy.timing import decorating, emission

        with blocks.lock:
            blocks.switch(False)
            decorating.exchange_all()
        emission.stop()


def enabled() -> bool:
    """Whether timing is on."""
    return blocks.on


def flush() -> None:
    """Hand all pending records to the logger; returns when it has them, whoever hands them over.

    Raises:
        Exception: whatever a log handler raises; records it hasn't had yet are still pending then.
    """
    if _used:
        from iaipy.timing import emission

        emission.flush()


def dropped() -> int:
    """How many records this process has dropped because too many were pending."""
    return blocks.dropped


if os.environ.get(SWITCH, "").strip().lower() in _TRUE:
    enable()
