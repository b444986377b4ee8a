"""Times one function or coroutine of a benchmark file, in a process of its own and without valgrind.

Started by `launcher.argv`; the answer is a Python literal in a file, as the collector's is.
"""

import gc
import os
import sys
from functools import partial
from itertools import repeat
from time import perf_counter_ns

from iaipy.workers import failure, unawaited
from iaipy.workers.pace import LEAST_TICKS, Pace, drive, drive_awaited, peak_bytes, resolution, schedule
from iaipy.workers.subject import (
    as_arguments,
    calibration,
    is_coroutine_object,
    load,
    nothing,
    search,
    settled,
    works,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from iaipy.workers.pace import Rounds
    from iaipy.workers.subject import Work

_OVERHEAD_ROUNDS = 11
_NAN = "returned NaN: its times may be those of a calculation that went wrong"
_HOST = os.getppid()
_left_open: "list[object]" = []
"""Event loops. Closing one would wait for the tasks and threads that a benchmark has left running."""


class _RefusedError(Exception):
    """Why a benchmark can't be timed, one sentence."""


def _leave_if_astray() -> None:
    """End a process that nobody waits for: a benchmark's own fork that has come back here, or an orphan."""
    if os.getppid() != _HOST:
        os._exit(0)


def _refuse_unawaited() -> None:
    """Refuse a benchmark that has thrown a coroutine away: what that would have done is in no time."""
    name = unawaited.found()
    if name:
        raise _RefusedError(
            f"made a coroutine of {name} that nobody awaited, so that its work is not in the times; "
            "await it, in a benchmark declared with async def"
        )


def _look_at(result: object, notes: list[str]) -> None:
    """Note that a call's result is no number, once."""
    if isinstance(result, float) and result != result and _NAN not in notes:
        notes.append(_NAN)


def _round(work: "Work", notes: list[str], iterations: int) -> int:
    """The nanoseconds of so many calls, set-up and teardown not among them."""
    arguments = as_arguments(work.setup(**work.setup_named))
    function, named = work.function, work.named
    try:
        begin = perf_counter_ns()
        for _ in repeat(None, iterations):
            result = function(*arguments, **named)
        end = perf_counter_ns()
        _leave_if_astray()
    finally:
        work.teardown(*arguments, **work.teardown_named)
    if is_coroutine_object(result):
        result.close()
        raise _RefusedError(
            "is a plain function that returned a coroutine nobody awaited; declare it with async def"
        )
    _refuse_unawaited()
    _look_at(result, notes)
    return end - begin


async def _round_awaited(work: "Work", notes: list[str], iterations: int) -> int:
    arguments = as_arguments(await settled(work.setup(**work.setup_named)))
    function, named = work.function, work.named
    try:
        begin = perf_counter_ns()
        for _ in repeat(None, iterations):
            result = await function(*arguments, **named)
        end = perf_counter_ns()
        _leave_if_astray()
    finally:
        await settled(work.teardown(*arguments, **work.teardown_named))
    _refuse_unawaited()
    _look_at(result, notes)
    return end - begin


def _of_empty(iterations: int) -> Pace:
    """The pace at which the harness itself is timed: the same rounds of a function that does nothing."""
    return Pace(_OVERHEAD_ROUNDS, _OVERHEAD_ROUNDS, iterations, 0, 0)


def _timed(work: "Work", pace: Pace, tick_ns: int, notes: list[str]) -> "tuple[Rounds, Rounds]":
    """The samples of a function, and those of an empty one in its place."""
    timed = drive(schedule(pace, tick_ns, perf_counter_ns), partial(_round, work, notes))
    empty = schedule(_of_empty(timed[1]), tick_ns, perf_counter_ns)
    return timed, drive(empty, partial(_round, calibration(False), []))


async def _timed_awaited(work: "Work", pace: Pace, tick_ns: int, notes: list[str]) -> "tuple[Rounds, Rounds]":
    import asyncio

    round_ = partial(_round_awaited, work, notes)
    timed = await drive_awaited(schedule(pace, tick_ns, perf_counter_ns), round_)
    if len(asyncio.all_tasks()) > 1:
        notes.append("left asyncio tasks running, whose work is in the times of later calls")
    empty = schedule(_of_empty(timed[1]), tick_ns, perf_counter_ns)
    return timed, await drive_awaited(empty, partial(_round_awaited, calibration(True), []))


def _measured(work: "Work", pace: Pace, loop: str) -> "dict[str, Any]":
    notes: list[str] = []
    tick_ns = resolution(perf_counter_ns)
    gc.collect()
    unawaited.watch()
    if work.is_coroutine:
        import asyncio

        runner = asyncio.Runner(loop_factory=_loop_factory(loop))
        _left_open.append(runner)
        timed, empty = runner.run(_timed_awaited(work, pace, tick_ns, notes))
    else:
        timed, empty = _timed(work, pace, tick_ns, notes)
    gc.collect()  # a coroutine may be part of a cycle
    _refuse_unawaited()
    samples, iterations = timed
    overhead_ns = sorted(empty[0])[_OVERHEAD_ROUNDS // 2]
    round_ns = sum(samples) / len(samples) * iterations
    if round_ns < LEAST_TICKS * tick_ns:
        notes.append(
            f"a round takes less than {LEAST_TICKS:,} times the clock's resolution: more iterations would be "
            "more precise"
        )
    return {
        "samples_ns": [max(0.0, sample - overhead_ns) for sample in samples],
        "iterations": iterations,
        "overhead_ns": overhead_ns,
        "peak_rss_bytes": peak_bytes(),
        "notes": [*notes, *pace.notes],
    }


def _loop_factory(loop: str) -> "Any":
    if loop == "asyncio":
        return None
    try:
        return __import__(loop).new_event_loop
    except (ImportError, ValueError):
        raise _RefusedError(f"the event loop {loop!r} is not installed for {sys.executable}") from None
    except AttributeError:
        raise _RefusedError(f"the module {loop} makes no event loops: it has no new_event_loop") from None


def main(root: str, path: str, answer: str, index: str, loop: str, *pace: str) -> None:
    """Time a benchmark and write what came out, or what went wrong, to the file `answer`.

    Parameters:
        index: of the benchmark among those of the file.
        loop: the event loop for coroutines: asyncio, or a module with a `new_event_loop`.
        pace: the arguments of Pace. Where set-up or teardown must go around every call, a round is one.
    """
    search(root, path)
    try:
        work = works(load(path))[int(index)]
        wanted = Pace(*map(int, pace))
        if work.setup is not nothing or work.teardown is not nothing:
            wanted.iterations = wanted.iterations or 1
        document = _measured(work, wanted, loop)
    except _RefusedError as error:
        document = {"error": (str(error), "")}
    except BaseException as error:
        summary, trace = failure.described(error)
        document = {"error": (f"raised {summary}", trace)}
    _leave_if_astray()
    with open(answer, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(ascii(document))
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):  # the benchmark has closed or replaced it
            pass
    os._exit(0)
