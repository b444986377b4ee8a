"""The engine that measures nothing."""

from iaipy.measure import Engine
from iaipy.measure.fake import FakeEngine
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Environment, Failure, Result

A = Benchmark("a.py::a", "function", "a.py", line=3, iterations=4)
B = Benchmark("a.py::b", "coroutine", "a.py")


def test_scripted_outcomes() -> None:
    """Every benchmark gets the outcome in the script, in order, and is announced first."""
    failure = Failure("a.py::b", "it broke")
    engine: Engine = FakeEngine({"a.py::a": {"Ir": 100, "Dr": 20}, "a.py::b": failure})
    announced: list[Benchmark] = []
    result, second = engine.measure([A, B], announced.append)
    assert isinstance(result, Result)
    assert result.counters["instructions"] == 100
    assert result.counters["l1_accesses"] == 120
    assert (result.line, result.iterations, result.exact) == (3, 4, True)
    assert second is failure
    assert announced == [A, B]


def test_environment() -> None:
    """The environment is the one it was given, or says that it is a fake."""
    given = Environment({"python": "3.13"})
    assert FakeEngine({}, given).environment() is given
    with FakeEngine({}) as engine:
        assert engine.environment().fingerprint == {"method": "fake"}
        assert engine.warnings() == []
