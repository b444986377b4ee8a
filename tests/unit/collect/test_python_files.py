"""What a benchmark file's declarations are made into; the file itself is imported in another process."""

from typing import Any

import pytest

from iaipy.collect.python_files import _numbered
from iaipy.declare import Declaration
from iaipy.errors import UsageError
from iaipy.model.benchmark import Benchmark, Pace
from iaipy.workers.collector import _described


def plain(rows: int = 1) -> None:
    """A benchmark."""


async def awaited() -> None:
    """A benchmark that is awaited."""


def collected(*declarations: Declaration) -> tuple[Benchmark, ...]:
    """The benchmarks of a file with these declarations."""
    return _numbered("benchmarks/bench_a.py", [_described(declaration) for declaration in declarations])


def refusal(**options: Any) -> str:
    """The message that these options end in."""
    with pytest.raises(UsageError) as caught:
        collected(Declaration(plain, **options))
    return caught.value.message


def test_a_plain_benchmark() -> None:
    """Its place, and the defaults; the pace is left to the configuration."""
    (found,) = collected(Declaration(plain))
    assert found == Benchmark(
        id="benchmarks/bench_a.py::plain",
        kind="function",
        path="benchmarks/bench_a.py",
        line=plain.__code__.co_firstlineno,
        warmup=2,
    )


def test_cases_are_numbered_through() -> None:
    """As the worker numbers them, over all benchmarks of the file."""
    found = collected(Declaration(plain, params={"rows": [1, 2]}), Declaration(awaited))
    assert [(each.name, each.index, each.kind) for each in found] == [
        ("plain[rows=1]", 0, "function"),
        ("plain[rows=2]", 1, "function"),
        ("awaited", 2, "coroutine"),
    ]


def test_options_of_timing() -> None:
    """Durations are seconds by now."""
    (found,) = collected(
        Declaration(
            awaited,
            mode="walltime",
            processes=4,
            rounds=5,
            iterations=6,
            warmup_time="10ms",
            measurement_time=2,
            loop="uvloop",
            elements=7,
        )
    )
    assert found.modes == ("walltime",)
    assert found.pace == Pace(4, 5, 6, 0.01, 2.0, "uvloop", 7)
    assert found.iterations == 6


def test_iterations_are_calibrated_unless_given() -> None:
    """In a count they are one, and in a timing as many as suit the clock."""
    (found,) = collected(Declaration(plain))
    assert (found.iterations, found.pace.iterations) == (1, None)


def test_elements_of_each_case() -> None:
    """A parameter's value, case by case, or one number for all."""
    params: dict[str, list[Any]] = {"rows": [10, 0.5], "other": ["x", "y"]}

    def both(rows: float, other: str) -> None:
        pass

    found = collected(Declaration(both, params=params, elements="rows"))
    assert [each.pace.elements for each in found] == [10, 10, 0.5, 0.5]
    assert [each.pace.elements for each in collected(Declaration(both, params=params, elements=3))] == [3] * 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"elements": 0}, "the elements of benchmarks/bench_a.py::plain must be a number above 0, not 0"),
        ({"elements": -1}, "must be a number above 0, not -1"),
        ({"elements": True}, "must be a number above 0, not True"),
        ({"elements": float("nan")}, "must be a number above 0, not 'nan'"),
        (
            {"elements": "rows", "params": {"rows": [5, "x"]}},
            "plain[rows=x] must be a number above 0, not 'x'",
        ),
        ({"elements": "rows", "params": {"rows": [[1]]}}, "must be a number above 0, not [1]"),
        ({"warmup_time": "soon"}, "the warmup_time of benchmarks/bench_a.py::plain must be seconds"),
        ({"warmup_time": 0}, "must be seconds, or a text such as 90s, 2m or 500ms, above 0"),
        ({"measurement_time": -1}, "the measurement_time of benchmarks/bench_a.py::plain must be seconds"),
        ({"measurement_time": "8d"}, "must be seconds"),
        ({"timeout": [1]}, "the timeout of benchmarks/bench_a.py::plain must be seconds"),
    ],
)
def test_wrong_values(options: dict[str, Any], message: str) -> None:
    """The message names the benchmark, and the case where it is that."""
    assert message in refusal(**options)


def test_two_of_one_name() -> None:
    """Both lines are named."""
    with pytest.raises(UsageError, match="::plain is declared twice, in lines"):
        collected(Declaration(plain), Declaration(awaited, name="plain"))
