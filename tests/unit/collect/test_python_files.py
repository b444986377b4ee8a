"""What a benchmark file's declarations are made into; the file itself is imported in another process."""

from typing import Any

import pytest

from iaipy.collect.python_files import _numbered
from iaipy.declare import Declaration, benchmark
from iaipy.errors import ExitCode, UsageError
from iaipy.model.benchmark import Benchmark, Pace
from iaipy.workers.collector import _declared_at, _described


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
    line = plain.__code__.co_firstlineno
    assert caught.value.message.startswith(f"benchmarks/bench_a.py:{line}: plain")
    assert caught.value.exit_code == ExitCode.USAGE
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
        ({"elements": 0}, "plain: elements must be a number above 0 (from 1e-09 to 1e+18), not 0"),
        ({"elements": -1}, "elements must be a number above 0 (from 1e-09 to 1e+18), not -1"),
        ({"elements": True}, "elements must be a number above 0 (from 1e-09 to 1e+18), not True"),
        ({"elements": float("nan")}, "elements must be a number above 0 (from 1e-09 to 1e+18), not 'nan'"),
        (
            {"elements": "rows", "params": {"rows": [5, "x"]}},
            "plain[rows=x]: elements must be a number above 0 (from 1e-09 to 1e+18), not 'x'",
        ),
        (
            {"elements": "rows", "params": {"rows": [[1]]}},
            "elements must be a number above 0 (from 1e-09 to 1e+18)",
        ),
        ({"warmup_time": "soon"}, "plain: warmup_time must be seconds"),
        ({"warmup_time": 0}, "must be seconds, or a text such as 90s, 2m or 500ms, above 0"),
        ({"measurement_time": -1}, "plain: measurement_time must be seconds"),
        ({"measurement_time": "8d"}, "must be seconds"),
        ({"elements": 10**400}, "elements must be a number above 0 (from 1e-09 to 1e+18), not 1000"),
        ({"processes": 10**9}, "plain: processes must be a whole number from 1 to 1000, not 1000000000"),
        ({"rounds": 10**20}, "plain: rounds must be a whole number from 1 to 1000000, not 1"),
        ({"repeats": 10**9}, "plain: repeats must be a whole number from 1 to 1000"),
        ({"iterations": 10**20}, "plain: iterations must be a whole number from 1 to"),
        ({"warmup": 10**20}, "plain: warmup must be a whole number from 0 to"),
        ({"hard_limits": {"instructions": 10**400}}, "plain: hard_limits: instructions must be a whole"),
        ({"loop": 5}, "plain: loop must be asyncio, or the name of a module such as uvloop, not 5"),
        ({"loop": None}, "plain: loop must be asyncio, or the name of a module such as uvloop, not nothing"),
        ({"loop": "no such-loop"}, "plain: loop must be asyncio, or the name of a module such as uvloop"),
        ({"loop": "uvloop"}, "plain: loop is for coroutines"),
        ({"timeout": [1]}, "plain: timeout must be seconds"),
    ],
)
def test_wrong_values(options: dict[str, Any], message: str) -> None:
    """The message names the benchmark, and the case where it is that."""
    assert message in refusal(**options)


def error_of(source: str) -> BaseException:
    """What running a benchmark file ends in."""
    try:
        exec(compile(source, "/project/bench_x.py", "exec"), {"benchmark": benchmark})
    except Exception as error:
        return error
    raise AssertionError("it ran")


@pytest.mark.parametrize(
    "options",
    ["processes=0", "mode=()", "mode='cpu'", "repeats=True", "params=3", "name='a::b'", "processs=1"],
)
def test_a_refused_declaration_has_a_place(options: str) -> None:
    """The line of the decorator, whatever it refuses."""
    source = f"\n\n@benchmark({options})\ndef f(): pass\n"
    assert _declared_at(error_of(source)) == ("/project/bench_x.py", 3)


@pytest.mark.parametrize("source", ["int('x')", "raise ValueError", "import no_such_module_at_all"])
def test_other_errors_have_none(source: str) -> None:
    """They are failures of the file, and come with their traceback."""
    assert _declared_at(error_of(source)) is None


def test_two_of_one_name() -> None:
    """Both lines are named."""
    with pytest.raises(UsageError, match="::plain is declared twice, in lines"):
        collected(Declaration(plain), Declaration(awaited, name="plain"))
