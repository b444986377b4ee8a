"""How many rounds of how many iterations: the plan of a process that times, and what it needs for it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    Samples = tuple[list[float], int]
    """Nanoseconds per iteration, one for each round; and the iterations of a round."""

    Schedule = Generator[int, int, Samples]
    """Yields the iterations of the next round, is sent its nanoseconds, and returns all samples."""

LEAST_TICKS = 1000
"""A round is at least so many times as long as the clock's resolution."""

LONGEST_ROUND_NS = 1_000_000
"""Of a calibrated round. An interruption spoils the rounds it falls into, and the median of many short ones
is untouched by it."""

MOST_ROUNDS = 100
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
    """

    def __init__(
        self, rounds: int, least_rounds: int, iterations: int, warmup_ns: int, measurement_ns: int
    ) -> None:
        self.rounds = rounds
        self.least_rounds = least_rounds
        self.iterations = iterations
        self.warmup_ns = warmup_ns
        self.measurement_ns = measurement_ns


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
    end_of_warmup = clock() + pace.warmup_ns
    while True:
        per_call = _checked((yield iterations)) / iterations
        if clock() >= end_of_warmup:
            break
        if not pace.iterations and per_call * iterations < LEAST_TICKS * resolution_ns:
            iterations *= _GROWTH
    # Half of it is enough below.
    wanted = max(2 * LEAST_TICKS * resolution_ns, min(LONGEST_ROUND_NS, pace.measurement_ns // MOST_ROUNDS))
    while not pace.iterations:
        iterations = max(1, -int(-wanted // max(per_call, _FASTEST_NS)))
        shortest = _checked((yield iterations))
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
    return samples, iterations


def _checked(elapsed: int) -> int:
    if elapsed < 0:
        raise RuntimeError("the clock went backwards")
    return elapsed


def drive(plan: "Schedule", round_: "Callable[[int], int]") -> "Samples":
    """Go through a schedule."""
    try:
        iterations = next(plan)
        while True:
            iterations = plan.send(round_(iterations))
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


async def drive_awaited(plan: "Schedule", round_: "Callable[[int], Awaitable[int]]") -> "Samples":
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
