"""`iaipy profile`: call trees of programs whose paths, calls and costs are known by construction."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from iaipy import process, profiling, suite
from iaipy.config import load_config
from iaipy.measure.valgrind import profiler
from iaipy.measure.valgrind.engine import CachegrindEngine
from iaipy.measure.valgrind.nursery import Nursery
from iaipy.model.run import Result
from iaipy.profile.document import dumps
from iaipy.profile.paths import costs_by_path
from iaipy.profile.sums import by_name

if TYPE_CHECKING:
    from iaipy.model.profile import Profile
    from tests.integration.conftest import MakeProject, Project

pytestmark = pytest.mark.usefixtures("valgrind")

FILE = """
    import asyncio
    import json
    import sqlite3

    from iaipy import benchmark


    def burn(number):
        for _ in range(number):
            pass


    def factorial(number):
        burn(50)
        return number * factorial(number - 1) if number else 1


    def even(number):
        return number == 0 or odd(number - 1)


    def odd(number):
        return number != 0 and even(number - 1)


    def numbers():
        for number in range(5):
            burn(10)
            yield number


    def consume():
        return sum(numbers())


    class Word:
        def __init__(self, text):
            self.text = text

        def key(self):
            burn(10)
            return self.text

        @property
        def size(self):
            return len(self.text)


    def fail(depth):
        if depth:
            fail(depth - 1)
        raise ValueError


    def catch():
        try:
            fail(2)
        except ValueError:
            burn(20)


    def hook(pairs):
        return pairs


    def in_sql(value):
        return value + 1


    def query():
        connection = sqlite3.connect(":memory:")
        connection.create_function("in_sql", 1, in_sql)
        with connection:
            result = connection.execute("select in_sql(1) union all select in_sql(2)").fetchall()
        connection.close()
        return result


    @benchmark
    def paths():
        factorial(3)
        even(4)
        consume()
        words = sorted((Word(text) for text in "dcba"), key=Word.key)
        list(map(lambda word: word.size, words))
        catch()
        json.loads('{"a": {"b": 1}}', object_pairs_hook=hook)
        query()


    async def pause():
        burn(10)
        await asyncio.sleep(0)
        burn(20)


    async def task():
        await pause()


    @benchmark
    async def awaits():
        await pause()
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(task())


    def small():
        burn(1000)


    def middle():
        burn(5000)


    def large():
        burn(9000)


    @benchmark
    def costs():
        small()
        middle()
        large()


    @benchmark
    def deep():
        factorial(300)


    @benchmark
    def threads():
        import threading

        thread = threading.Thread(target=burn, args=(1000,))
        thread.start()
        thread.join()


    @benchmark
    def activates():
        import sys

        if hasattr(sys, "activate_stack_trampoline"):
            sys.activate_stack_trampoline("perf")
            burn(10)
            sys.deactivate_stack_trampoline()
            burn(10)


    @benchmark
    def strange():
        for name, file in (("a b", "x"), ("a\\nff b py::c:d", "y\\nz"), ("<i>", "größe"), ("a'b;c", "")):
            code = compile("def f(): return [n for n in range(10)]", file, "exec").co_consts[0]
            type(burn)(code.replace(co_name=name, co_qualname=name), {})()


    @benchmark
    def fails():
        raise ValueError("no")
"""


class Profiles:
    """A project, and the profiles of its benchmarks, each made once; all are counted at once."""

    def __init__(self, project: Project, python: str) -> None:
        self.project, self.python = project, python
        self.config = load_config(project.root, {"python": python, "repeats": 1})
        found = suite.collect(self.config, ("bench_trees.py",), project.root)
        self.benchmarks = {benchmark.name: benchmark for benchmark in found.benchmarks}
        with CachegrindEngine(self.config) as engine:
            outcomes = list(engine.measure(found.benchmarks, lambda benchmark: None))
            self._where = engine.environment()
        self._counted = {each.id: each.events["Ir"] for each in outcomes if isinstance(each, Result)}
        self._made: dict[str, Profile] = {}

    def make(self, name: str, *, native: bool = False) -> Profile:
        """Profile a benchmark now."""
        benchmark = self.benchmarks[name]
        counted = self._counted[benchmark.id]
        return profiling.of_counted(self.config, benchmark, counted, self._where, native=native)

    def __call__(self, name: str) -> Profile:
        """The profile of a benchmark."""
        if name not in self._made:
            self._made[name] = self.make(name)
        return self._made[name]


@pytest.fixture(scope="module")
def profiles(make_project: MakeProject, named_python: str) -> Profiles:
    """The profiles of the file above."""
    project = make_project()
    project.write("bench_trees.py", FILE)
    return Profiles(project, named_python)


def calls(profile: Profile) -> dict[str, int]:
    """How often each path is called, without the module's name in front of its functions."""
    return {
        ";".join(name.removeprefix("bench_trees.") for name in path): count
        for path, (_, count) in costs_by_path(profile).items()
    }


def test_paths_are_true(profiles: Profiles) -> None:
    """Recursion, generators, callbacks from C and exceptions stand where they happened, as often."""
    found = calls(profiles("paths"))
    wanted = {
        "paths": 1,
        "paths;factorial;factorial;factorial;factorial": 1,
        "paths;factorial;factorial;burn": 1,
        "paths;even;odd;even;odd;even": 1,
        "paths;consume": 1,
        "paths;consume;numbers": 7,
        "paths;consume;numbers;burn": 5,
        "paths;Word.key": 4,
        "paths;Word.key;burn": 4,
        "paths;paths.<locals>.<genexpr>": 6,
        "paths;paths.<locals>.<genexpr>;Word.__init__": 4,
        "paths;paths.<locals>.<lambda>": 4,
        "paths;paths.<locals>.<lambda>;Word.size": 4,
        "paths;catch;fail;fail;fail": 1,
        "paths;catch;burn": 1,
        "paths;query;in_sql": 2,
    }
    assert {path: found.get(path) for path in wanted} == wanted
    assert sum(count for path, count in found.items() if path.endswith(";hook")) == 2
    assert not any(path.startswith("paths;fail") or path.endswith("query;hook") for path in found)


def test_coroutines_keep_their_callers_across_awaits(profiles: Profiles) -> None:
    """What an await leads to stands below it also after the event loop has been in between."""
    found = calls(profiles("awaits"))
    assert found["awaits"] >= 2
    assert found["awaits;pause;burn"] == 2
    assert sum(count for path, count in found.items() if path.endswith("task;pause;burn")) == 6


@pytest.mark.parametrize("name", ["paths", "awaits", "costs", "deep", "strange"])
def test_own_costs_add_up(profiles: Profiles, name: str) -> None:
    """The tree has what was executed but for trampolines and iaipy's own, little more than is counted."""
    profile = profiles(name)
    accounting = profile.accounting
    assert profile.total == accounting.total
    assert accounting.trampolines > 0
    assert abs(accounting.calls) <= accounting.counted / 4


@pytest.mark.parametrize("name", ["paths", "awaits", "costs", "deep", "strange"])
def test_callgrind_follows_what_cachegrind_counts(profiles: Profiles, name: str) -> None:
    """With trampolines, both tools have the same number of instructions, but for those of the readings."""
    benchmark = profiles.benchmarks[name]
    with CachegrindEngine(profiles.config) as engine:
        start, folder = engine.prepare()
        file = profiles.project.root / benchmark.path
        nursery = Nursery(start, file, folder, 100, ("profiler", "forks"))
        nursery.warm_up()
        numbers = (benchmark.index, profiler.TICKET, benchmark.warmup, benchmark.iterations)
        counted = nursery.measure(*numbers, 100).events["Ir"]
    assert profiles(name).accounting.executed == pytest.approx(counted, abs=20)


def test_costs_are_those_by_construction(profiles: Profiles) -> None:
    """Along each path, as many more rounds of a loop cost as much more, and they are the loop's alone."""
    costs = {path[-2]: own for path, (own, _) in costs_by_path(profiles("costs")).items() if len(path) == 3}
    small, middle, large = (costs[f"bench_trees.{name}"] for name in ("small", "middle", "large"))
    assert large - middle == pytest.approx(middle - small, rel=0.005)
    sums = by_name(profiles("costs"))
    assert sums["bench_trees.burn"].own == small + middle + large
    assert sums["bench_trees.large"].own < 1000 < large < sums["bench_trees.large"].inclusive


def test_functions_have_their_places(profiles: Profiles) -> None:
    """A Python function is told with its file, from the project's root, and its line."""
    places = {function.name: function.place for function in profiles("paths").functions}
    line = FILE.lstrip("\n").splitlines().index("    def burn(number):") + 1
    assert places["bench_trees.burn"] == f"bench_trees.py:{line}"


def test_two_profiles_of_the_same_code_are_identical(profiles: Profiles) -> None:
    """But for the date, byte for byte."""
    first, second = (replace(each, created_utc="") for each in (profiles("paths"), profiles.make("paths")))
    assert dumps(first) == dumps(second)


def test_c_functions_on_request(profiles: Profiles) -> None:
    """With --native, C functions have frames between those of Python, and the total is the same."""
    native = profiles.make("costs", native=True)
    assert native.total == profiles("costs").total
    paths = [path for path in costs_by_path(native) if path[-1] == "bench_trees.burn"]
    assert paths
    assert all("_PyEval_EvalFrameDefault" in path for path in paths)
    assert {function.native for function in native.functions} == {False, True}


def test_very_deep_recursion_says_what_is_merged(profiles: Profiles) -> None:
    """Where callgrind no longer tells callers apart, the tree says so and loses nothing."""
    profile = profiles("deep")
    assert by_name(profile)["bench_trees.factorial"].calls == 301
    assert any(function.name.startswith("(callers too many") for function in profile.functions)


def test_threads_are_followed(profiles: Profiles) -> None:
    """What a thread does stands below the thread's own functions."""
    found = calls(profiles("threads"))
    assert any(path.endswith("Thread.run;burn") for path in found)


def test_a_benchmark_may_activate_trampolines_itself(profiles: Profiles) -> None:
    """While it is profiled they stay active, and nothing crashes."""
    assert calls(profiles("activates"))["activates;burn"] == 2


def test_strange_names_do_no_harm(profiles: Profiles) -> None:
    """Names and files may hold anything; functions that are gone by the end are named by perf's map."""
    names = {function.name for function in profiles("strange").functions}
    assert {"a b", "<i>", "bench_trees.strange"} <= names
    costs = costs_by_path(profiles("strange"))
    assert sum(count for path, (_, count) in costs.items() if len(path) == 2) == 4


MAPLESS = """
    import os

    from iaipy import benchmark


    def host():
        return len([n for n in range(100)])


    @benchmark
    def loses_its_map():
        code = compile("def f(): return [n for n in range(10)]", "x", "exec").co_consts[0]
        type(host)(code, {})()
        for pid in (os.getpid(), os.getppid()):
            if os.path.exists(f"/tmp/perf-{pid}.map"):
                os.truncate(f"/tmp/perf-{pid}.map", 100)
"""


def test_a_map_that_is_cut_short_is_told(make_project: MakeProject, named_python: str) -> None:
    """Functions that were gone at the end are told as nameless then, and not as their neighbours."""
    project = make_project()
    project.write("bench_trees.py", MAPLESS)
    profile = Profiles(project, named_python)("loses_its_map")
    assert any("cut short" in note for note in profile.notes)
    found = calls(profile)
    assert found["loses_its_map;(function without a name)"] == 1
    assert "loses_its_map;f" not in found


def test_the_difference_names_the_culprit(profiles: Profiles) -> None:
    """After a change, the first line of the answer is the function that explains it."""
    project = profiles.project
    (project.root / "before.json").write_text(dumps(profiles("costs")))
    changed = "\n    # moved\n" + FILE.replace("    burn(9000)", "    burn(9000)\n        burn(100)")
    project.write("changed/bench_trees.py", changed)
    words = ("profile", "changed/bench_trees.py::costs", "--diff", "before.json", "--python", profiles.python)
    done = project.iaipy(*words)
    assert done.code == 0, done
    answer = done.out.splitlines()[2]
    assert answer.startswith("bench_trees.burn +")
    assert answer.endswith("called 3 → 4 times; by bench_trees.large 1 → 2 times")


def test_without_names_c_functions_are_given(profiles: Profiles) -> None:
    """An interpreter before 3.12 gives C functions, and the answer says why."""
    if sys.version_info >= (3, 12):
        pytest.skip("this Python has names")
    done = profiles.project.iaipy("profile", "bench_trees.py::costs")
    assert done.code == 0, done
    assert "Python names need CPython 3.12 or newer" in done.out
    assert "_PyEval_EvalFrameDefault" in done.out


def test_failures_are_told(profiles: Profiles) -> None:
    """A benchmark that raises, a word that names several, a command, and a missing profile are refused."""
    project = profiles.project
    project.write("bench_commands.yaml", "commands:\n  nothing: /bin/true\n")
    for words, code, said in (
        (("bench_trees.py::fails",), 3, "raised ValueError: no"),
        (("bench_trees.py",), 2, "must name one benchmark"),
        (("bench_commands.yaml::nothing",), 2, "is a command"),
        (("bench_trees.py::costs", "--diff", "none.json"), 2, "neither a baseline none.json nor a profile"),
        (("bench_trees.py::costs", "--diff", "bench_trees.py"), 4, "can't be used as a profile"),
        (("bench_trees.py::costs", "--report", "svg"), 2, "unknown format for profiles 'svg'"),
        (("bench_trees.py::costs", "--report", "json:none/x"), 4, "mkdir -p "),
    ):
        done = project.iaipy("profile", *words)
        assert (done.code, said in done.err) == (code, True), done


def test_a_map_of_an_earlier_process_is_not_read(profiles: Profiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one of the same number has left behind is gone before CPython adds to it."""
    serve = process.serve
    maps: list[Path] = []

    def serve_beside_an_old_map(*words: Any, **options: Any) -> Any:
        child = serve(*words, **options)
        maps.append(Path(f"/tmp/perf-{child.pid}.map"))
        maps[0].write_text(
            "".join(f"{address:x} ffff py::stale:/old.py\n" for address in range(0, 1 << 32, 1 << 20))
        )
        return child

    monkeypatch.setattr(process, "serve", serve_beside_an_old_map)
    found = profiles.make("costs")
    assert len(maps) == 1
    assert not maps[0].exists()
    assert not [function.name for function in found.functions if "stale" in function.name]
