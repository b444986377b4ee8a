"""Measures a call inside a test, in forks of the test's process that the test never hears of."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from iaipy.pytest_plugin.stats import Stats
from iaipy.workers import failure, job, protocol, topup
from iaipy.workers.machine import C, ffi
from iaipy.workers.subject import Work, anew, empty, empty_coroutine, is_coroutine_object, nothing

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
_PIECE = 1 << 15
"""Bytes of an answer: no more than a pipe holds while nobody reads it."""
_EMPTY_FORKS = 2


class Unmeasurable(Exception):  # noqa: N818  # what a test fails with reads better so
    """A benchmark of which there can be no number."""


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
        in_place: it was measured in the test's own process, so that further repeats need a new one.
    """

    repeats: int
    warmup: int
    folder: str = ""
    readings: list[list[Any]] = field(default_factory=list)
    in_place: bool = False
    kind: str = "function"
    iterations: int = 1
    notes: list[str] = field(default_factory=list)
    group: str | None = None
    extra_info: dict[str, Any] = field(default_factory=dict)

    def measure(self, call: Call) -> None:
        """Measure a call in forks.

        Raises:
            Unmeasurable: it can't be.
        """
        self.kind = "coroutine" if call.is_coroutine else "function"
        self.iterations, self.warmup = call.iterations, call.warmup
        region = partial(_coroutine if call.is_coroutine else _function, call)
        try:
            self.readings = in_forks(region, self.repeats)
        except Unmeasurable:
            if not call.warmup:
                raise
            # Perhaps it can be called only once: a folder made, a queue emptied.
            call.warmup = self.warmup = 0
            self.notes = ["can't be called twice, so it was measured without a warm-up"]
            self.readings = in_forks(region, self.repeats)

    def measure_here(self, call: Call) -> Any:
        """Measure a call in the test's own process, once, and return what the call returns.

        For processes with threads: in a fork of them, only one thread would go on.
        """
        self.kind, self.iterations, self.warmup = "function", call.iterations, call.warmup
        self.in_place = True
        first, last, notes, result = _measured(call, call.function)
        self.readings = [[first, last, notes]]
        return result

    def stats(self, waited_s: float) -> Stats:
        """The figures that tests may look at.

        Parameters:
            waited_s: seconds that a call waited.
        """
        first, last, _ = self.readings[0]
        return Stats(self.folder, str(first), str(last), self.iterations, waited_s)


class Forks:
    """Forks of this process, one after the other, each of which measures, answers and is no more.

    From one fork to the next this process makes and keeps nothing, so that all begin alike: what they
    answer waits in pipes until the last of them has ended.

    Parameters:
        number: how many there will be.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._process = os.getpid()
        self._pipes = [os.pipe() for _ in range(number)]
        self._pid, self._status = ffi.new("int[1]"), ffi.new("int[]", number)
        self._turn = ffi.new("int[1]")
        topup.top_up()
        gc.freeze()
        sys._clear_type_cache()
        for _ in range(_EMPTY_FORKS):  # the others then meet the caches as these have left them
            if self.fork():
                os.kill(os.getpid(), 9)
            self._turn[0] = 0

    def fork(self) -> bool:
        """Start the next one: True in it; False in this process, once that has ended."""
        self._pid[0] = C.fork()
        if self._pid[0] == 0:
            return True
        C.waitpid(self._pid[0], self._status + self._turn[0], 0)
        self._turn[0] += 1
        return False

    def answer(self, answer: list[Any]) -> NoReturn:
        """Inside: tell the test's process, and end."""
        if os.getppid() == self._process:  # else it is a fork that the benchmark itself has made
            text = json.dumps(answer).encode()[:_PIECE]
            os.write(self._pipes[self._turn[0]][1], text)
        while True:
            os.kill(os.getpid(), 9)

    def outcomes(self) -> list[list[Any]]:
        """Outside: what they answered.

        Raises:
            Unmeasurable: one raised, or its process ended.
        """
        gc.unfreeze()
        texts = []
        for out, in_ in self._pipes:
            os.close(in_)
            texts.append(os.read(out, _PIECE))
            os.close(out)
        for text, status in zip(texts, self._status, strict=True):
            if not text:
                code = os.waitstatus_to_exitcode(status)
                raise Unmeasurable(f"the process that measured ended with status {code}, without a word")
            word, *rest = json.loads(text)
            if word != protocol.READY:
                raise Unmeasurable("\n".join(rest))
        return [json.loads(text)[1:] for text in texts]


def in_forks(region: Callable[[], list[Any]], number: int) -> list[list[Any]]:
    """What a function answers in so many forks of this process.

    Raises:
        Unmeasurable: as `Forks.outcomes`.
    """
    forks = Forks(number)
    for _ in range(number):
        if forks.fork():
            try:
                answer = [protocol.READY, *region()]
            except BaseException as error:
                answer = [protocol.RAISED, *described(error)]
            forks.answer(answer)
    return forks.outcomes()


def threads() -> int:
    """How many threads this process has besides the main one."""
    return job._threads() - 1


def described(error: BaseException) -> tuple[str, str]:
    """One line on an exception, and its traceback without iaipy's frames."""
    kept = sys.path[:]
    try:
        return failure.described(error)
    finally:
        sys.path[:] = kept


def ready() -> None:
    """Bring the process into the state that every region starts from."""
    job._seed()


def settled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on fresh memory, and all that is allocated from now on there too."""
    function = fresh(function)
    topup.close()
    topup.level_cache()
    return function


def fresh(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on fresh memory, as `subject.anew` makes it."""
    work: Work = object.__new__(Work)
    work.function = function
    work.named = work.setup_named = work.teardown_named = {}
    work.setup = work.teardown = nothing
    return anew(work).function


def _measured(call: Call, function: Callable[..., Any]) -> tuple[int, int, list[str], Any]:
    before = job._threads()
    for _ in range(call.warmup):
        arguments, named = call.arguments()
        result = function(*arguments, **named)
        if call.teardown:
            call.teardown(*arguments, **named)
    arguments, named = call.arguments()
    gc.collect()
    topup.close()
    first, last, result = job._region(function, arguments, named, call.iterations)
    if is_coroutine_object(result):
        result.close()
        raise Unmeasurable(
            "is a plain function that returned a coroutine nobody awaited; give benchmark the async function"
        )
    return first, last, job._leftovers(before), result


def _function(call: Call) -> list[Any]:
    ready()
    return list(_measured(call, settled(call.function))[:3])


def body(call: Call, readings: list[Any]) -> Callable[..., Any]:
    """A function to stand in for a test's body: it measures the body, into the list.

    It is a coroutine function where the body is one, so that it runs in the loop the test would run in.
    """
    function = call.function

    def measured(**named: Any) -> None:
        ready()
        call.arguments = lambda: ((), named)
        readings.extend(_measured(call, settled(function))[:3])

    async def measured_awaited(**named: Any) -> None:
        ready()
        call.arguments = lambda: ((), named)
        before = job._threads()
        first, last, _ = await _awaited(settled(function), call)
        readings.extend((first, last, job._leftovers(before)))

    return measured_awaited if call.is_coroutine else measured


def _coroutine(call: Call) -> list[Any]:
    ready()
    function = settled(call.function)
    before = job._threads()
    asyncio.events._set_running_loop(None)  # the test's own, if it has one, belongs to another process
    with asyncio.Runner() as runner:
        first, last, _ = runner.run(_awaited(function, call))
    return [first, last, job._leftovers(before)]


async def _awaited(function: Callable[..., Any], call: Call) -> tuple[int, int, Any]:
    for _ in range(call.warmup):
        arguments, named = call.arguments()
        await function(*arguments, **named)
        if call.teardown:
            call.teardown(*arguments, **named)
    arguments, named = call.arguments()
    gc.collect()
    topup.close()
    return await job._region_awaited(function, arguments, named, call.iterations)


def calibration(is_coroutine: bool) -> Call:
    """The call that does nothing."""
    return Call(empty_coroutine if is_coroutine else empty, lambda: ((), {}), warmup=2)


def seconds_of(play: Callable[[], Any]) -> tuple[Any, float]:
    """What a function returns, and the seconds that it waited rather than worked."""
    _, overhead = _waiting(lambda: None)
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
        _measured(call, settled(call.function))
    in_forks(lambda: [0, 0, []], 2)
