"""A suite split into shards."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.collect.shards import costs, part
from iaipy.model.benchmark import Benchmark
from iaipy.model.metrics import COUNTER_KEYS, EVENTS
from iaipy.model.run import Result, Run, Timing


def suite(*sizes: int) -> list[Benchmark]:
    """Files with so many benchmarks each."""
    return [
        Benchmark(f"bench_{file:02}.py::f{index}", "function", f"bench_{file:02}.py", index=index)
        for file, size in enumerate(sizes)
        for index in range(size)
    ]


def split(benchmarks: list[Benchmark], total: int, known: dict[str, float]) -> list[tuple[Benchmark, ...]]:
    """All shards of a suite."""
    return [part(benchmarks, (number, total), known) for number in range(1, total + 1)]


SUITES = st.lists(st.integers(1, 8), min_size=0, max_size=8).map(lambda sizes: suite(*sizes))


@given(SUITES, st.integers(1, 9), st.data())
def test_shards_are_disjoint_complete_and_balanced(
    benchmarks: list[Benchmark], total: int, data: st.DataObject
) -> None:
    """Every benchmark is in one shard; none costs more than its share and the dearest benchmark together."""
    cost = st.floats(0.001, 1000)
    known = {benchmark.id: data.draw(cost) for benchmark in benchmarks}
    shards = split(benchmarks, total, known)
    assert sorted(b.id for shard in shards for b in shard) == sorted(b.id for b in benchmarks)
    sums = [sum(known[benchmark.id] for benchmark in shard) for shard in shards]
    if benchmarks:
        assert max(sums) <= (sum(known.values()) / total + max(known.values())) * (1 + 1e-9)
    assert sum(not shard for shard in shards) == max(0, total - len(benchmarks))


@given(SUITES, st.integers(1, 5), st.randoms())
def test_order_does_not_matter(benchmarks: list[Benchmark], total: int, random: Random) -> None:
    """However the suite is ordered a shard has the same benchmarks, and they keep that order."""
    shuffled = random.sample(benchmarks, len(benchmarks))
    for one, other in zip(split(benchmarks, total, {}), split(shuffled, total, {}), strict=True):
        assert {b.id for b in one} == {b.id for b in other}
        assert list(other) == [b for b in shuffled if b in other]


def test_equal_costs_are_shared_equally() -> None:
    """Without any costs all shards have as many benchmarks, or one more."""
    assert [len(shard) for shard in split(suite(10), 4, {})] == [2, 3, 2, 3]
    assert [len(shard) for shard in split(suite(3, 3, 3), 3, {})] == [3, 3, 3]


def test_files_stay_together() -> None:
    """With so many shards at most so many files, less one, are in two of them."""
    benchmarks = suite(5, 4, 6, 5)
    files = [{benchmark.path for benchmark in shard} for shard in split(benchmarks, 4, {})]
    assert sum(map(len, files)) <= 4 + 3


def test_expensive_benchmark_has_a_shard_of_its_own() -> None:
    """The others share the rest of the shards."""
    benchmarks = suite(5)
    known = {benchmark.id: 1.0 for benchmark in benchmarks} | {benchmarks[2].id: 100.0}
    assert [len(shard) for shard in split(benchmarks, 3, known)] == [2, 1, 2]


def test_unknown_benchmarks_cost_the_median() -> None:
    """A new benchmark is taken for a usual one."""
    benchmarks = suite(4)
    known = {benchmarks[0].id: 10.0, benchmarks[1].id: 10.0, benchmarks[2].id: 10.0}
    assert [len(shard) for shard in split(benchmarks, 2, known)] == [2, 2]


def test_more_shards_than_benchmarks() -> None:
    """The last ones are empty."""
    assert [len(shard) for shard in split(suite(2), 4, {})] == [1, 1, 0, 0]


def result(id_: str, instructions: int, *, repeats: int = 2) -> Result:
    """A result with so many instructions."""
    nothing = dict.fromkeys(COUNTER_KEYS, 0)
    counted = nothing | {"instructions": instructions}
    return Result(id_, "function", counted, dict.fromkeys(EVENTS, 0), nothing, repeats=repeats, warmup=1)


def test_costs_grow_with_what_is_measured() -> None:
    """More instructions, calls, repeats and processes cost more; what is counted and timed costs both."""
    timing = Timing("t", "function", ((1e9, 1e9), (1e9,)), (1, 2), (0.0, 0.0), (1, 1))
    found = costs(
        Run(
            "",
            benchmarks=(
                result("small", 1_000),
                result("large", 400_000_000),
                result("often", 400_000_000, repeats=4),
                replace(result("warm", 400_000_000), warmup=3),
                result("both", 1_000),
            ),
            timings=(timing, replace(timing, id="both")),
        )
    )
    assert found["small"] < found["large"] < found["warm"] < found["often"]
    assert found["t"] == pytest.approx(4.4)
    assert found["both"] == pytest.approx(found["small"] + found["t"])


def test_files_are_imported_once() -> None:
    """What importing a file takes is shared by its benchmarks; commands have nothing to import."""
    one, other = (replace(result(name, 0), path="a.py") for name in ("one", "other"))
    alone = replace(result("alone", 0), path="b.py")
    command = replace(result("command", 0), path="c.yaml", kind="command")
    found = costs(Run("", benchmarks=(one, other, alone, command)))
    assert found["one"] == found["other"] < found["alone"]
    assert found["one"] + found["other"] == pytest.approx(found["alone"] + found["command"])


def test_no_run_no_costs() -> None:
    """A run without results says nothing."""
    assert costs(Run("")) == {}
