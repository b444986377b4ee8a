"""The fixture without valgrind: it calls, and refuses what pytest-benchmark refuses."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from iaipy.pytest_plugin.fixture import BenchmarkFixture, FixtureAlreadyUsed, fixture_class


@pytest.fixture
def made(request: pytest.FixtureRequest) -> BenchmarkFixture:
    """A fixture that measures nothing."""
    return BenchmarkFixture(request)


def test_it_calls_once_and_returns_the_result(made: BenchmarkFixture) -> None:
    """Without --iaipy the function is called once, with its arguments."""
    calls: list[Any] = []

    def work(*args: int, **kwargs: int) -> int:
        calls.append((args, kwargs))
        return 7

    assert made(work, 1, two=2) == 7
    assert calls == [((1,), {"two": 2})]
    assert made.disabled
    assert not made.enabled


def test_a_coroutine_is_awaited(made: BenchmarkFixture) -> None:
    """A coroutine function's result comes back, not its coroutine."""

    async def work() -> int:
        return 7

    assert made(work) == 7


def test_it_can_be_used_once(made: BenchmarkFixture) -> None:
    """A second use is refused, and names the first."""
    made(int)
    with pytest.raises(FixtureAlreadyUsed, match=r"in benchmark\(\.\.\.\) mode"):
        made.pedantic(int)
    assert made.has_error


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"rounds": "x"}, {"warmup_rounds": -1}, {"iterations": 0}])
def test_pedantic_refuses_wrong_numbers(made: BenchmarkFixture, wrong: Any) -> None:
    """Rounds, warm-up rounds and iterations are whole numbers."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        made.pedantic(int, **wrong)


def test_pedantic_takes_its_arguments_from_setup(made: BenchmarkFixture) -> None:
    """What setup returns are the arguments, and teardown gets the same."""
    calls: list[Any] = []
    made.pedantic(
        lambda *a, **k: calls.append((a, k)),
        setup=lambda: ([1], {"two": 2}),
        teardown=lambda *a, **k: calls.append("done"),
    )
    assert calls == [((1,), {"two": 2}), "done"]


def test_pedantic_refuses_arguments_twice(made: BenchmarkFixture) -> None:
    """Arguments come from setup or from the call, not from both."""
    with pytest.raises(TypeError, match="setup"):
        made.pedantic(int, args=[1], setup=lambda: ([1], {}))


def test_it_is_an_instance_of_the_classes_that_suites_name(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where pytest-benchmark is loaded, the fixture is one of its class too."""
    theirs = type("BenchmarkFixture", (), {})
    module = ModuleType("pytest_benchmark.fixture")
    module.BenchmarkFixture = theirs  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pytest_benchmark.fixture", module)
    made = fixture_class()(request)
    assert isinstance(made, theirs)
    assert isinstance(made, BenchmarkFixture)
