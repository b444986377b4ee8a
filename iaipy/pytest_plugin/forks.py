"""Forks of a test's process, each of which measures, answers and is no more. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from iaipy import workers
from iaipy.workers import failure, heap, nursery
from iaipy.workers.machine import C, end, ffi

_EMPTY = 1
"""Forks that do nothing, before several that are to begin alike."""

Reading = list[Any]
"""The process numbers of a region's two readings, and remarks."""

_PIECE = 1 << 15
"""Bytes of an answer: no more than a pipe holds while nobody reads it."""

_SHORT = _PIECE // 32
"""Characters of each text in an answer that would be longer; two of them fit, whatever they consist of."""


class Unmeasurable(Exception):  # noqa: N818  # what a test fails with reads better so
    """A benchmark of which there can be no number."""


class Forks:
    """Forks of this process, one after the other.

    From one fork to the next this process makes and keeps nothing, so that all begin alike: what they
    answer waits in pipes until the last of them has ended. Before several, one more does nothing: what it
    leaves in the caches, each of the others finds in them.

    Parameters:
        number: how many will answer.
    """

    def __init__(self, number: int) -> None:
        self._empty = _EMPTY if number > 1 else 0
        self.turns = range(self._empty + number)
        self._process = C.getpid()
        self._pipes = [os.pipe() for _ in range(number)]
        self._pid, self._status = ffi.new("int[1]"), ffi.new("int[]", len(self.turns))
        self._turn = ffi.new("int[1]")

    def fork(self) -> bool:
        """Take a turn: True in a fork that is to answer; False in this process, once the fork has ended."""
        self._pid[0] = C.fork()
        if self._pid[0] == 0:
            nursery.die_with_parent()
            if self._turn[0] < self._empty:
                end()
            return True
        pid = self._pid[0]
        waited = C.waitpid(pid, self._status + self._turn[0], 0)
        del waited  # before `pid`, so that their places are free in the same order as before
        self._turn[0] += 1
        return False

    def measure(self, region: Callable[[], list[Reading]]) -> None:
        """Have all of them answer what a function says, or what it raises."""
        for _ in self.turns:
            if self.fork():
                try:
                    answer = [workers.READY, *region()]
                except Unmeasurable as error:
                    answer = [workers.RAISED, str(error)]
                except BaseException as error:
                    answer = [workers.RAISED, *described(error)]
                self.answer(answer)

    def answer(self, answer: list[Any]) -> NoReturn:
        """Inside: tell the process that has forked, and end."""
        if C.getppid() == self._process:  # else it is a fork that the benchmark itself has made
            self._tell(answer)
        end()

    def _tell(self, answer: list[Any]) -> None:
        text = json.dumps(answer).encode()
        if len(text) > _PIECE:
            text = json.dumps([word[:_SHORT] if isinstance(word, str) else word for word in answer]).encode()
        os.write(self._pipes[self._turn[0] - self._empty][1], text)

    def readings(self) -> list[Reading]:
        """Outside: all that they have read.

        Raises:
            Unmeasurable: one raised, or its process ended.
        """
        texts = []
        for out, in_ in self._pipes:
            os.close(in_)
            texts.append(os.read(out, _PIECE))
            os.close(out)
        found = []
        for text, status in zip(texts, self._status[self._empty : len(self.turns)], strict=True):
            if not text:
                code = os.waitstatus_to_exitcode(status)
                raise Unmeasurable(f"the process that measured ended with status {code}, without a word")
            word, *rest = json.loads(text)
            if word != workers.READY:
                raise Unmeasurable("\n".join(rest))
            found += rest
        return found


def rehearse() -> None:
    """Answer in this very process, so that valgrind has translated what every fork does at its end."""
    made = Forks(1)
    made._tell([workers.READY, [0, 0, []]])
    made.readings()


def of_test(number: int) -> Forks:
    """Forks of a test's process, whose heap and collector are settled for them."""
    forks = Forks(number)
    sys._clear_type_cache()
    gc.collect()
    gc.freeze()
    heap.close()
    return forks


def described(error: BaseException) -> tuple[str, str]:
    """One line on an exception, and its traceback without iaipy's frames."""
    kept = sys.path[:]
    try:
        return failure.described(error)
    finally:
        sys.path[:] = kept
