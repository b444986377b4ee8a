"""Measures a call inside a test, in forks of the test's process that the test never hears of."""

from __future__ import annotations

import asyncio
import gc
import inspect
import math
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from iaipy.pytest_plugin import forks
from iaipy.pytest_plugin.forks import Forks, Reading, Unmeasurable
from iaipy.pytest_plugin.stats import Stats
from iaipy.workers import heap, nursery
from iaipy.workers.machine import client_request
from iaipy.workers.subject import Work, anew, empty, empty_coroutine, is_coroutine_object, nothing

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
_STOP_INSTRUMENTATION = 0x4347_0001  # cachegrind.h: VG_USERREQ_TOOL_BASE('C', 'G') + 1


_THREADS = "threads were running, so each repeat was measured in a process of its own"
_ONCE = "forks of its test can't call it: each repeat was measured in a process of its own, without a warm-up"

_TRIES = 5
"""Looks at the clock, of which one may have been kept from the processor, and at the threads there are."""
_LEAVING_S = 0.02
"""A thread that has been joined may still be on its way out of the process."""


@dataclass
class Call:
    """What is measured: a function, and how its arguments come about before every call."""

    function: Callable[..., Any]
    arguments: Callable[[], Arguments]
    teardown: Callable[..., object] | None = None
    warmup: int = 0
    iterations: int = 1

    @property
    def is_coroutine(self) -> bool:
        """Whether calling it makes a coroutine that has to be awaited."""
        function = self.function
        while isinstance(function, partial):
            function = function.func
        called = getattr(function, "__call__", None)  # noqa: B004  # an object with async def __call__
        return inspect.iscoroutinefunction(function) or (
            not inspect.isroutine(function) and inspect.iscoroutinefunction(called)
        )


@dataclass
class Recorder:
    """What was measured in this test's process, for the host.

    Parameters:
        repeats: how often to measure.
        folder: where valgrind leaves its counter files, and the host the events of the empty region.
        warmup: calls before the region, where the test doesn't say.
        readings: the two readings' process numbers, and remarks, of each repeat.
        in_place: each repeat needs a test's process of its own: threads were running, or there are files that
            let it be called only once. With no repeats, this process is such a one.
        again: forks can't measure it; perhaps a test's own process can.
        long_s: seconds of measuring after which the rest of the test runs uncounted, where cachegrind can do
            that (3.22 and newer). Only for a process that ends with the test.
    """

    repeats: int
    warmup: int
    folder: str = ""
    readings: list[Reading] = field(default_factory=list)
    in_place: bool = False
    again: bool = False
    kind: str = "function"
    iterations: int = 1
    notes: list[str] = field(default_factory=list)
    group: str | None = None
    extra_info: dict[str, Any] = field(default_factory=dict)
    long_s: float = math.inf

    def measure(self, call: Call) -> None:
        """Measure a call in forks.

        Raises:
            Unmeasurable: it can't be.
        """
        self.kind = "coroutine" if call.is_coroutine else "function"
        self.iterations, self.warmup = call.iterations, call.warmup
        region, number = (_coroutine, self.repeats) if call.is_coroutine else (_function, 1)
        start = time.perf_counter()
        try:
            self.accept(call, in_forks(partial(region, call, self.repeats), number))
        except Unmeasurable:
            if not call.warmup:
                raise
            # Perhaps it can be called only once, as what empties a queue.
            call.warmup = self.warmup = 0
            self.notes = ["can't be called twice, so it was measured without a warm-up"]
            self.accept(call, in_forks(partial(region, call, self.repeats), number))
        finally:
            self.took(time.perf_counter() - start)

    def took(self, seconds: float) -> None:
        """Stop counting after a long measurement: what is still to do is then worth translating anew."""
        if seconds > self.long_s:
            client_request(_STOP_INSTRUMENTATION)()

    def accept(self, call: Call, made: Forks) -> None:
        """Keep what forks have read; fewer readings than repeats need further processes.

        Raises:
            Unmeasurable: they couldn't measure it; `again` says whether a process of its own is to try.
        """
        try:
            self.readings = made.readings()
        except Unmeasurable:
            self.again = not call.is_coroutine
            raise
        self.again = False
        if len(self.readings) < self.repeats:
            self.in_place, self.notes = True, [*self.notes, _THREADS]

    def must_be_here(self, call: Call) -> bool:
        """Whether `measure_here` has to do it."""
        return (threads() > 0 or not self.repeats) and not call.is_coroutine

    def measure_here(self, call: Call) -> Any:
        """Measure a call in the test's own process, once, and return what the call returns.

        For processes with threads: in a fork of them, only one thread would go on. And for what no two
        processes can do, such as making a folder.
        """
        call.warmup = call.warmup if self.repeats else 0
        self.kind, self.iterations, self.warmup = "function", call.iterations, call.warmup
        self.in_place, self.notes = True, [_THREADS if threads() else _ONCE]
        nursery.seed()
        try:
            warmed = _warmed(call, call.function)
            reading, result = _read(call, call.function, *warmed)
        except Exception:
            self.again = call.warmup > 0  # perhaps it can be called only once
            raise
        if call.teardown:
            call.teardown(*warmed[0], **warmed[1])
        self.readings = [reading]
        return result

    def stats(self, waited_s: float) -> Stats:
        """The figures that tests may look at.

        Parameters:
            waited_s: seconds that a call waited.
        """
        first, last, _ = self.readings[0]
        return Stats(self.folder, str(first), str(last), self.iterations, waited_s)


def threads() -> int:
    """How many threads this process has besides the main one; those that have ended get time to leave."""
    for _ in range(_TRIES):
        if nursery.threads() == 1:
            return 0
        time.sleep(_LEAVING_S)
    return nursery.threads() - 1


def in_forks(region: Callable[[], list[Reading]], number: int) -> Forks:
    """Have a function read in so many forks of this process."""
    made = forks.of_test(number)
    made.measure(region)
    gc.unfreeze()
    return made


def ready() -> None:
    """Bring a fork into the state that every region starts from, in which it prints to nowhere.

    What a test prints is to be captured once, from the call that the test itself makes.
    """
    nursery.seed()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    for stream in (sys.stdout, sys.stderr):  # pytest's go to a file of their own
        with suppress(Exception):
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def settled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on fresh memory, and all that is allocated from now on there too."""
    function = fresh(function)
    heap.close()
    heap.level_cache()
    return function


def fresh(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on fresh memory, as `subject.anew` makes it."""
    work: Work = object.__new__(Work)
    work.function = function
    work.named = work.setup_named = work.teardown_named = {}
    work.setup = work.teardown = nothing
    return anew(work).function


def _warmed(call: Call, function: Callable[..., Any]) -> tuple[tuple[Any, ...], dict[str, Any], int]:
    """Warm it up; the arguments of the call that counts, and how many threads there were before."""
    before = nursery.threads()
    for _ in range(call.warmup):
        arguments, named = call.arguments()
        result = function(*arguments, **named)
        if call.teardown:
            call.teardown(*arguments, **named)
        del result
    arguments, named = call.arguments()
    return arguments, named, before


def _read(
    call: Call, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any], before: int
) -> tuple[Reading, Any]:
    gc.collect()  # empties the lists of free objects, too, which every fork leaves in another order
    heap.close()
    first, last, result = nursery.region(function, arguments, named, call.iterations)
    if is_coroutine_object(result):
        result.close()
        raise Unmeasurable(
            "is a plain function that returned a coroutine nobody awaited; give benchmark the async function"
        )
    return [first, last, nursery.leftovers(before)], result


def _function(call: Call, repeats: int) -> list[Reading]:
    """Warm up here, then measure in forks of this process; here, where threads have been started."""
    ready()
    return _repeated(call, settled(call.function), repeats)


def _repeated(call: Call, function: Callable[..., Any], repeats: int) -> list[Reading]:
    each = Forks(repeats)
    warmed = _warmed(call, function)
    if threads():
        return [_read(call, function, *warmed)[0]]
    each.measure(lambda: [_read(call, function, *warmed)[0]])
    return each.readings()


def body(call: Call, repeats: int, readings: list[Reading]) -> Callable[..., Any]:
    """A function to stand in for a test's body: it measures the body, into the list.

    It is a coroutine function where the body is one, so that it runs in the loop the test would run in.
    """
    function = call.function

    def measured(**named: Any) -> None:
        ready()
        call.arguments = lambda: ((), named)
        readings.extend(_repeated(call, settled(function), repeats))

    async def measured_awaited(**named: Any) -> None:
        ready()
        call.arguments = lambda: ((), named)
        before = nursery.threads()
        first, last, _ = await _awaited(settled(function), call)
        readings.append([first, last, nursery.leftovers(before)])

    return measured_awaited if call.is_coroutine else measured


def body_here(call: Call, recorder: Recorder) -> Callable[..., Any]:
    """A function to stand in for a test's body: it measures the body in the test's own process."""

    def measured(**named: Any) -> Any:
        call.arguments = lambda: ((), named)
        return recorder.measure_here(call)

    return measured


def _coroutine(call: Call, _repeats: int) -> list[Reading]:
    ready()
    function = settled(call.function)
    before = nursery.threads()
    asyncio.events._set_running_loop(None)  # the test's own, if it has one, belongs to another process
    with asyncio.Runner() as runner:
        first, last, _ = runner.run(_awaited(function, call))
    return [[first, last, nursery.leftovers(before)]]


async def _awaited(function: Callable[..., Any], call: Call) -> tuple[int, int, Any]:
    for _ in range(call.warmup):
        arguments, named = call.arguments()
        await function(*arguments, **named)
        if call.teardown:
            call.teardown(*arguments, **named)
    arguments, named = call.arguments()
    gc.collect()
    heap.close()
    return await nursery.region_awaited(function, arguments, named, call.iterations)


def calibration(is_coroutine: bool) -> Call:
    """The call that does nothing."""
    return Call(empty_coroutine if is_coroutine else empty, lambda: ((), {}), warmup=2)


def seconds_of(play: Callable[[], Any]) -> tuple[Any, float]:
    """What a function returns, and the seconds that it waited rather than worked."""
    overhead = min(_waiting(lambda: None)[1] for _ in range(_TRIES))
    result, waited = _waiting(play)
    return result, max(0.0, waited - overhead)


def _waiting(play: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    start_cpu = time.process_time()
    result = play()
    worked = time.process_time() - start_cpu
    return result, time.perf_counter() - start - worked


def rehearse(call: Call) -> None:
    """Go through a region in this very process, so that valgrind has translated what all regions share."""
    if call.is_coroutine:
        with asyncio.Runner() as runner:
            runner.run(_awaited(settled(call.function), call))
    else:
        function = settled(call.function)
        _read(call, function, *_warmed(call, function))
