"""The `benchmark` fixture's object, with the interface of pytest-benchmark's and pytest-codspeed's.

PYTEST_DONT_REWRITE: nothing here is to be instrumented.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic  # its own name: a test may replace the module's
from typing import TYPE_CHECKING, Any

import pytest

from iaipy.pytest_plugin.stats import Stats, seconds_of

if TYPE_CHECKING:
    from iaipy.errors import MeasurementError
    from iaipy.model.run import Result
    from iaipy.pytest_plugin.region import Recorder

PATIENCE_S = 2.0
"""How long the rounds of a pedantic benchmark may go on once it is measured; the first is always made."""


@dataclass
class Played:
    """A test that has been measured and is now run as any other, in the host's pytest.

    Parameters:
        result: its numbers; None where it gave none.
        error: why it gave none though it should have.
        outcomes: what has been reported of it.
        raised: whether what it benchmarks raised.
        group, extra_info: what the test has set.
    """

    result: Result | None
    error: MeasurementError | None
    group: str | None
    outcomes: set[str] = field(default_factory=set)
    raised: bool = False
    extra_info: dict[str, Any] = field(default_factory=dict)


RECORDER: pytest.StashKey[Recorder] = pytest.StashKey()
"""On an item in a measuring process: where its measurements go."""

PLAYED: pytest.StashKey[Played] = pytest.StashKey()
"""On an item of a host: what came of measuring it."""

_PEERS = (
    ("pytest_benchmark.fixture", "BenchmarkFixture"),
    ("pytest_codspeed.plugin", "BenchmarkFixture"),
)
_classes: dict[tuple[type, ...], type[BenchmarkFixture]] = {}


class FixtureAlreadyUsed(Exception):  # noqa: N818  # pytest-benchmark's name
    """The fixture was used twice in one test."""


class BenchmarkFixture:
    """Measures one function per test.

    Parameters:
        request: pytest's, of the test.
    """

    name: str
    fullname: str
    stats: Any
    disabled: bool

    def __init__(self, request: pytest.FixtureRequest) -> None:
        item = request.node
        self.name = item.name
        self.fullname = item.nodeid
        callspec = getattr(item, "callspec", None)
        self.param = callspec.id if callspec else None
        self.params = callspec.params if callspec else None
        self.group = group_of(item)
        marker = item.get_closest_marker("benchmark")
        self._profiled = bool(marker and marker.kwargs.get("cprofile"))
        self.extra_info: dict[str, Any] = {}
        self.has_error = False
        self.skipped = False
        self.stats = None
        self._recorder: Recorder | None = item.stash.get(RECORDER, None)
        self._played: Played | None = item.stash.get(PLAYED, None)
        self.disabled = self._recorder is None and self._played is None
        self._used = ""
        self._undo: list[Callable[[], object]] = []

    @property
    def enabled(self) -> bool:
        """Whether it measures; otherwise it only calls."""
        return not self.disabled

    def __call__(self, function_to_benchmark: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Measure a function; what it returns for these arguments."""
        __tracebackhide__ = True
        self._use("benchmark(...)")

        def play() -> Any:
            __tracebackhide__ = True
            return _finished(function_to_benchmark(*args, **kwargs))

        try:
            return self._measure(function_to_benchmark, lambda: (args, kwargs), play)
        except Exception:
            self.has_error = True
            raise

    def pedantic(
        self,
        target: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        setup: Callable[[], Any] | None = None,
        teardown: Callable[..., Any] | None = None,
        rounds: int = 1,
        warmup_rounds: int = 0,
        iterations: int = 1,
    ) -> Any:
        """Measure one round of a function; what it returns.

        Parameters:
            setup: called without arguments before every round; what it returns, if anything, are the
                function's arguments, `(args, kwargs)`.
            teardown: called with the function's arguments after every round.
            rounds: how often the test makes a round; one is measured.
            warmup_rounds: rounds before the measured one.
            iterations: calls in a round; without a `setup` only.

        Raises:
            ValueError, TypeError: these don't go together, as in pytest-benchmark.
        """
        __tracebackhide__ = True
        self._use("benchmark.pedantic(...)")
        try:
            _require("rounds", rounds, 1)
            _require("warmup_rounds", warmup_rounds, 0)
            _require("iterations", iterations, 1)
            if iterations > 1 and setup:
                raise ValueError("Can't use more than 1 `iterations` with a `setup` function.")

            def arguments() -> tuple[Any, Any]:
                __tracebackhide__ = True
                made = setup() if setup else None
                if made and (args or kwargs):
                    raise TypeError("Can't use `args` or `kwargs` if `setup` returns the arguments.")
                return made or (args, kwargs or {})

            def once(calls: int) -> Any:
                __tracebackhide__ = True
                words, named = arguments()
                result = None
                for _ in range(calls):
                    result = _finished(target(*words, **named))
                if teardown is not None:
                    teardown(*words, **named)
                return result

            def play() -> Any:
                __tracebackhide__ = True
                if self.disabled:
                    return once(1)
                end = monotonic() + PATIENCE_S
                for _ in range(warmup_rounds + rounds):
                    result = once(iterations)
                    if monotonic() > end:
                        break
                # As there, what was looped is called once more for its result, and once more to profile it.
                result = once(1) if iterations > 1 else result
                if self._profiled:
                    once(1)
                return result

            return self._measure(target, arguments, play, teardown, warmup_rounds, iterations)
        except Exception:
            self.has_error = True
            raise

    def weave(self, target: Any, **kwargs: Any) -> None:
        """Measure a function as whoever calls it calls it; `aspectlib` is needed for this."""
        try:
            import aspectlib
        except ImportError as error:
            raise ImportError("benchmark.weave needs aspectlib: pip install aspectlib") from error

        def aspect(function: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *args, **named: self(function, *args, **named)

        self._undo.append(aspectlib.weave(target, aspect, **kwargs).rollback)

    patch = weave

    def cleanup(self) -> None:
        """Undo what was woven, and hand over what the test has set."""
        while self._undo:
            self._undo.pop()()
        if self._played is not None:
            self._played.group, self._played.extra_info = self.group, self.extra_info

    def _use(self, way: str) -> None:
        __tracebackhide__ = True
        if self._used:
            self.has_error = True
            raise _already_used()(
                f"Fixture can only be used once. Previously it was used in {self._used} mode."
            )
        self._used = way

    def _measure(
        self,
        function: Callable[..., Any],
        arguments: Callable[[], tuple[Any, Any]],
        play: Callable[[], Any],
        teardown: Callable[..., object] | None = None,
        warmup: int | None = None,
        iterations: int = 1,
    ) -> Any:
        __tracebackhide__ = True
        if self._recorder is not None:
            from iaipy.pytest_plugin.region import Call

            calls = self._recorder.warmup if warmup is None else warmup
            self._recorder.measure(Call(function, arguments, teardown, calls, iterations))
        if self._played is None:
            return play()
        try:
            result, waited_s = seconds_of(play)
        except BaseException:
            self._played.raised = True
            raise
        if self._played.result is not None:
            self.stats = Stats(self._played.result, waited_s)
        return result


def _finished(result: Any) -> Any:
    """A function's result; a coroutine's, unless a loop is running, in which the test has to await it."""
    __tracebackhide__ = True
    if type(result).__name__ != "coroutine":
        return result
    import asyncio  # only here: every pytest with a benchmark fixture imports this module

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(result)
    return result


def group_of(item: pytest.Item) -> str | None:
    """The group that the marker names."""
    for name in ("benchmark", "codspeed_benchmark"):
        marker = item.get_closest_marker(name)
        if marker is not None and marker.kwargs.get("group"):
            return str(marker.kwargs["group"])
    return None


def _require(name: str, value: object, least: int) -> None:
    __tracebackhide__ = True
    if not isinstance(value, int) or value < least:
        raise ValueError(f"Must have positive int for `{name}`.")


def _loaded(name: str, attribute: str) -> Any:
    return getattr(sys.modules.get(name), attribute, None)


def _already_used() -> type[Exception]:
    """The exception, as a subclass of pytest-benchmark's where that is loaded."""
    theirs = _loaded("pytest_benchmark.fixture", "FixtureAlreadyUsed")
    return type("FixtureAlreadyUsed", (FixtureAlreadyUsed, theirs), {}) if theirs else FixtureAlreadyUsed


def fixture_class() -> type[BenchmarkFixture]:
    """The fixture's class; it is also each of those that suites annotate it with, if that is loaded."""
    bases = tuple(each for each in (_loaded(*peer) for peer in _PEERS) if isinstance(each, type))
    if bases not in _classes:
        made = type("BenchmarkFixture", (BenchmarkFixture, *bases), {}) if bases else BenchmarkFixture
        _classes[bases] = made
    return _classes[bases]
