"""A suite split into shards, each of which is measured on a machine of its own."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from statistics import median

from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Run

Shard = tuple[int, int]
"""Which of how many, from 1."""

_INSTRUCTIONS_PER_S = 40e6
"""What cachegrind manages; only how it relates to the others matters."""

_MEASUREMENT_S = 0.1
"""What a measurement takes however short the benchmark: forks, calibration, set-up."""

_FILE_S = 10.0
"""What it takes to import a file of functions, without valgrind and then under it, and to calibrate."""

_PROCESS_S = 0.2
"""What a process that times takes to start."""


def part(benchmarks: Sequence[Benchmark], shard: Shard, costs: Mapping[str, float]) -> tuple[Benchmark, ...]:
    """The benchmarks of one shard, in the order that they were given in.

    Every benchmark is in exactly one shard, whichever order they are given in. In the order of files and
    lines, the suite is cut where the cost so far is nearest to the shard's share. So a file is in two shards
    only where a cut falls into it (importing a file under valgrind often takes longer than its benchmarks),
    and no shard costs more than its share and the most expensive benchmark together. No shard is empty
    unless there are more shards than benchmarks.

    Parameters:
        shard: which of how many, from 1.
        costs: id → cost in any unit; what isn't in it is taken to cost the median of what is.
    """
    ordered = sorted(benchmarks, key=lambda benchmark: (benchmark.path, benchmark.index, benchmark.id))
    known = [costs[benchmark.id] for benchmark in ordered if benchmark.id in costs]
    usual = median(known) if known else 1.0
    number, total = shard
    cuts = list(_cuts([costs.get(benchmark.id, usual) for benchmark in ordered], total))
    start, end = [*pairwise(cuts), *[(len(ordered), len(ordered))] * total][number - 1]
    mine = {benchmark.id for benchmark in ordered[start:end]}
    return tuple(benchmark for benchmark in benchmarks if benchmark.id in mine)


def costs(run: Run) -> dict[str, float]:
    """About how many seconds each benchmark of a run took to measure, with its part of its file's import."""
    found: dict[str, float] = {}
    imported = Counter(result.path for result in run.benchmarks if result.kind != "command")
    for result in run.benchmarks:
        calls = result.counters["instructions"] * (result.warmup + result.iterations) / result.iterations
        measured_s = result.repeats * (_MEASUREMENT_S + calls / _INSTRUCTIONS_PER_S)
        found[result.id] = measured_s + (0 if result.kind == "command" else _FILE_S / imported[result.path])
    for timing in run.timings:
        timed_ns = sum(
            sum(ns) * calls for ns, calls in zip(timing.samples_ns, timing.iterations, strict=False)
        )
        taken_s = timed_ns / 1e9 + _PROCESS_S * len(timing.samples_ns)
        found[timing.id] = found.get(timing.id, 0.0) + taken_s
    return found


def _cuts(costs: Sequence[float], shards: int) -> Iterator[int]:
    """Where each of so many shards begins, and where the last one ends; fewer where there is too little."""
    size, shards = len(costs), min(shards, len(costs))
    sums = [0.0, *accumulate(costs)]
    cut = 0
    yield cut
    for shard in range(1, shards + 1):
        share = sums[-1] * shard / shards
        after = bisect_left(sums, share, hi=size)
        nearest = after - 1 if after and share - sums[after - 1] <= sums[after] - share else after
        cut = min(max(nearest, cut + 1), size - (shards - shard))
        yield cut
