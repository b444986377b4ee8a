"""One measurement, from set-up to the two readings around the region; runs in a process of its own."""

import gc
import os
import sys

from iaipy.workers.machine import C, reading
from iaipy.workers.protocol import RAISED, READY, UNAWAITED, answer_name, output_name
from iaipy.workers.subject import Work, anew, as_arguments, is_coroutine_object, settled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Measured = tuple[int, int, list[str]]
    """The two readings' process numbers, and remarks."""

ANSWERS = 102
_SET_PARENT_DEATH_SIGNAL = 1


def _region(
    function: "Callable[..., Any]", arguments: "tuple[Any, ...]", named: "dict[str, Any]", iterations: int
) -> "tuple[int, int, Any]":
    before = reading()
    for _ in range(iterations):
        result = function(*arguments, **named)
    return before, reading(), result


async def _region_awaited(
    function: "Callable[..., Any]", arguments: "tuple[Any, ...]", named: "dict[str, Any]", iterations: int
) -> "tuple[int, int, Any]":
    before = reading()
    for _ in range(iterations):
        result = await function(*arguments, **named)
    return before, reading(), result


def _measure(work: Work, warmup: int, iterations: int) -> "Measured | None":
    threads_before = _threads()
    for _ in range(warmup):
        arguments = as_arguments(work.setup(**work.setup_named))
        try:
            result = work.function(*arguments, **work.named)
        finally:
            work.teardown(*arguments, **work.teardown_named)
        if is_coroutine_object(result):
            return None
    arguments = as_arguments(work.setup(**work.setup_named))
    gc.collect()
    try:
        before, after, result = _region(work.function, arguments, work.named, iterations)
        notes = _leftovers(threads_before)
    finally:
        work.teardown(*arguments, **work.teardown_named)
    return None if is_coroutine_object(result) else (before, after, notes)


async def _measure_awaited(work: Work, warmup: int, iterations: int) -> "Measured":
    import asyncio

    threads_before = _threads()
    for _ in range(warmup):
        arguments = as_arguments(await settled(work.setup(**work.setup_named)))
        try:
            await work.function(*arguments, **work.named)
        finally:
            await settled(work.teardown(*arguments, **work.teardown_named))
    arguments = as_arguments(await settled(work.setup(**work.setup_named)))
    gc.collect()
    try:
        before, after, _ = await _region_awaited(work.function, arguments, work.named, iterations)
        notes = _leftovers(threads_before)
        tasks = len(asyncio.all_tasks()) - 1
        if tasks:
            notes.append(f"left {tasks} asyncio task{'s' * (tasks > 1)} running")
    finally:
        await settled(work.teardown(*arguments, **work.teardown_named))
    return before, after, notes


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _leftovers(threads_before: int) -> list[str]:
    threads = _threads() - threads_before
    if threads <= 0:
        return []
    return [f"left {threads} thread{'s' * (threads > 1)} running; how much of its work is counted is chance"]


def _run(work: Work, warmup: int, iterations: int) -> "Measured | None":
    if not work.is_coroutine:
        return _measure(work, warmup, iterations)
    import asyncio

    with asyncio.Runner() as runner:
        return runner.run(_measure_awaited(work, warmup, iterations))


def rehearse(work: Work) -> None:
    """Go through a region in this very process, so that its first time is behind every child."""
    if work.is_coroutine:
        import asyncio

        asyncio.run(_region_awaited(work.function, (), {}, 1))
    else:
        _region(work.function, (), {}, 1)


def _seed() -> None:
    # What an import drew from the system's entropy must not decide the path a benchmark takes.
    if "random" in sys.modules:
        sys.modules["random"].seed(0)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed(0)


def _tell(answer: bytes, pipe: str) -> None:
    try:
        os.write(ANSWERS, b"")
    except OSError:  # closed, with all else that the benchmark found open
        os.dup2(os.open(pipe, os.O_WRONLY), ANSWERS)
    while answer:
        answer = answer[os.write(ANSWERS, answer) :]


def main(work: Work, ticket: int, warmup: int, iterations: int, folder: str) -> None:
    """Measure, tell the host through the ticket's pipe, and end the process.

    It ends by SIGKILL: an ordinary end would make valgrind write a counter file that nobody reads,
    which takes as long as a reading.
    """
    process = os.getpid()
    C.prctl(_SET_PARENT_DEATH_SIGNAL, 9)  # nothing goes on when the host, and so the server, has been killed
    if os.getpgrp() != process:  # a forked child gets a group of its own, the server leads one
        os.setpgid(0, 0)
    answers = os.open(f"{folder}/{answer_name(ticket)}", os.O_WRONLY)
    os.dup2(answers, ANSWERS, False)  # far from the numbers that a benchmark may close
    os.close(answers)
    output = os.open(f"{folder}/{output_name(ticket)}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    _seed()
    work = anew(work)
    try:
        measured = _run(work, warmup, iterations)
        answer = (
            UNAWAITED
            if measured is None
            else "\n".join((READY, str(measured[0]), str(measured[1]), *measured[2]))
        )
    except BaseException as error:  # SystemExit and KeyboardInterrupt too are the benchmark's failure
        from iaipy.workers import failure

        answer = "\n".join((RAISED, *failure.described(error)))
    if os.getpid() == process:  # a benchmark's own fork may have come back here as well
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, ValueError, OSError):  # the benchmark has closed or replaced it
                pass
        _tell(answer.encode("utf-8", "backslashreplace") + b"\0", f"{folder}/{answer_name(ticket)}")
    os.kill(os.getpid(), 9)
