"""The `walltime` engine: fresh processes for every benchmark, one at a time, in turns with all others."""

import os
import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import count
from pathlib import Path
from time import monotonic
from types import TracebackType

from iaipy import interruption, process
from iaipy.config import Config
from iaipy.errors import MeasurementError
from iaipy.measure import environment
from iaipy.measure.walltime import machine
from iaipy.measure.walltime.budget import Budget
from iaipy.measure.walltime.samples import DIGITS, Place, Taken, layout, take
from iaipy.model.benchmark import Benchmark, Pace
from iaipy.model.run import Environment, Failure, Timing
from iaipy.model.timing import DEFAULT_LOCATION, DEFAULT_TRIM

LEAST_SAMPLES = 100
"""Of a benchmark, over all its processes."""

_UNPINNED = {"random": ("PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE"), "pinned": ("PYTHONDONTWRITEBYTECODE",)}
"""By layout, what is pinned for counts alone."""

Outcome = Timing | Failure
Started = Callable[[Benchmark], None]


class WalltimeEngine:
    """Times benchmarks on the machine itself.

    The process is the unit of replication: within one, samples share a memory layout and a moment. The
    processes of all benchmarks take turns, so that a machine that gets slower is slower for all of them.

    Raises:
        HostError: no such Python.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._begun_s = monotonic()
        self._load_before = machine.load()
        pinned = environment.pinned(os.environ, profile="avx2", extra=config.env, passed=config.pass_env)
        self._python = environment.find_python(config.python, pinned)
        self._place = Place(self._python, self._environment(pinned), config.root)
        self._folder = Path()
        self._folders = count()
        self._seed = random.SystemRandom().getrandbits(32)

    def _environment(self, pinned: dict[str, str]) -> dict[str, str]:
        unpinned = set(_UNPINNED[self._config.layout]) - set(self._config.env)
        return {name: value for name, value in pinned.items() if name not in unpinned}

    def __enter__(self) -> "WalltimeEngine":
        with interruption.held():
            self._temporary = tempfile.TemporaryDirectory(prefix="iaipy-", ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name).absolute()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with interruption.held():
            process.end_all()
            self._temporary.cleanup()

    def measure(self, benchmarks: Sequence[Benchmark], started: Started) -> Iterator[Outcome]:
        """Yield one outcome per benchmark, as its last process is done.

        Parameters:
            benchmarks: those to time, and with a command the one that it is held against.
            started: called as one of a benchmark's processes begins.
        """
        paces = self._paces(benchmarks)
        budget = self._budget(paces)
        taken: dict[str, list[Taken]] = {benchmark.id: [] for benchmark in benchmarks}
        failed: set[str] = set()
        done: set[str] = set()
        try:
            for benchmark, turn in _turns(benchmarks, paces):
                if not budget.allows(benchmark.id):
                    continue
                begin_s = monotonic()
                started(benchmark)
                try:
                    share_s = budget.share_s()
                    taken[benchmark.id].append(self._take(benchmark, paces[benchmark.id], turn, share_s))
                    budget.spent(benchmark.id, monotonic() - begin_s)
                except MeasurementError as error:
                    failed.add(benchmark.id)
                    budget.drop(benchmark.id)
                    yield Failure(benchmark.id, error.message, error.details, "walltime")
                    continue
                if turn + 1 == paces[benchmark.id].processes and not _partner(benchmark):
                    done.add(benchmark.id)
                    yield _timing(benchmark, taken[benchmark.id])
        except KeyboardInterrupt:
            # All benchmarks take turns, so that hardly one is done before the last turn.
            for benchmark in benchmarks:
                names = {benchmark.id, _partner(benchmark) or benchmark.id}
                if benchmark.id not in done and not names & failed and all(taken[name] for name in names):
                    outcome = _outcome(benchmark, taken, failed)
                    yield _cut_short(outcome, paces[benchmark.id], "interrupted after")
            raise
        for benchmark in benchmarks:
            if benchmark.id not in done | failed:
                yield _cut_short(_outcome(benchmark, taken, failed), paces[benchmark.id], "time budget:")

    def _budget(self, paces: Mapping[str, Pace]) -> Budget:
        """The time that is left of the budget, for as many processes."""
        seconds = self._config.time_budget_s
        if seconds is not None:
            seconds -= monotonic() - self._begun_s
        return Budget(seconds, {id_: pace.processes or 0 for id_, pace in paces.items()}, monotonic)

    def _take(self, benchmark: Benchmark, pace: Pace, turn: int, share_s: float | None) -> Taken:
        folder = self._folder / f"{next(self._folders):06d}"
        folder.mkdir()
        place = self._place
        if pace.python:
            place = replace(place, python=environment.find_python(pace.python, place.env))
        if self._config.layout == "random":
            place = replace(place, env={**place.env, **layout(self._seed + turn, self._config.env)})
        # A time budget goes before the number of samples.
        least = -(-LEAST_SAMPLES // (pace.processes or 1)) if share_s is None else 1
        timeout_s = benchmark.timeout_s or self._config.timeout_s
        try:
            return take(benchmark, place, _squeezed(pace, share_s), least, timeout_s, folder, share_s)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _paces(self, benchmarks: Sequence[Benchmark]) -> dict[str, Pace]:
        """The pace of each benchmark; a command gets as many processes as those that are held against it."""
        paces = {benchmark.id: self._pace(benchmark) for benchmark in benchmarks}
        for benchmark in benchmarks:
            partner = _partner(benchmark)
            if partner:
                most = max(paces[partner].processes or 0, paces[benchmark.id].processes or 0)
                paces[partner] = replace(paces[partner], processes=most)
        return paces

    def _pace(self, benchmark: Benchmark) -> Pace:
        """The pace with what the configuration decides."""
        config, own = self._config, benchmark.pace
        return replace(
            own,
            processes=own.processes or config.processes,
            rounds=own.rounds or config.rounds,
            warmup_s=own.warmup_s or config.warmup_time_s,
            measurement_s=own.measurement_s or config.measurement_time_s,
        )

    def environment(self) -> Environment:
        """The machine that times are taken on, and the state it was in."""
        return machine.described(self._python, self._place.env, self._config.layout, self._load_before)

    def warnings(self) -> list[str]:
        """Why the times can't be trusted, one sentence each."""
        return machine.warnings(self._load_before)


def _partner(benchmark: Benchmark) -> str:
    """The id of the command that it is held against; "" for none."""
    return (benchmark.command and benchmark.command.minus) or ""


def _turns(benchmarks: Sequence[Benchmark], paces: Mapping[str, Pace]) -> Iterator[tuple[Benchmark, int]]:
    """Who is timed after whom, and for the how-manieth time, from 0."""
    for turn in range(max(pace.processes or 0 for pace in paces.values())):
        # Every other turn goes backwards, so that nobody always follows the same neighbour.
        for benchmark in benchmarks if turn % 2 == 0 else reversed(benchmarks):
            if turn < (paces[benchmark.id].processes or 0):
                yield benchmark, turn


def _outcome(benchmark: Benchmark, taken: Mapping[str, Sequence[Taken]], failed: Set[str]) -> Outcome:
    """What became of a benchmark, given the samples of all that were timed."""
    partner = _partner(benchmark)
    if not partner:
        return _timing(benchmark, taken[benchmark.id])
    if partner in failed:
        return Failure(benchmark.id, f"{partner}, which it is held against, failed", "", "walltime")
    return _difference(benchmark, taken[benchmark.id], taken[partner])


def _squeezed(pace: Pace, share_s: float | None) -> Pace:
    """A pace with no more warm-up and rounds than time for them; they keep their proportion."""
    warmup_s, measurement_s = pace.warmup_s or 0.0, pace.measurement_s or 0.0
    if share_s is None or warmup_s + measurement_s <= share_s:
        return pace
    squeeze = share_s / (warmup_s + measurement_s)
    return replace(pace, warmup_s=warmup_s * squeeze, measurement_s=measurement_s * squeeze)


def _cut_short(outcome: Outcome, pace: Pace, why: str) -> Outcome:
    """An outcome; if it is of fewer processes than were planned, with a note that says so and why."""
    if isinstance(outcome, Failure) or len(outcome.samples_ns) == pace.processes:
        return outcome
    note = f"{why} {len(outcome.samples_ns)} of {pace.processes} processes"
    return replace(outcome, notes=(*outcome.notes, note))


def _timing(benchmark: Benchmark, taken: Sequence[Taken]) -> Timing:
    return Timing(
        id=benchmark.id,
        kind=benchmark.kind,
        samples_ns=tuple(each.samples_ns for each in taken),
        iterations=tuple(each.iterations for each in taken),
        overhead_ns=tuple(each.overhead_ns for each in taken),
        peak_rss_bytes=tuple(each.peak_rss_bytes for each in taken),
        elements=benchmark.pace.elements,
        minus=_partner(benchmark),
        path=benchmark.path,
        line=benchmark.line,
        notes=tuple(dict.fromkeys(note for each in taken for note in each.notes)),
    )


def _difference(benchmark: Benchmark, taken: Sequence[Taken], others: Sequence[Taken]) -> Timing:
    """The timing less, process by process, the median time of the command it is held against."""
    less = []
    for own, other in zip(taken, others, strict=False):
        median = statistics.median(other.samples_ns)
        less.append(replace(own, samples_ns=tuple(round(each - median, DIGITS) for each in own.samples_ns)))
    timing = _timing(benchmark, less)
    return replace(timing, notes=(*timing.notes, *_doubt(timing)))


def _doubt(difference: Timing) -> tuple[str, ...]:
    """A note where a difference of two commands may well be none."""
    # Here, since numpy takes longer to import than all of iaipy.
    from iaipy.compare.statistics import mean_interval, process_values

    values = process_values(difference.samples_ns, DEFAULT_LOCATION)
    if len(values) < 2:
        return ()
    found = mean_interval(values, trim=DEFAULT_TRIM)
    if found.low > 0:
        return ()
    what = "is below 0" if found.high < 0 else "can't be told from 0"
    return (
        f"the difference from {difference.minus} {what} "
        f"(95% interval {found.low / 1e6:,.4g} ms to {found.high / 1e6:,.4g} ms)",
    )
