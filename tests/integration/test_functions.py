"""What is counted of a benchmark function, and what is not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import MakeProject, Project

FILE = """
    import asyncio

    from iaipy import benchmark, keep

    UNSORTED = [number * 7919 % 1009 for number in range(400)]
    SORTED = sorted(UNSORTED)
    alive = []


    def burn(number):
        for _ in range(number):
            pass


    @benchmark
    def empty():
        pass


    @benchmark
    async def empty_coroutine():
        pass


    @benchmark
    def work():
        burn(1000)


    @benchmark(iterations=10)
    def work_ten_times():
        burn(1000)


    @benchmark
    def work_kept():
        keep(burn(1000))


    @benchmark
    async def work_awaited():
        burn(1000)
        await asyncio.sleep(0)


    @benchmark(setup=lambda: burn(50_000), teardown=lambda: burn(50_000))
    def work_between():
        burn(1000)


    @benchmark(params={"number": [0, 1000, 2000], "word": ["a", "b"]})
    def with_params(number, word):
        burn(number)


    def rows(number):
        return list(range(number))


    @benchmark(params={"number": [10, 1000]}, setup=rows)
    def with_setup_of_params(rows):
        for _ in rows:
            pass


    @benchmark(setup=lambda: list(UNSORTED), warmup=5)
    def sort_in_place(rows):
        rows.sort()


    @benchmark(setup=lambda: list(SORTED), warmup=5)
    def sort_sorted(rows):
        rows.sort()


    def open_():
        assert not alive, "the teardown before was left out"
        alive.append(1)
        return alive


    @benchmark(setup=open_, teardown=lambda opened: opened.remove(1), warmup=3)
    def with_teardown(opened):
        assert opened == [1]


    async def connect():
        await asyncio.sleep(0)
        return {"rows": 3}


    async def disconnect(connection):
        await asyncio.sleep(0)
        assert connection.pop("rows") == 3


    @benchmark(setup=connect, teardown=disconnect)
    async def coroutine_with_setup(connection):
        assert connection["rows"] == 3


    @benchmark
    def finds_its_own_sibling():
        import sibling

        keep(sibling.VALUE)


    @benchmark
    def calls_another():
        work()
"""


@pytest.fixture(scope="module")
def functions(valgrind: str, make_project: MakeProject) -> Project:
    """A project with a file of benchmarks, measured."""
    project = make_project()
    project.write("benchmarks/bench_functions.py", FILE)
    project.write("benchmarks/sibling.py", "VALUE = 3\n")
    done = project.iaipy("run", "--report", "iai")
    assert done.code == 0, done
    return project


@pytest.fixture(scope="module")
def ir(functions: Project) -> dict[str, int]:
    """Instructions by benchmark."""
    return {name: counters["instructions"] for name, counters in functions.counters().items()}


@pytest.fixture(scope="module")
def results(functions: Project) -> dict[str, dict[str, Any]]:
    """Stored results by benchmark."""
    return functions.results()


def test_empty_functions_count_nothing(results: dict[str, dict[str, Any]]) -> None:
    """What measuring costs is subtracted to the last instruction, for functions and for coroutines."""
    for name in ("empty", "empty_coroutine"):
        assert set(results[name]["counters"].values()) == {0}


def test_kinds(results: dict[str, dict[str, Any]]) -> None:
    """Each result says what it is of."""
    assert results["work"]["kind"] == "function"
    assert results["work_awaited"]["kind"] == "coroutine"


def test_iterations_add_up(ir: dict[str, int], results: dict[str, dict[str, Any]]) -> None:
    """Ten iterations count ten times as much as one."""
    assert results["work_ten_times"]["iterations"] == 10
    assert ir["work_ten_times"] == pytest.approx(10 * ir["work"], rel=0.01)


def test_keep_costs_next_to_nothing(ir: dict[str, int]) -> None:
    """Keeping a result costs a function call."""
    assert 0 < ir["work_kept"] - ir["work"] < 1000


def test_coroutine_is_awaited(ir: dict[str, int]) -> None:
    """What a coroutine does up to its end is counted, and not the event loop's start."""
    assert 0 < ir["work_awaited"] - ir["work"] < 100_000


def test_setup_and_teardown_are_not_counted(ir: dict[str, int]) -> None:
    """What setup and teardown do does not show, though it is fifty times the work."""
    assert ir["work_between"] == pytest.approx(ir["work"], rel=0.01)


def test_each_combination_of_parameters_is_a_benchmark(ir: dict[str, int]) -> None:
    """The function is given the parameters' values, which the ids name."""
    found = {name: count for name, count in ir.items() if name.startswith("with_params")}
    assert len(found) == 6
    none, some, more = (found[f"with_params[number={number},word=a]"] for number in (0, 1000, 2000))
    assert none < 5000
    assert more - none == pytest.approx(2 * (some - none), rel=0.1)
    assert found["with_params[number=1000,word=b]"] == pytest.approx(some, rel=0.001)


def test_setup_takes_parameters(ir: dict[str, int]) -> None:
    """A parameter that only setup names goes to setup, and its value to the function."""
    few, many = (ir[f"with_setup_of_params[number={number}]"] for number in (10, 1000))
    assert many > 10 * few


def test_setup_before_every_call(ir: dict[str, int]) -> None:
    """Sorting in place meets unsorted data each time, the warm-up's calls notwithstanding."""
    assert ir["sort_in_place"] > 3 * ir["sort_sorted"] > 0


def test_setup_and_teardown_take_turns(functions: Project, ir: dict[str, int]) -> None:
    """Each setup is followed by its teardown, for functions and for coroutines."""
    assert {"with_teardown", "coroutine_with_setup"} <= ir.keys()
    assert functions.failures() == {}


def test_benchmark_folder_is_on_the_search_path(ir: dict[str, int]) -> None:
    """A benchmark file imports the modules beside it."""
    assert "finds_its_own_sibling" in ir


def test_one_benchmark_calls_another(ir: dict[str, int]) -> None:
    """The decorator leaves the function as it was, inside the measured process."""
    assert 0 < ir["calls_another"] - ir["work"] < 1000


def test_every_repeat_agreed(results: dict[str, dict[str, Any]]) -> None:
    """No benchmark of the file is inexact."""
    assert [name for name, entry in results.items() if any(entry["spread"].values())] == []


def test_decorated_functions_in_an_ordinary_process(functions: Project) -> None:
    """A benchmark file is an ordinary module whose functions can be called."""
    code = "import bench_functions as b; b.work(); assert b.rows(2) == [0, 1]; b.sort_in_place([2, 1])"
    folder = functions.root / "benchmarks"
    subprocess.run((sys.executable, "-c", code), cwd=folder, check=True)
