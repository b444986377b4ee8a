"""Threads that work off tasks, newest first, so that what has been begun is finished before more is begun."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

Outcome = TypeVar("Outcome")
Task = Callable[[], None]


class Pool(Generic[Outcome]):
    """A few threads and one stack of tasks; tasks may push further tasks and report outcomes.

    Parameters:
        threads: how many tasks run at once.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._stack: list[Task] = []
        self._changed = threading.Condition()
        self._unfinished = 0
        self._stopped = False
        self._running: list[threading.Thread] = []
        self._outcomes: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()

    def push(self, tasks: Iterable[Task]) -> None:
        """Add tasks, to be run in this order and before any that were added earlier."""
        tasks = list(tasks)
        with self._changed:
            self._stack.extend(reversed(tasks))
            self._unfinished += len(tasks)
            self._changed.notify_all()

    def report(self, outcome: Outcome) -> None:
        """Hand an outcome to whoever iterates over `outcomes`."""
        self._outcomes.put(outcome)

    def outcomes(self) -> Iterator[Outcome]:
        """Run the tasks, yielding what they report; the first exception of a task is raised here.

        Closing the iterator early, or an exception, stops the threads after their present tasks.
        """
        self._running = [threading.Thread(target=self._work, daemon=True) for _ in range(self._threads)]
        for thread in self._running:
            thread.start()
        ended = 0
        try:
            while ended < len(self._running):
                outcome = self._outcomes.get()
                if outcome is None:
                    ended += 1
                elif isinstance(outcome, BaseException):
                    raise outcome
                else:
                    yield outcome
        finally:
            self.stop()

    def stop(self) -> None:
        """Let no further task begin."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def join(self, timeout_s: float) -> None:
        """Wait for the threads to end; at most so long for each."""
        for thread in self._running:
            thread.join(timeout_s)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except BaseException as error:  # whatever it is belongs to the thread that iterates
                self._outcomes.put(error)
            with self._changed:
                self._unfinished -= 1
                self._changed.notify_all()
        self._outcomes.put(None)

    def _next(self) -> Task | None:
        with self._changed:
            while not self._stack and self._unfinished and not self._stopped:
                self._changed.wait()
            return self._stack.pop() if self._stack and not self._stopped else None
