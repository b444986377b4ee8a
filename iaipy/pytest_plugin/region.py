"""Measures a call inside a test, in forks of the test's process that the test never hears of."""

from __future__ import annotations

import asyncio
import gc
import inspect
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
from iaipy.workers.subject import Work, anew, empty, empty_coroutine, is_coroutine_object, nothing

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_THREADS = "threads were running, so each repeat was measured in a process of its own"
_ONCE = "forks of its test can't call it: each repeat was measured in a process of its own, without a warm-up"

_TRIES = 5
"""Looks at the clock, of which one may have been kept from the processor."""


@dataclass
class Call:
    """What is measured: a function, and how its arguments come about before every call.

    Parameters:
        warmup: calls before the one that counts.
        own_warms: whether the first of these can be the call that the test itself makes.
    """

    function: Callable[..., Any]
    arguments: Callable[[], Arguments]
    teardown: Callable[..., object] | None = None
    warmup: int = 0
    iterations: int = 1
    own_warms: bool = False

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

    def play(self, call: Call, own: Callable[[], Any]) -> tuple[Any, float]:
        """Measure a call, and make the one that the test itself makes.

        Returns:
            What that returns, and the seconds that it waited.

        Raises:
            Unmeasurable: there can be no number.
        """
        self.expect(call)
        if not call.is_coroutine and (threads() or not self.repeats):
            return self._measure_here(call), 0.0
        forks.settle()
        try:
            return self._play_coroutine(call, own) if call.is_coroutine else self._play_function(call, own)
        except Unmeasurable:
            self.again = not call.is_coroutine
            raise
        finally:
            gc.unfreeze()

    def expect(self, call: Call) -> None:
        """Note what will be measured."""
        self.kind = "coroutine" if call.is_coroutine else "function"
        self.iterations, self.warmup = call.iterations, call.warmup

    def _play_function(self, call: Call, own: Callable[[], Any]) -> tuple[Any, float]:
        function = settled(call.function)
        played = None
        if call.own_warms and call.warmup:
            played = seconds_of(own)
            call.warmup -= 1
            if threads():
                return self._measure_here(call), played[1]
        self.readings = in_forks(partial(_function, call, function), self.repeats)
        return played or seconds_of(own)

    def _play_coroutine(self, call: Call, own: Callable[[], Any]) -> tuple[Any, float]:
        trouble = None
        try:
            self.readings = in_forks(partial(_coroutine, call), self.repeats)
        except Unmeasurable as error:
            trouble = error
        played = seconds_of(own)  # may fail of the same, and says it better
        if trouble:
            raise trouble
        return played

    def _measure_here(self, call: Call) -> Any:
        """Measure a call in the test's own process, once, and return what the call returns.

        For processes with threads: in a fork of them, only one thread would go on. And for what no two
        processes can do, such as making a folder.
        """
        if not self.repeats:
            call.warmup = self.warmup = 0
        self.in_place, self.notes = True, [_THREADS if threads() else _ONCE]
        warmed = _warmed(call, call.function)
        reading, result = _read(call, call.function, *warmed)
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
    """How many threads this process has besides the main one."""
    return nursery.threads() - 1


def in_forks(region: Callable[[], Reading], number: int) -> list[Reading]:
    """What a function reads in so many forks of this process.

    Raises:
        Unmeasurable: it raised, or one of them ended.
    """
    made = Forks(number)
    gc.freeze()  # or the collection in each of them would look at all there is
    made.measure(region)
    return made.readings()


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


def _function(call: Call, function: Callable[..., Any]) -> Reading:
    ready()
    return _read(call, function, *_warmed(call, function))[0]


def body(call: Call, recorder: Recorder) -> Callable[..., Any]:
    """A function to stand in for a test's body: it measures the body, too."""

    def measured(**named: Any) -> Any:
        call.arguments = lambda: ((), named)
        return recorder.play(call, lambda: call.function(**named))[0]

    return measured


def body_awaited(call: Call, readings: list[Reading]) -> Callable[..., Any]:
    """A coroutine function to stand in for a test's body in a fork: it measures the body, into the list.

    It is one so that it runs in the loop the test would run in.
    """

    async def measured(**named: Any) -> None:
        ready()
        call.arguments = lambda: ((), named)
        readings.append(await _awaited(settled(call.function), call))

    return measured


def _coroutine(call: Call) -> Reading:
    ready()
    function = settled(call.function)
    asyncio.events._set_running_loop(None)  # the test's own, if it has one, belongs to another process
    with asyncio.Runner() as runner:
        return runner.run(_awaited(function, call))


async def _awaited(function: Callable[..., Any], call: Call) -> Reading:
    before = nursery.threads()
    for _ in range(call.warmup):
        arguments, named = call.arguments()
        await function(*arguments, **named)
        if call.teardown:
            call.teardown(*arguments, **named)
    arguments, named = call.arguments()
    gc.collect()
    heap.close()
    first, last, _ = await nursery.region_awaited(function, arguments, named, call.iterations)
    return [first, last, nursery.leftovers(before)]


def calibration(is_coroutine: bool) -> Call:
    """The call that does nothing."""
    return Call(empty_coroutine if is_coroutine else empty, lambda: ((), {}), warmup=1)


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
