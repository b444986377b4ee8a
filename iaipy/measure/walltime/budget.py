"""A run's time, shared out among the processes that are still to come."""

from collections.abc import Callable, Mapping

START_S = 0.15
"""What starting a process and importing a file takes, roughly."""

LEAST_SHARE_S = 0.05
"""What a process gets however short time is, so that a quick function is warmed up and has some samples."""

LEAST_PROCESSES = 2
"""Of a benchmark, whatever that takes: one alone can't tell how much processes differ."""


class Budget:
    """Says which processes are still to be started, and how long each may time.

    Parameters:
        seconds: for all of them, from now on; None without a bound.
        planned: by benchmark, how many processes it would have.
        clock: seconds from some point on.
    """

    def __init__(self, seconds: float | None, planned: Mapping[str, int], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end_s = None if seconds is None else clock() + seconds
        self._left = dict(planned)
        self._owed = {id_: min(LEAST_PROCESSES, number) for id_, number in planned.items()}
        self._last_s = dict.fromkeys(planned, 0.0)

    def allows(self, benchmark: str) -> bool:
        """Whether a benchmark's next process is to be started; once it isn't, none is any more."""
        if self._left[benchmark] and not self._is_affordable(benchmark):
            self._left[benchmark] = 0
        return self._left[benchmark] > 0

    def share_s(self) -> float | None:
        """How long the next process may time; None for as long as it likes."""
        if self._end_s is None:
            return None
        processes = sum(left for id_, left in self._left.items() if self._is_affordable(id_))
        return max(LEAST_SHARE_S, (self._end_s - self._clock()) / max(1, processes) - START_S)

    def spent(self, benchmark: str, seconds: float) -> None:
        """A process of a benchmark took so long, with its start."""
        self._last_s[benchmark] = seconds
        self._left[benchmark] -= 1
        self._owed[benchmark] -= 1

    def drop(self, benchmark: str) -> None:
        """A benchmark has failed, and needs no more time."""
        self._left[benchmark] = 0

    def _is_affordable(self, benchmark: str) -> bool:
        if self._end_s is None or self._owed[benchmark] > 0:
            return True
        return self._clock() + self._last_s[benchmark] <= self._end_s
