"""The fork server: imports a benchmark file once, under valgrind, and forks a child per measurement.

Started by `launcher.argv` with the arguments FOLDER ROOT FILE INSTRUMENT.

Between two requests the interpreter's state must be the same as before, whatever was asked, so that
every child starts from the same state in any order: the loop of `serve` parses nothing and keeps nothing,
and what to do is read by the child, after the fork.

It is one module with what a child does, from set-up to the two readings around the region: each module
more costs every start under valgrind a third of a million instructions.
"""

import gc
import os
import sys

from iaipy import workers
from iaipy.workers import heap, machine
from iaipy.workers.machine import FORK, C, ffi, reading
from iaipy.workers.subject import (
    Work,
    anew,
    as_arguments,
    calibration,
    is_coroutine_object,
    load,
    search,
    settled,
    works,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Measured = tuple[int, int, list[str]]
    """The two readings' process numbers, and remarks."""

REQUESTS, REPLIES, ANSWERS = 100, 101, 102  # out of reach of a benchmark that closes what it finds open
REHEARSALS = 3
_SET_PARENT_DEATH_SIGNAL = 1
_LONGEST_PATH = 1024


def region(
    function: "Callable[..., Any]",
    arguments: "tuple[Any, ...]",
    named: "dict[str, Any]",
    iterations: int,
    first: int,
    last: int,
) -> "tuple[int, int, Any]":
    """Call it so often between two readings; their process numbers, and the last result."""
    before = reading(first)
    for _ in range(iterations):
        result = function(*arguments, **named)
    return before, reading(last), result


async def region_awaited(
    function: "Callable[..., Any]",
    arguments: "tuple[Any, ...]",
    named: "dict[str, Any]",
    iterations: int,
    first: int,
    last: int,
) -> "tuple[int, int, Any]":
    """The same of a coroutine function."""
    before = reading(first)
    for _ in range(iterations):
        result = await function(*arguments, **named)
    return before, reading(last), result


def _measure(work: Work, warmup: int, iterations: int) -> "Measured | None":
    threads_before = threads()
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
    heap.close()
    try:
        before, after, result = region(work.function, arguments, work.named, iterations, FORK, FORK)
        notes = leftovers(threads_before)
    finally:
        work.teardown(*arguments, **work.teardown_named)
    return None if is_coroutine_object(result) else (before, after, notes)


async def _measure_awaited(work: Work, warmup: int, iterations: int) -> "Measured":
    import asyncio

    threads_before = threads()
    for _ in range(warmup):
        arguments = as_arguments(await settled(work.setup(**work.setup_named)))
        try:
            await work.function(*arguments, **work.named)
        finally:
            await settled(work.teardown(*arguments, **work.teardown_named))
    arguments = as_arguments(await settled(work.setup(**work.setup_named)))
    gc.collect()
    heap.close()
    try:
        before, after, _ = await region_awaited(work.function, arguments, work.named, iterations, FORK, FORK)
        notes = leftovers(threads_before)
        tasks = len(asyncio.all_tasks()) - 1
        if tasks:
            notes.append(f"left {tasks} asyncio task{'s' * (tasks > 1)} running")
    finally:
        await settled(work.teardown(*arguments, **work.teardown_named))
    return before, after, notes


def threads() -> int:
    """How many this process has."""
    return len(os.listdir("/proc/self/task"))


def leftovers(threads_before: int) -> list[str]:
    """Remarks on what a region has left behind."""
    left = threads() - threads_before
    if left <= 0:
        return []
    return [f"left {left} thread{'s' * (left > 1)} running; how much of its work is counted is chance"]


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

        asyncio.run(region_awaited(work.function, (), {}, 1, FORK, FORK))
    else:
        region(work.function, (), {}, 1, FORK, FORK)


def seed() -> None:
    """What an import drew from the system's entropy must not decide the path a benchmark takes."""
    if "random" in sys.modules:
        sys.modules["random"].seed(0)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed(0)


def die_with_parent() -> None:
    """End this process when its parent ends: with the host, all that it began. A fork has to ask anew."""
    C.prctl(_SET_PARENT_DEATH_SIGNAL, 9)


def open_channels(ticket: int, folder: str) -> None:
    """Make a process for itself, whose answer goes to the ticket's pipe and whose output to a file."""
    die_with_parent()
    if os.getpgrp() != os.getpid():  # a forked child gets a group of its own, the server leads one
        os.setpgid(0, 0)
    answers = os.open(f"{folder}/{workers.answer_name(ticket)}", os.O_WRONLY)
    os.dup2(answers, ANSWERS, False)  # far from the numbers that a benchmark may close
    os.close(answers)
    output = os.open(f"{folder}/{workers.output_name(ticket)}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def tell(text: str, ticket: int, folder: str) -> None:
    """Answer through the ticket's pipe."""
    pipe = f"{folder}/{workers.answer_name(ticket)}"
    answer = text.encode("utf-8", "backslashreplace") + b"\0"
    try:
        os.write(ANSWERS, b"")
    except OSError:  # closed, with all else that the benchmark found open
        os.dup2(os.open(pipe, os.O_WRONLY), ANSWERS)
    while answer:
        answer = answer[os.write(ANSWERS, answer) :]


def measure(work: Work, ticket: int, warmup: int, iterations: int, folder: str) -> None:
    """Measure, tell the host through the ticket's pipe, and end the process."""
    process = os.getpid()
    open_channels(ticket, folder)
    seed()
    work = anew(work)
    try:
        measured = _run(work, warmup, iterations)
        answer = (
            workers.UNAWAITED
            if measured is None
            else "\n".join((workers.READY, str(measured[0]), str(measured[1]), *measured[2]))
        )
    except BaseException as error:  # SystemExit and KeyboardInterrupt too are the benchmark's failure
        from iaipy.workers import failure

        answer = "\n".join((workers.RAISED, *failure.described(error)))
    if os.getpid() == process:  # a benchmark's own fork may have come back here as well
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, ValueError, OSError):  # the benchmark has closed or replaced it
                pass
        tell(answer, ticket, folder)
    machine.end()


def hello(folder: str, number_of_works: int) -> None:
    """Tell the host what it needs to know once."""
    with open(f"{folder}/{workers.HELLO}", "w") as file:
        file.write(f"cpu {machine.cpu()}\n")
        file.write(f"hash_randomization {sys.flags.hash_randomization}\n")
        file.write(f"threads {threads() - 1}\n")
        file.write(f"works {number_of_works}\n")


def serve(
    loaded: "dict[int, Any]",
    folder: str,
    perform: "Callable[[Any, int, int, int, str], None]",
    settle: "Callable[[], Any]",
) -> None:
    """Fork a child whenever the host asks for one, until it hangs up.

    Parameters:
        loaded: what can be asked for, by number.
        perform: what a child does, given one of these, the ticket, warm-up calls, iterations and the folder;
            it doesn't return.
        settle: called when nothing more is allocated here.
    """
    request, reply = ffi.new("int[]", workers.REQUEST_INTS), ffi.new("int[]", workers.REPLY_INTS)
    request_bytes, reply_bytes = ffi.sizeof(request), ffi.sizeof(reply)
    reply[0] = workers.IMPORTED
    collecting = gc.isenabled()
    gc.disable()
    settle()
    gc.freeze()
    while C.write(REPLIES, reply, reply_bytes) == reply_bytes:
        if C.read(REQUESTS, request, request_bytes) != request_bytes:
            break
        operation = request[0]
        if operation in (workers.FORK, workers.FORK_EMPTY):
            reply[0] = C.fork()
        elif operation == workers.WAIT:
            C.waitpid(request[1], reply, 0)
        if operation == workers.RUN_HERE or (operation != workers.WAIT and reply[0] == 0):
            if operation == workers.FORK_EMPTY:
                break
            os.close(REQUESTS)
            os.close(REPLIES)
            if collecting:
                gc.enable()
            perform(loaded[request[1]], request[2], request[3], request[4], folder)


def hide_path(link: str) -> "Callable[[], str]":
    """Have the current folder's path be the link's, which is the same for every checkout.

    Modules keep this path as they are imported; what they then allocate would lie elsewhere in another
    checkout. For the same reason the real path never is an object of Python's, and as many bytes are compared
    however long it is. Other folders keep their real paths.

    Parameters:
        link: a link to the current folder.

    Returns:
        What `os.getcwd` was.
    """
    ask = os.getcwd
    place = ffi.new("char[]", _LONGEST_PATH)
    C.getcwd(place, _LONGEST_PATH)

    def getcwd() -> str:
        path = ffi.new("char[]", _LONGEST_PATH)
        if C.getcwd(path, _LONGEST_PATH) and not C.memcmp(path, place, _LONGEST_PATH):
            return link
        return ask()

    os.getcwd = getcwd
    return ask


def name_temporary_folder() -> None:
    """Tell `tempfile` its folder, which the host has found: it would try the current folder's path, too."""
    tempfile: Any = sys.modules.get("tempfile")
    if tempfile is not None and tempfile.tempdir is None:
        tempfile.tempdir = os.environ.get("TMPDIR")


def take_channels() -> None:
    """Move the host's pipes out of a benchmark's reach; its own input is empty, its output is the log."""
    os.dup2(0, REQUESTS, False)
    os.dup2(1, REPLIES, False)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)


def main(folder: str, root: str, path: str, instrument: str) -> None:
    """Import, say hello, serve; end without the counter file that an ordinary exit would write."""
    take_channels()
    getcwd = hide_path(root)
    search(root, path)
    workers.take_variables()
    heap.settle()
    try:
        loaded = dict(enumerate(works(load(path, heap.settle))))
        os.getcwd = getcwd
        name_temporary_folder()
        hello(folder, len(loaded))
        kinds = {work.is_coroutine for work in loaded.values()}
        if instrument == "start":
            machine.start_instrumentation()
        for is_coroutine in kinds:
            number = workers.CALIBRATE_COROUTINE if is_coroutine else workers.CALIBRATE_FUNCTION
            loaded[number] = calibration(is_coroutine)
            for _ in range(REHEARSALS):
                rehearse(loaded[number])
    except BaseException as error:
        from iaipy.workers import failure

        with open(f"{folder}/{workers.IMPORT_ERROR}", "w", errors="backslashreplace") as file:
            file.write("\n".join(failure.described(error)))
        reply_bytes = workers.REPLY_INTS * workers.INT_BYTES
        os.write(REPLIES, workers.IMPORT_FAILED.to_bytes(reply_bytes, sys.byteorder))
    else:
        serve(loaded, folder, measure, heap.settle)
    machine.end()
