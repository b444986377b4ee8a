"""What a `with measure_time(...)` does, off and on: the path that a measured program takes each time.

What looks odd in here keeps it cheap; docs/instrumentation-guide.md has the figures. While timing is off,
`measure_time(...)` is a look-up in a dict, done in C, and `with` calls a type and a function that has no
`self`; methods would take three times as long. While it is on, the end of a block only puts it into a list.
"""

from _thread import RLock
from contextvars import ContextVar
from time import perf_counter_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])

MOST_SHARED = 1_024
"""Operations that keep a timer while timing is off: names made up at run time must not fill the memory."""


class Timer:
    """An operation's stopwatch, for `with` and as a decorator; `measure_time` makes it.

    One timer may be used again, inside itself, and by several threads and tasks at once.
    """

    __slots__ = ("operation",)
    operation: str

    if TYPE_CHECKING:

        def __enter__(self) -> object:
            """Begin a block."""

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            traceback: TracebackType | None,
        ) -> None:
            """End it."""

    def __call__(self, function: "F") -> "F":
        """Make a function that does the same, and whose calls are measured while timing is on.

        Raises:
            TypeError: what is decorated is no Python function, or a generator function.
        """
        from iaipy.timing.decorating import decorate

        timed: F = decorate(self.operation, function)
        return timed


class Block(Timer):
    """One run of a block: what `measure_time` makes while timing is on, and then the record of it.

    `again` is None unless the timer is used a second time. From then on it holds the root and, for every use
    that hasn't ended, the block that stands for it.
    """

    __slots__ = ("again", "end_ns", "error", "parent", "start_ns")
    error: "type[BaseException] | None"
    parent: "Block"

    def __init__(self, operation: str) -> None:
        self.operation = operation if operation.__class__ is str else plain_name(operation)
        self.start_ns = self.end_ns = 0
        self.again: list[Block] | None = None

    def __enter__(self) -> None:
        if self.start_ns:
            _enter_again(self)
            return
        self.start_ns = 1  # claimed, before another thread can do so
        parent = _innermost()
        while parent.end_ns:
            parent = parent.parent
        self.parent = parent
        _set_innermost(self)
        self.start_ns = perf_counter_ns()

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: "BaseException | None",
        traceback: "TracebackType | None",
    ) -> None:
        end_ns = perf_counter_ns()
        block = _current_use(self.again) if self.again else self
        if block is None:
            return
        block.error = kind
        block.end_ns = end_ns
        if len(pending) < room:
            pending.append(block)
        else:
            _admit(block)


# A context knows the block entered last, even after its end: setting a context variable is dear, and so a
# block does it once. Whoever looks for the enclosing block passes those that have ended. So it doesn't matter
# either in which order, or in which context, blocks end that generators hold open.
ROOT = Block("")
ROOT.start_ns, ROOT.parent = 1, ROOT
context: ContextVar[Block] = ContextVar("iaipy.timing", default=ROOT)
_innermost, _set_innermost = context.get, context.set

on = False
pending: list[Block] = []
room = 0
"""How many may be pending; none while nobody would see to them."""
dropped = 0
lock = RLock()
_new = object.__new__


def begin(operation: str) -> Block:
    """A block that has begun: `Block(operation)` and its `__enter__` in one, which takes a seventh less."""
    block = _new(Block)
    block.operation = operation
    block.end_ns = 0
    block.again = None
    parent = _innermost()
    while parent.end_ns:
        parent = parent.parent
    block.parent = parent
    _set_innermost(block)
    block.start_ns = perf_counter_ns()
    return block


def _admit(block: Block) -> None:
    from iaipy.timing.emission import admit

    admit(block)


def _enter_again(timer: "Block | Shared") -> None:
    """Begin a block for a timer that isn't new: each use is then a block of its own."""
    uses = timer.again
    if uses is None:
        with lock:
            running = [timer] if isinstance(timer, Block) and not timer.end_ns else []
            uses = timer.again = timer.again or [ROOT, *running]
    if on:
        uses.append(begin(timer.operation))


def _current_use(uses: list[Block]) -> Block | None:
    """The innermost of a timer's uses in this context; None if timing was off when it began."""
    block = _innermost()
    while block.end_ns or block not in uses:
        block = block.parent
    if block is ROOT:
        block = uses[-1]  # begun in another context
        if block is ROOT:
            return None
    uses.remove(block)
    return block


def _nothing(kind: object, error: object, traceback: object) -> None:
    """Do what the end of a block does while timing is off."""


# `tuple`, because to call it without arguments is the cheapest call that `with` can make.
_WHEN_OFF = {"__enter__": tuple, "__exit__": staticmethod(_nothing)}
_WHEN_ON = {"__enter__": _enter_again, "__exit__": Block.__exit__}


class _Asked(type):
    """Answers those who ask the class for its methods, as contextlib does: with ordinary ones, on or off.

    A `with` statement doesn't ask the metaclass.
    """

    def __getattribute__(cls, name: str) -> "Any":
        return _WHEN_ON.get(name) or super().__getattribute__(name)


class Shared(Timer, metaclass=_Asked):
    """What `measure_time` gives to everybody while timing is off, one for each operation."""

    __slots__ = ("again",)

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.again: list[Block] = [ROOT]


class Timers(dict[str, Timer]):
    """The shared timers by operation; empty while timing is on, so that each use gets a block of its own."""


def _share(timers: Timers, operation: str) -> Timer:
    timer = Shared(plain_name(operation))
    if len(timers) < MOST_SHARED:
        timers[timer.operation] = timer
    return timer


def plain_name(operation: object) -> str:
    """The operation's name as a `str`, and no subclass of it.

    Raises:
        TypeError: it is no string.
    """
    if not isinstance(operation, str):
        raise TypeError(
            f'measure_time takes the name of an operation, as in measure_time("a.b"), not {operation!r}'
        )
    return str.__str__(operation)


timers = Timers()


def switch(to: bool) -> None:
    """Make `measure_time` do what it does while timing is on, or off."""
    global on
    on = to
    Timers.__missing__ = Block if to else _share  # type: ignore[attr-defined]
    timers.clear()
    for name, method in (_WHEN_ON if to else _WHEN_OFF).items():
        setattr(Shared, name, method)


switch(False)
