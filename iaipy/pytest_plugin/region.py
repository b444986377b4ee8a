"""Measures a call inside a test, in forks of the test's process, and ends the test there.

What the test would do next, it does in the host's pytest.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

# Their own names: a test may replace those of the modules.
from gc import collect, freeze
from os import O_WRONLY, close, devnull, dup2
from os import open as open_file
from time import sleep
from typing import Any, NoReturn

from iaipy.pytest_plugin import forks
from iaipy.pytest_plugin.forks import Forks, Reading, Unmeasurable
from iaipy.workers import heap, nursery
from iaipy.workers.machine import END, FORK, C, end
from iaipy.workers.subject import Work, anew, empty, empty_coroutine, is_coroutine_object, nothing

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_THREADS = "threads were running, so each repeat was measured in a process of its own"
_ONCE = "forks of its test can't call it: each repeat was measured in a process of its own, without a warm-up"

_TRIES = 5
_LEAVING_S = 0.02
"""A thread that has been joined may still be on its way out of the process: how often to look, and when."""


@dataclass
class Call:
    """What is measured: a function, and how its arguments come about before every call."""

    function: Callable[..., Any]
    arguments: Callable[[], Arguments]
    teardown: Callable[..., object] | None = None
    warmup: int = 0
    iterations: int = 1

    def tear_down(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Do what is to be done after a call, if there is anything."""
        if self.teardown:
            self.teardown(*arguments, **named)

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


class Measured(BaseException):
    """Raised through a test whose measuring is over, so that it is torn down."""


@dataclass
class Recorder:
    """What was measured in this test's process, for the host.

    Parameters:
        repeats: how often to measure; 0 where this process is to be one of the repeats by itself, and to call
            only once.
        warmup: calls before the region, where the test doesn't say.
        readings: the two readings' process numbers, and remarks, of each repeat.
        in_place: this process was one of the repeats: threads were running, it can call only once, or what
            it calls is a coroutine function.
        again: forks can't measure it; perhaps processes of its own can.
        trouble: why there are no readings: a line, and details.
    """

    repeats: int
    warmup: int
    readings: list[Reading] = field(default_factory=list)
    in_place: bool = False
    again: bool = False
    kind: str = "function"
    iterations: int = 1
    notes: list[str] = field(default_factory=list)
    trouble: tuple[str, ...] = ()

    def measure(self, call: Call) -> NoReturn:
        """Measure a call."""
        process = C.getpid()
        self._begin(call)
        try:
            self.readings = self._coroutine(call) if call.is_coroutine else self._function(call)
        except BaseException as error:
            self._fail(call, error)
        if C.getpid() != process:  # a fork that the benchmark itself has made
            end()
        raise Measured

    async def measure_awaited(self, call: Call) -> NoReturn:
        """Measure a coroutine function in the loop that is running."""
        self._begin(call)
        try:
            self.readings = [await _awaited(call, settled(call.function))]
        except BaseException as error:
            self._fail(call, error)
        raise Measured

    def _begin(self, call: Call) -> None:
        call.warmup = call.warmup if self.repeats else 0
        self.kind = "coroutine" if call.is_coroutine else "function"
        self.in_place = call.is_coroutine
        self.iterations, self.warmup = call.iterations, call.warmup
        ready()

    def _fail(self, call: Call, error: BaseException) -> None:
        self.again = self.repeats > 0 and not call.is_coroutine
        self.trouble = error.args if isinstance(error, Unmeasurable) else forks.described(error)

    def _function(self, call: Call) -> list[Reading]:
        function = settled(call.function)
        each = Forks(self.repeats)
        warmed = _warmed(call, function)
        try:
            if self.repeats and not warmed.threads:
                # What has been called before needs no look at what it leaves behind.
                last = END if call.warmup else FORK
                return each.measure(lambda first: _read(call, function, warmed, first, last)[1:])
            self.in_place, self.notes = True, [_THREADS if warmed.threads else _ONCE]
            return [_read(call, function, warmed, FORK, FORK)]
        finally:
            call.tear_down(warmed.arguments, warmed.named)

    def _coroutine(self, call: Call) -> list[Reading]:
        """Measure in a loop of its own, which no fork could go on with."""
        running = asyncio.events._get_running_loop()
        asyncio.events._set_running_loop(None)
        try:
            with asyncio.Runner() as runner:
                return [runner.run(_awaited(call, settled(call.function)))]
        finally:
            asyncio.events._set_running_loop(running)


@dataclass(frozen=True)
class Warmed:
    """What a call is made with once it is warm.

    Parameters:
        before: how many threads this process had before its first call.
        threads: how many it has now besides the main one.
    """

    arguments: tuple[Any, ...]
    named: dict[str, Any]
    before: int
    threads: int


def threads() -> int:
    """How many threads this process has besides the main one; those that have ended get time to leave."""
    for _ in range(_TRIES):
        if nursery.threads() == 1:
            return 0
        sleep(_LEAVING_S)
    return nursery.threads() - 1


def ready() -> None:
    """Bring this process into the state that every region starts from, in which it prints to nowhere.

    What a test prints is to be seen once, from the call that the test makes in the host's pytest.
    """
    nursery.seed()
    nowhere = open_file(devnull, O_WRONLY)
    dup2(nowhere, 1)
    dup2(nowhere, 2)
    for stream in (sys.stdout, sys.stderr):  # pytest's go to a file of their own
        with suppress(Exception):
            dup2(nowhere, stream.fileno())
    close(nowhere)


def settled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on fresh memory, and all that is allocated from now on there too."""
    sys._clear_type_cache()
    collect()
    freeze()
    heap.close()
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


def _warmed(call: Call, function: Callable[..., Any]) -> Warmed:
    before, there = nursery.threads(), None
    for _ in range(call.warmup):
        arguments, named = call.arguments()
        try:
            result = function(*arguments, **named)
            _require_no_coroutine(result)
            there = threads()  # before a teardown ends those that the call has started
        finally:
            call.tear_down(arguments, named)
        del result
    arguments, named = call.arguments()
    return Warmed(arguments, named, before, threads() if there is None else there)


def _read(call: Call, function: Callable[..., Any], warmed: Warmed, first: int, last: int) -> Reading:
    collect()  # empties the lists of free objects, too, which every fork leaves in another order
    heap.close()
    before, after, result = nursery.region(
        function, warmed.arguments, warmed.named, call.iterations, first, last
    )
    _require_no_coroutine(result)
    return [before, after, nursery.leftovers(warmed.before)]


def _require_no_coroutine(result: Any) -> None:
    if is_coroutine_object(result):
        result.close()
        raise Unmeasurable(
            "is a plain function that returned a coroutine nobody awaited; give benchmark the async function"
        )


async def _awaited(call: Call, function: Callable[..., Any]) -> Reading:
    before = nursery.threads()
    for _ in range(call.warmup):
        arguments, named = call.arguments()
        try:
            await function(*arguments, **named)
        finally:
            call.tear_down(arguments, named)
    arguments, named = call.arguments()
    tasks = _tasks()
    collect()
    heap.close()
    try:
        begun, ended, _ = await nursery.region_awaited(
            function, arguments, named, call.iterations, FORK, FORK
        )
        notes = nursery.leftovers(before)
        left = _tasks() - tasks
        if left > 0:
            notes.append(f"left {left} asyncio task{'s' * (left > 1)} running")
    finally:
        call.tear_down(arguments, named)
    return [begun, ended, notes]


def _tasks() -> int:
    """How many tasks asyncio has, where the loop that is running is one of asyncio's."""
    loop = asyncio.events._get_running_loop()
    return len(asyncio.all_tasks(loop)) if loop else 0


def body(call: Call, recorder: Recorder) -> Callable[..., Any]:
    """A function to stand in for a test's body, which it measures.

    It is a coroutine function where the body is one, so that it runs in the loop the test would run in.
    """

    def measured(**named: Any) -> None:
        call.arguments = lambda: ((), named)
        recorder.measure(call)

    async def measured_awaited(**named: Any) -> None:
        call.arguments = lambda: ((), named)
        await recorder.measure_awaited(call)

    return measured_awaited if call.is_coroutine else measured


def calibration(is_coroutine: bool) -> Call:
    """The call that does nothing."""
    return Call(empty_coroutine if is_coroutine else empty, lambda: ((), {}), warmup=2)


def rehearse(call: Call) -> None:
    """Go through a region in this very process, so that valgrind has translated what all regions share."""
    function = settled(call.function)
    if call.is_coroutine:
        with asyncio.Runner() as runner:
            runner.run(_awaited(call, function))
    else:
        _read(call, function, _warmed(call, function), FORK, FORK)
