"""@benchmark and keep."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from iaipy import declare
from iaipy.declare import Declaration, accepts, benchmark, keep


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> list[Declaration]:
    """A list of declarations of the test's own."""
    mine: list[Declaration] = []
    monkeypatch.setattr(declare, "declared", mine)
    return mine


def rows(rows: int) -> list[int]:
    """A setup."""
    return list(range(rows))


def plain() -> int:
    """A benchmark."""
    return 3


async def awaited() -> None:
    """A benchmark that is a coroutine function."""


def test_plain_decorator(declared: list[Declaration]) -> None:
    """Without options the function is declared by its name and line, and comes back as it was."""
    assert benchmark(plain) is plain
    (declaration,) = declared
    assert (declaration.name, declaration.function) == ("plain", plain)
    assert declaration.line == inspect.getsourcelines(plain)[1]
    assert (declaration.warmup, declaration.iterations) == (declare.DEFAULT_WARMUP, None)
    assert (declaration.repeats, declaration.timeout, declaration.fork) == (None, None, True)
    assert not declaration.is_coroutine


def test_decorated_function_can_be_called() -> None:
    """Calling a decorated function calls it, with options or without."""
    assert benchmark(plain)() == 3
    assert benchmark(iterations=2)(plain)() == 3


def test_options(declared: list[Declaration]) -> None:
    """Every option arrives in the declaration."""
    benchmark(
        name="other",
        params={"rows": [1, 2]},
        setup=rows,
        teardown=plain,
        warmup=0,
        iterations=5,
        repeats=3,
        limits={"all": "2%"},
        hard_limits={"instructions": 1000},
        tags="slow",
        timeout="90s",
        fork=False,
    )(plain)
    (found,) = declared
    assert found.name == "other"
    assert found.params == {"rows": [1, 2]}
    assert (found.setup, found.teardown) == (rows, plain)
    assert (found.warmup, found.iterations, found.repeats) == (0, 5, 3)
    assert (found.limits, found.hard_limits) == ({"all": "2%"}, {"instructions": 1000})
    assert (found.tags, found.timeout, found.fork) == (("slow",), "90s", False)


def test_options_of_timing(declared: list[Declaration]) -> None:
    """Every one of them arrives; durations and the loop are left for others to check."""
    benchmark(
        mode=["instructions", "walltime"],
        processes=4,
        rounds=5,
        warmup_time="10ms",
        measurement_time=0.2,
        loop="uvloop",
        elements=7,
    )(plain)
    (found,) = declared
    assert found.modes == ("instructions", "walltime")
    assert (found.processes, found.rounds) == (4, 5)
    assert (found.warmup_time, found.measurement_time) == ("10ms", 0.2)
    assert (found.loop, found.elements) == ("uvloop", 7)


@pytest.mark.parametrize(
    ("mode", "modes"),
    [("walltime", ("walltime",)), (("walltime",), ("walltime",)), (["walltime"], ("walltime",)), (None, ())],
)
def test_modes(declared: list[Declaration], mode: Any, modes: tuple[str, ...]) -> None:
    """One by its name, several in a list; none is any."""
    benchmark(mode=mode)(plain)
    assert declared[0].modes == modes


def test_defaults_of_timing(declared: list[Declaration]) -> None:
    """Nothing is decided where nothing is said."""
    benchmark(plain)
    (found,) = declared
    assert (found.modes, found.loop, found.elements) == ((), "asyncio", None)
    assert (found.processes, found.rounds, found.warmup_time, found.measurement_time) == (None,) * 4


def test_elements_may_be_a_parameter(declared: list[Declaration]) -> None:
    """The number of things is then the value of that parameter."""
    benchmark(params={"rows": [1, 2]}, elements="rows")(rows)
    assert declared[0].elements == "rows"


def test_coroutine_function(declared: list[Declaration]) -> None:
    """An async def is known for one."""
    benchmark(awaited)
    assert declared[0].is_coroutine


def test_cases() -> None:
    """Every combination of values is a case, the last parameter moving fastest, with names to match."""

    def function(a: int, b: str) -> None:
        pass

    declaration = Declaration(function, params={"a": [1, 2], "b": iter("xy")})
    assert declaration.cases() == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]
    assert declaration.case_names() == [
        "function[a=1,b=x]",
        "function[a=1,b=y]",
        "function[a=2,b=x]",
        "function[a=2,b=y]",
    ]


def test_no_parameters() -> None:
    """A benchmark without parameters is one case by its plain name."""
    assert Declaration(plain).cases() == [{}]
    assert Declaration(plain).case_names() == ["plain"]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (10, "10"),
        (1.5, "1.5"),
        (True, "True"),
        (None, "None"),
        ("wal", "wal"),
        ("a b", "a b"),
        ("", "rows3"),
        ("a=b", "rows3"),
        ("a[0]", "rows3"),
        ("a\nb", "rows3"),
        ("x" * 41, "rows3"),
        ([1, 2], "rows3"),
        (dict, "dict"),
        (len, "len"),
        (lambda: 1, "rows3"),
    ],
)
def test_label_of_a_value(value: object, label: str) -> None:
    """Short values stand in the id as they are, named ones by name, all others by their position."""
    declaration = Declaration(rows, params={"rows": [0, 0, 0, value]})
    assert declaration.case_names()[3] == f"rows[rows={label}]"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"warmup": -1}, ValueError, "whole number of at least 0"),
        ({"warmup": 1.5}, ValueError, "whole number"),
        ({"iterations": 0}, ValueError, "at least 1"),
        ({"iterations": True}, ValueError, "whole number"),
        ({"repeats": 0}, ValueError, "at least 1"),
        ({"params": {"size": [1]}}, TypeError, "neither it nor its setup takes the parameter 'size'"),
        ({"params": {"rows": []}, "setup": rows}, ValueError, r"params\['rows'\] is empty"),
        ({"round": 3}, TypeError, "round"),
        ({"mode": "cycles"}, ValueError, "the modes are instructions and walltime"),
        ({"mode": ("walltime", "cycles")}, ValueError, "the modes are instructions and walltime"),
        ({"mode": "all"}, ValueError, "the modes are"),
        ({"mode": 5}, ValueError, "the modes are"),
        ({"mode": ()}, ValueError, "the modes are"),
        ({"mode": []}, ValueError, "the modes are"),
        ({"mode": [["walltime"]]}, ValueError, "the modes are"),
        ({"processes": 0}, ValueError, "processes=0.*at least 1"),
        ({"processes": 2.5}, ValueError, "whole number"),
        ({"rounds": -1}, ValueError, "rounds=-1.*at least 1"),
        ({"rounds": True}, ValueError, "whole number"),
        ({"elements": "rows"}, ValueError, "no parameter is called so"),
    ],
)
def test_wrong_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    """A wrong option is refused where it stands, in the benchmark file."""
    with pytest.raises(error, match=message):
        benchmark(**options)(plain)


def generator() -> Iterator[int]:
    """A generator function."""
    yield 1


async def async_generator() -> Any:
    """An asynchronous one."""
    yield 1


@pytest.mark.parametrize("function", [generator, async_generator])
def test_generator_function(function: Any) -> None:
    """A generator function would do nothing when called, so it is refused."""
    with pytest.raises(TypeError, match="on the generator function"):
        benchmark(function)


@pytest.mark.parametrize("thing", [len, int, 3, "name", staticmethod(plain)])
def test_not_a_python_function(thing: Any) -> None:
    """What has no code of its own can't be decorated."""
    if hasattr(thing, "__code__"):
        pytest.skip("this Python gives it a code object")
    with pytest.raises(TypeError, match="takes a Python function or coroutine function"):
        benchmark(thing)


def test_accepts() -> None:
    """A parameter is accepted by name, keyword-only or through **, but not by position alone."""

    def function(first: int, /, second: int, *, third: int) -> None:
        fourth = first
        assert fourth

    def anything(**named: int) -> None:
        pass

    assert [name for name in ("first", "second", "third", "fourth") if accepts(function, name)] == [
        "second",
        "third",
    ]
    assert accepts(anything, "whatever")
    assert not accepts(None, "rows")
    assert not accepts(len, "obj")


def test_keep() -> None:
    """What is kept comes back, and stays alive until the next value."""

    class Value:
        pass

    value = Value()
    assert keep(value) is value
    assert declare._kept is value
    keep(None)
    assert declare._kept is None
