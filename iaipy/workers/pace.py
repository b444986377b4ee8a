"""How many rounds of how many iterations: the plan of a process that times, and what it needs for it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    Rounds = tuple[list[float], int]
    """Nanoseconds per iteration, one for each round; and the iterations of a round."""

    Schedule = Generator[int, int, Rounds]
    """Yields the iterations of the next round, is sent its nanoseconds, and returns all samples."""

LEAST_TICKS = 1000
"""A round is at least so many times as long as the clock's resolution."""

LONGEST_ROUND_NS = 1_000_000
"""Of a calibrated round. An interruption spoils the rounds it falls into, and the median of many short ones
is untouched by it."""

MOST_ROUNDS = 100
SLOW_NS = 500_000_000
"""Where time is short, a round that takes longer is no mere warm-up: it is a sample."""

_LEAST_LIMIT_NS = 20_000_000
"""However short time is: enough to find out how many calls of a quick function make a round."""

_COLD = "the time budget left no time for a call before the one that was timed"
_FEWER = "the time budget left time for fewer rounds than were asked for"
_RESOLUTION_TRIES = 200
_FASTEST_NS = 0.1
_GROWTH = 10
_MORE_TRIES, _SURELY_LONG = 2, 20
"""An interruption makes a short round long enough; a few rounds in a row are not all interrupted."""


class Pace:
    """What a timing process is asked for.

    Parameters:
        rounds: how many samples; 0 for as many as the time allows.
        least_rounds: the fewest samples, where the time would allow fewer.
        iterations: calls in a round; 0 to find out.
        warmup_ns, measurement_ns: how long, by the clock on the wall.
        limit_ns: how long both may take, whatever the rest says; a slow call takes longer. 0 for no limit.
    """

    def __init__(
        self,
        rounds: int,
        least_rounds: int,
        iterations: int,
        warmup_ns: int,
        measurement_ns: int,
        limit_ns: int = 0,
    ) -> None:
        self.rounds = rounds
        self.least_rounds = least_rounds
        self.iterations = iterations
        self.warmup_ns = warmup_ns
        self.measurement_ns = measurement_ns
        self.limit_ns = limit_ns
        self.notes: list[str] = []
        """Where the limit cut it short, in words."""


class _Limit:
    """The end of a process's time; it looks at the clock after each round."""

    def __init__(self, limit_ns: int, clock: "Callable[[], int]") -> None:
        self._clock = clock
        self._begin = self._before = clock()
        self._limit_ns = limit_ns
        self._is_first = True

    def reached(self) -> bool:
        """Whether a round like the one that has just ended would be too long."""
        if not self._limit_ns:
            return False
        now = self._clock()
        took, self._before = now - self._before, now
        is_first, self._is_first = self._is_first, False
        if is_first and took < SLOW_NS:  # what is slow the first time may be quick from then on
            self._limit_ns = max(self._limit_ns, now - self._begin + _LEAST_LIMIT_NS)
            return False
        return now + took > self._begin + self._limit_ns


def resolution(clock: "Callable[[], int]") -> int:
    """The least time in nanoseconds that lies between two different readings of a clock."""
    least = 0
    for _ in range(_RESOLUTION_TRIES):
        begin = end = clock()
        while end == begin:
            end = clock()
        if end > begin:
            least = min(least or end - begin, end - begin)
    return max(least, 1)


def schedule(pace: Pace, resolution_ns: int, clock: "Callable[[], int]") -> "Schedule":
    """Plan the warm-up, then rounds long enough for the clock until the time is over.

    Raises:
        RuntimeError: a round took less than no time: the clock was set back.
    """
    iterations = pace.iterations or 1
    limit = _Limit(pace.limit_ns, clock)
    end_of_warmup = clock() + pace.warmup_ns
    elapsed = 0
    while True:
        before, elapsed = elapsed, _checked((yield iterations))
        per_call = elapsed / iterations
        if limit.reached():
            return (yield from _only(pace, before, elapsed, iterations))
        if clock() >= end_of_warmup:
            break
        if not pace.iterations and per_call * iterations < LEAST_TICKS * resolution_ns:
            iterations *= _GROWTH
    # Half of it is enough below.
    wanted = max(2 * LEAST_TICKS * resolution_ns, min(LONGEST_ROUND_NS, pace.measurement_ns // MOST_ROUNDS))
    while not pace.iterations:
        iterations = max(1, -int(-wanted // max(per_call, _FASTEST_NS)))
        shortest = _checked((yield iterations))
        if limit.reached():
            return (yield from _only(pace, elapsed, shortest, iterations))
        for _ in range(_MORE_TRIES):
            if not wanted <= 2 * shortest <= _SURELY_LONG * wanted:
                break
            shortest = min(shortest, _checked((yield iterations)))
        if 2 * shortest >= wanted:
            break
        per_call = shortest / iterations
    samples: list[float] = []
    end = clock() + pace.measurement_ns
    most = pace.rounds or max(MOST_ROUNDS, pace.least_rounds)
    least = pace.rounds or pace.least_rounds
    while len(samples) < least or (len(samples) < most and clock() < end):
        samples.append(_checked((yield iterations)) / iterations)
        if limit.reached():
            break
    if len(samples) < pace.rounds:
        pace.notes.append(_FEWER)
    return samples, iterations


def _only(pace: Pace, before: int, last: int, iterations: int) -> "Schedule":
    """The one sample for which there is time: of another round, or of the last one where rounds are slow.

    Parameters:
        before, last: what the last two rounds took; no `before` where there was one only.
    """
    if not before:
        pace.notes.append(_COLD)
    elif min(before, last) < _LEAST_LIMIT_NS:  # an interruption makes one short round long, but hardly two
        last = _checked((yield iterations))
    if pace.rounds > 1:
        pace.notes.append(_FEWER)
    return [last / iterations], iterations


def _checked(elapsed: int) -> int:
    if elapsed < 0:
        raise RuntimeError("the clock went backwards")
    return elapsed


def drive(plan: "Schedule", round_: "Callable[[int], int]") -> "Rounds":
    """Go through a schedule."""
    try:
        iterations = next(plan)
        while True:
            iterations = plan.send(round_(iterations))
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


async def drive_awaited(plan: "Schedule", round_: "Callable[[int], Awaitable[int]]") -> "Rounds":
    """The same with rounds that are awaited."""
    try:
        iterations = next(plan)
        while True:
            iterations = plan.send(await round_(iterations))
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


def peak_bytes(pid: "int | str" = "self") -> int:
    """The most memory that a process has had in RAM, without what it was forked from; 0 if it has ended."""
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
