"""The five stages joined, over the fake engine."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from iaipy import measuring, pipeline, suite
from iaipy.config import Config, load_config
from iaipy.errors import BenchmarkError, ExitCode, HostError, MeasurementError, NothingToDoError
from iaipy.measure import ENGINES
from iaipy.measure.fake import FakeEngine
from iaipy.measuring import Watcher
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Environment, Failure, Result, Timing
from iaipy.store import baselines

if TYPE_CHECKING:
    from tests.unit.conftest import FakeProject

SUITE = "benchmarks/bench_cli.yaml"


def config(fake: FakeProject, **overrides: object) -> Config:
    """The project's configuration."""
    return load_config(fake.root, overrides)


def run(fake: FakeProject, *words: str, **overrides: object) -> pipeline.Outcome:
    """Run the project's benchmarks."""
    return pipeline.run(config(fake, **overrides), words, fake.root, Watcher())


def names(results: Sequence[Result | Timing | Failure | Benchmark]) -> list[str]:
    """The ids without the file."""
    return [result.id.partition("::")[2] for result in results]


def test_collect(fake: FakeProject) -> None:
    """What is asked for, and what else its files hold."""
    fake.measures({"help": 1, "version": 1})
    collected = suite.collect(config(fake, keyword="help"), (), fake.root)
    assert (names(collected.benchmarks), names(collected.others)) == (["help"], ["version"])
    assert collected.failures == ()


def test_collect_keeps_what_can_be_read(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python file that can't be imported is a failure beside the others' benchmarks."""

    def refuse(path: Path, *_: object) -> None:
        raise MeasurementError(f"{path.name} can't be imported", "Traceback")

    monkeypatch.setattr("iaipy.collect.python_files.read_file", refuse)
    fake.measures({"help": 1})
    (fake.root / "benchmarks/bench_broken.py").touch()
    collected = suite.collect(config(fake), (), fake.root)
    assert names(collected.benchmarks) == ["help"]
    assert collected.failures == (
        Failure("benchmarks/bench_broken.py", "bench_broken.py can't be imported", "Traceback"),
    )
    outcome = run(fake)
    assert outcome.exit_code is ExitCode.BENCHMARK_FAILED
    assert names(outcome.run.benchmarks) == ["help"]


def test_run_of_a_command_held_against_another(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that another is held against is measured with it, and reported only if asked for."""
    asked: list[str] = []

    class Spy(FakeEngine):
        def measure(
            self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
        ) -> Iterator[Result | Failure]:
            asked.extend(names(benchmarks))
            return super().measure(benchmarks, started)

    (fake.root / "benchmarks").mkdir()
    (fake.root / SUITE).write_text("commands: {native: x, other: y, shim: {run: z, minus: native}}\n")
    script = {f"{SUITE}::{name}": {"Ir": 5} for name in ("native", "shim")}
    monkeypatch.setitem(ENGINES, "instructions", lambda config: Spy(script))
    outcome = run(fake, keyword="shim")
    assert asked == ["shim", "native"]
    assert names(outcome.run.benchmarks) == ["shim"]


def test_run_is_stored_as_the_last(fake: FakeProject) -> None:
    """The run, with time, commit and environment, is what is stored."""
    fake.measures({"version": 20, "help": 10})
    outcome = run(fake)
    assert outcome.exit_code is ExitCode.OK
    assert outcome.run.created_utc == "2026-01-02T03:04:05Z"
    assert outcome.run.commit == "0123abc"
    assert outcome.run.environment.fingerprint["valgrind"] == "3.24.0"
    assert names(outcome.run.benchmarks) == ["version", "help"]
    stored = baselines.load(fake.root / ".iaipy", "last")
    assert list(stored.benchmarks) == sorted(outcome.run.benchmarks, key=lambda result: result.id)


def test_watcher_hears_everything(fake: FakeProject) -> None:
    """Who watches a run hears how many there are, which begins, and each outcome."""
    fake.measures({"help": 10, "broken": fake.fails("broken", "it broke")})
    heard: list[Any] = []
    watcher = Watcher(
        planned=heard.append,
        started=lambda b: heard.append(b.name),
        done=lambda outcome: heard.append(outcome.id),
    )
    pipeline.run(config(fake), (), fake.root, watcher)
    assert heard == [2, "help", f"{SUITE}::help", "broken", f"{SUITE}::broken"]


class Interrupted(FakeEngine):
    """An engine that is interrupted after its first outcome."""

    def measure(
        self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
    ) -> Iterator[Result | Failure]:
        """Yield one outcome, then stop as if by Ctrl-C."""
        yield next(super().measure(benchmarks, started))
        raise KeyboardInterrupt


def test_interrupted_run(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured before Ctrl-C is kept and reported, the rest is named, and no baseline is saved."""
    fake.measures({"help": 10, "version": 20, "convert": 30})
    monkeypatch.setitem(ENGINES, "instructions", lambda config: Interrupted({f"{SUITE}::help": {"Ir": 10}}))
    outcome = run(fake, save_baseline="main")
    assert outcome.exit_code is ExitCode.INTERRUPTED
    assert outcome.saved is None
    assert names(outcome.run.benchmarks) == ["help"]
    assert sorted(names(outcome.run.failures)) == ["convert", "version"]
    assert baselines.load(fake.root / ".iaipy", "last").failures == tuple(
        sorted(outcome.run.failures, key=lambda failure: failure.id)
    )
    assert baselines.names(fake.root / ".iaipy") == []


def test_results_are_kept_as_they_come(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """An outcome is on disk before the next one is awaited, unless saving it would take much of the time."""
    stored: list[int] = []
    clock_s = itertools.count(0, 1000)

    class Slow(FakeEngine):
        def measure(
            self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
        ) -> Iterator[Result | Failure]:
            for outcome in super().measure(benchmarks, started):
                yield outcome
                document = json.loads((fake.root / ".iaipy/last-run.json").read_text())
                stored.append(len(document["benchmarks"]))

    names_of_three = ("help", "usage", "version")
    fake.measures(dict.fromkeys(names_of_three, 10))
    script = {f"{SUITE}::{name}": {"Ir": 10} for name in names_of_three}
    monkeypatch.setitem(ENGINES, "instructions", lambda config: Slow(script))
    monkeypatch.setattr(measuring, "monotonic", lambda: next(clock_s))
    outcome = run(fake)
    assert stored == [1, 1, 1]  # by that clock a save takes as long as waiting for an outcome
    assert len(baselines.load(fake.root / ".iaipy", "last").benchmarks) == 3
    monkeypatch.setattr(measuring, "monotonic", lambda: 0.0)
    assert run(fake).run.benchmarks == outcome.run.benchmarks
    assert stored[3:] == [1, 2, 3]


def test_partial_run_drops_what_is_gone(fake: FakeProject) -> None:
    """A baseline saved for one file loses the results of benchmarks that this file no longer has."""
    fake.measures({"help": 10, "version": 20})
    run(fake, save_baseline="main")
    fake.measures({"version": 20})
    outcome = run(fake, SUITE, save_baseline="main", baseline="main")
    assert [entry.id for entry in outcome.comparison.of("missing")] == [f"{SUITE}::help"]
    assert names(baselines.load(fake.root / ".iaipy", "main").benchmarks) == ["version"]


def test_environment_is_compared_at_once(fake: FakeProject) -> None:
    """A baseline of another environment stops the run at its first outcome."""
    fake.measures({"help": 10}, {"python": "3.13"})
    run(fake, save_baseline="main")
    fake.measures({"help": 10, "version": 20}, {"python": "3.14"})
    done: list[object] = []
    watcher = Watcher(done=done.append)
    with pytest.raises(HostError, match="different environment"):
        pipeline.run(config(fake, baseline="main"), (), fake.root, watcher)
    assert len(done) == 1


def test_selection_saved_into_a_baseline(fake: FakeProject) -> None:
    """A run of some benchmarks replaces those in a baseline and leaves the others."""
    fake.measures({"help": 10, "version": 20})
    run(fake, save_baseline="main")
    fake.measures({"help": 11, "version": 21})
    run(fake, save_baseline="main", keyword="help")
    saved = baselines.load(fake.root / ".iaipy", "main")
    assert {result.id: result.counters["instructions"] for result in saved.benchmarks} == {
        f"{SUITE}::help": 11,
        f"{SUITE}::version": 20,
    }


def test_selection_from_elsewhere_is_not_mixed_in(fake: FakeProject) -> None:
    """Results of another environment are not saved among a baseline's."""
    fake.measures({"help": 10, "version": 20}, {"python": "3.13"})
    run(fake, save_baseline="main")
    fake.measures({"help": 10, "version": 20}, {"python": "3.14"})
    outcome = run(fake, save_baseline="main", keyword="help")
    assert outcome.exit_code is ExitCode.ENVIRONMENT
    assert isinstance(outcome.troubles[0], HostError)


def test_whole_run_replaces_a_baseline(fake: FakeProject) -> None:
    """A run of everything leaves nothing of the older baseline."""
    fake.measures({"help": 10, "version": 20})
    run(fake, save_baseline="main")
    fake.measures({"help": 10})
    run(fake, save_baseline="main")
    assert names(baselines.load(fake.root / ".iaipy", "main").benchmarks) == ["help"]


def test_failures_are_not_saved(fake: FakeProject) -> None:
    """A run with failures leaves the baseline alone, and says so without losing the run."""
    fake.measures({"help": 10})
    run(fake, save_baseline="main")
    fake.measures({"help": 11, "broken": fake.fails("broken", "it broke")})
    outcome = run(fake, save_baseline="main")
    assert outcome.exit_code is ExitCode.BENCHMARK_FAILED
    assert isinstance(outcome.troubles[0], BenchmarkError)
    assert names(outcome.run.benchmarks) == ["help"]
    allowed = run(fake, save_baseline="main", allow_failures=True)
    assert allowed.saved == fake.root / ".iaipy/baselines/main.json"


def test_saving_that_fails(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A baseline that can't be written is a trouble beside the run, and its exit code."""

    def refuse(*_: object, **__: object) -> None:
        raise HostError("the disk is full")

    fake.measures({"help": 10})
    monkeypatch.setattr(baselines, "save", refuse)
    outcome = run(fake, save_baseline="main")
    assert outcome.exit_code is ExitCode.ENVIRONMENT
    assert [trouble.message for trouble in outcome.troubles] == ["the disk is full"]


def test_regression_outweighs_a_trouble(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A regression is the exit code, whatever else went wrong."""
    fake.measures({"help": 10_000})
    run(fake, save_baseline="main")
    fake.measures({"help": 20_000, "broken": fake.fails("broken", "it broke")})
    outcome = run(fake, baseline="main", save_baseline="head")
    assert outcome.exit_code is ExitCode.REGRESSION
    assert len(outcome.troubles) == 1


@pytest.mark.parametrize("overrides", [{"keyword": "nothing"}, {"tag": ["slow"]}])
def test_nothing_to_run(fake: FakeProject, overrides: dict[str, object]) -> None:
    """A selection that leaves nothing is an error that says so."""
    fake.measures({"help": 10})
    with pytest.raises(NothingToDoError, match="that match the selection"):
        run(fake, **overrides)


def test_missing_baseline_is_found_out_first(fake: FakeProject) -> None:
    """A baseline that isn't there is an error before anything is measured."""
    fake.measures({"help": 10})
    with pytest.raises(NothingToDoError, match="there is no baseline main"):
        run(fake, baseline="main")
    assert not (fake.root / ".iaipy").exists()


def test_compare_of_runs_without_anything_in_common(fake: FakeProject) -> None:
    """Two stored runs that share no benchmark can't be compared."""
    fake.measures({"help": 10})
    run(fake, save_baseline="a")
    fake.measures({"version": 10})
    run(fake, save_baseline="b")
    with pytest.raises(
        NothingToDoError, match="none of the benchmarks could be compared with the baseline a"
    ):
        pipeline.compare(config(fake), "a", "b")


HERE = {"cpu": "A"}


class FakeTimer:
    """An engine that times by a script.

    Parameters:
        times: by a benchmark's name, what each of its three processes takes in milliseconds, or None where
            it fails.
        machine: the fingerprint of where it is.
    """

    def __init__(self, times: Mapping[str, float | None], machine: Mapping[str, str]) -> None:
        self._times = times
        self._machine = Environment(machine, {"load": "0.00"})
        self.asked: list[str] = []

    def __call__(self, config: Config) -> FakeTimer:
        """Make the engine, as `ENGINES` does."""
        return self

    def __enter__(self) -> FakeTimer:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def measure(
        self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
    ) -> Iterator[Timing | Failure]:
        """Yield what the script says."""
        for benchmark in benchmarks:
            started(benchmark)
            self.asked.append(benchmark.name)
            took = self._times[benchmark.name]
            if took is None:
                yield Failure(benchmark.id, "it broke", "", "walltime")
                continue
            samples = tuple((took * 1e6 * share,) for share in (0.99, 1.0, 1.01))
            yield Timing(benchmark.id, "command", samples, (1,) * 3, (0.0,) * 3, (1,) * 3, path=SUITE)

    def environment(self) -> Environment:
        """Where it is."""
        return self._machine

    def warnings(self) -> list[str]:
        """What it warns of."""
        return ["this machine is a fake"]


class TimedProject:
    """A project whose commands are timed by one script and counted by another."""

    def __init__(self, fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fake = fake
        self._monkeypatch = monkeypatch

    def measures(
        self, times: Mapping[str, float | None], modes: Mapping[str, str], machine: Mapping[str, str] = HERE
    ) -> FakeTimer:
        """Let the project have these commands, declared for these modes, each taking so many ms."""
        self.fake.measures(dict.fromkeys(times, 10_000))
        commands = {
            name: {"run": "x", **({"mode": modes[name].split()} if name in modes else {})} for name in times
        }
        (self.fake.root / SUITE).write_text(json.dumps({"commands": commands}))
        timer = FakeTimer(times, machine)
        self._monkeypatch.setitem(ENGINES, "walltime", timer)
        return timer

    def saved(self, name: str = "main") -> tuple[list[str], list[str]]:
        """The names of the results in a baseline: those counted, those timed."""
        baseline = baselines.load(self.fake.root / ".iaipy", name)
        return names(baseline.benchmarks), names(baseline.timings)


@pytest.fixture
def project(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> TimedProject:
    """A project that is timed."""
    return TimedProject(fake, monkeypatch)


TIMES: dict[str, float | None] = {"both": 1.0, "counted": 2.0, "either": 3.0, "timed": 4.0}
MODES_OF = {"both": "instructions walltime", "counted": "instructions", "timed": "walltime"}


@pytest.mark.parametrize(
    ("mode", "counted", "timed"),
    [
        ("all", ["both", "counted", "either"], ["both", "timed"]),
        ("instructions", ["both", "counted", "either"], []),
        ("walltime", [], ["both", "either", "timed"]),
    ],
)
def test_modes(project: TimedProject, mode: str, counted: list[str], timed: list[str]) -> None:
    """Each benchmark is measured in those that it is declared for; what says nothing, in that asked for."""
    project.measures(TIMES, MODES_OF)
    planned: list[int] = []
    watcher = Watcher(planned=planned.append)
    found = pipeline.run(config(project.fake, mode=mode), (), project.fake.root, watcher).run
    assert (names(found.benchmarks), names(found.timings)) == (counted, timed)
    assert planned == [len(counted) + len(timed)]
    assert found.machine.fingerprint == (HERE if timed else {})
    assert bool(found.environment.fingerprint) == bool(counted)


def test_no_benchmark_of_a_mode(project: TimedProject) -> None:
    """A run that would measure nothing is an error, not a success."""
    project.measures({"counted": 1.0}, MODES_OF)
    with pytest.raises(NothingToDoError):
        run(project.fake, mode="walltime")


def test_warnings_of_the_machine_are_passed_on(project: TimedProject) -> None:
    """Once, with the first result."""
    project.measures(TIMES, MODES_OF)
    heard: list[str] = []
    watcher = Watcher(warned=heard.append)
    pipeline.run(config(project.fake, mode="walltime"), (), project.fake.root, watcher)
    assert heard == ["this machine is a fake"]


def test_a_command_timed_against_another(project: TimedProject) -> None:
    """The other is timed with it, and reported only if it is asked for."""
    timer = project.measures({"bare": 1.0, "app": 2.0}, {})
    (project.fake.root / SUITE).write_text("commands: {bare: x, app: {run: y, minus: bare}}\n")
    outcome = run(project.fake, mode="walltime", keyword="app")
    assert timer.asked == ["app", "bare"]
    assert names(outcome.run.timings) == ["app"]


def test_one_mode_leaves_the_others_results(project: TimedProject) -> None:
    """A baseline gathers counts and times, whichever are saved first."""
    project.measures(TIMES, MODES_OF)
    run(project.fake, mode="walltime", save_baseline="main")
    assert project.saved() == ([], ["both", "either", "timed"])
    run(project.fake, mode="instructions", save_baseline="main")
    assert project.saved() == (["both", "counted", "either"], ["both", "either", "timed"])
    project.measures({"both": 1.0, "timed": 4.0}, MODES_OF)
    run(project.fake, mode="walltime", save_baseline="main")
    assert project.saved() == (["both", "counted", "either"], ["both", "timed"])


def test_all_modes_keep_times_that_were_asked_for(project: TimedProject) -> None:
    """What is timed only on request keeps its times when everything is run; what is gone loses them."""
    project.measures(TIMES, MODES_OF)
    run(project.fake, mode="walltime", save_baseline="main")
    outcome = run(project.fake, save_baseline="main", baseline="main")
    assert [(entry.id, entry.status) for entry in outcome.comparison.timings] == [
        (f"{SUITE}::both", "pass"),
        (f"{SUITE}::timed", "pass"),
    ]
    assert project.saved() == (["both", "counted", "either"], ["both", "either", "timed"])
    project.measures({"both": 1.0, "either": 3.0}, {"both": "instructions"})
    outcome = run(project.fake, save_baseline="main", baseline="main")
    missing = [entry.id for entry in outcome.comparison.timings if entry.status == "missing"]
    assert missing == [f"{SUITE}::both", f"{SUITE}::timed"]
    assert project.saved() == (["both", "either"], ["either"])


def test_a_selection_keeps_the_other_times(project: TimedProject) -> None:
    """Those of benchmarks that weren't chosen."""
    project.measures(TIMES, MODES_OF)
    run(project.fake, mode="walltime", save_baseline="main")
    project.measures({**TIMES, "both": 9.0}, MODES_OF)
    outcome = run(project.fake, mode="walltime", save_baseline="main", baseline="main", keyword="both")
    assert [entry.status for entry in outcome.comparison.timings] == ["fail"]
    saved = baselines.load(project.fake.root / ".iaipy", "main")
    assert {timing.id: timing.samples_ns[1] for timing in saved.timings} == {
        f"{SUITE}::both": (9e6,),
        f"{SUITE}::either": (3e6,),
        f"{SUITE}::timed": (4e6,),
    }


def test_times_of_two_machines_are_not_mixed(project: TimedProject) -> None:
    """A selection timed elsewhere isn't saved among a baseline's times; a whole run replaces them."""
    project.measures(TIMES, MODES_OF)
    run(project.fake, mode="walltime", save_baseline="main")
    project.measures(TIMES, MODES_OF, machine={"cpu": "B"})
    outcome = run(project.fake, mode="walltime", save_baseline="main", keyword="both")
    assert outcome.exit_code is ExitCode.ENVIRONMENT
    assert "cpu" in outcome.troubles[0].message
    assert run(project.fake, mode="walltime", save_baseline="main").exit_code is ExitCode.OK
    assert baselines.load(project.fake.root / ".iaipy", "main").machine.fingerprint == {"cpu": "B"}


def test_a_baseline_without_counts_is_of_no_other_environment(project: TimedProject) -> None:
    """Where only one side was counted, there are no environments to differ."""
    project.measures(TIMES, MODES_OF)
    run(project.fake, mode="walltime", save_baseline="times")
    outcome = run(project.fake, baseline="times")
    assert outcome.exit_code is ExitCode.OK
    assert outcome.comparison.environment_changes == ()
    run(project.fake, mode="instructions", save_baseline="counts")
    timed = run(project.fake, mode="walltime", save_baseline="counts", baseline="times")
    assert timed.comparison.environment_changes == ()
    compared = pipeline.compare(config(project.fake), "times", "counts")
    assert compared.exit_code is ExitCode.OK
    assert {entry.status for entry in compared.comparison.timings} == {"pass"}


def test_nothing_in_common_with_the_baseline(project: TimedProject) -> None:
    """Times held against counts are no comparison."""
    project.measures(TIMES, MODES_OF)
    run(project.fake, mode="instructions", save_baseline="main")
    assert run(project.fake, mode="walltime", baseline="main").exit_code is ExitCode.NOTHING_TO_DO


@pytest.mark.parametrize(("gate", "code"), [(None, ExitCode.OK), (True, ExitCode.REGRESSION)])
def test_slower_times(project: TimedProject, gate: bool | None, code: ExitCode) -> None:
    """They inform; with gate_walltime they fail the run, and don't become the baseline that they missed."""
    project.measures({"timed": 4.0}, MODES_OF)
    run(project.fake, save_baseline="main")
    project.measures({"timed": 5.0}, MODES_OF)
    outcome = run(project.fake, baseline="main", save_baseline="main", gate_walltime=gate)
    assert outcome.comparison.timings[0].status == "fail"
    assert outcome.exit_code is code
    kept = baselines.load(project.fake.root / ".iaipy", "main").timings[0].samples_ns[1]
    assert kept == ((4e6,) if gate else (5e6,))


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"cpu": "B"}, "on another machine: cpu was A and is B"),
        ({"layout": "pinned"}, "under other conditions: layout was - and is pinned"),
    ],
)
def test_a_gate_of_times_that_cant_be_compared(
    project: TimedProject, there: dict[str, str], said: str
) -> None:
    """Has not passed, though the counts have; the message says what differs, and nothing is lost."""
    project.measures(TIMES, MODES_OF)
    run(project.fake, save_baseline="main")
    project.measures(TIMES, MODES_OF, machine={**HERE, **there})
    informed = run(project.fake, baseline="main")
    assert (informed.exit_code, informed.troubles) == (ExitCode.OK, ())
    for gated in (
        run(project.fake, baseline="main", gate_walltime=True),
        pipeline.compare(config(project.fake, gate_walltime=True), "main", "last"),
    ):
        assert gated.exit_code is ExitCode.ENVIRONMENT
        assert gated.troubles[0].message == f"the times of the baseline main were measured {said}"
        assert {entry.status for entry in gated.comparison.timings} == {"incomparable"}
    allowed = run(project.fake, baseline="main", gate_walltime=True, allow_environment_change=True)
    assert allowed.exit_code is ExitCode.OK
    assert allowed.comparison.machine_changes


def test_times_of_another_machine_alone(project: TimedProject) -> None:
    """Where nothing else could be compared either, the reason is the machine and not another name."""
    project.measures(TIMES, MODES_OF)
    run(project.fake, mode="walltime", save_baseline="main")
    project.measures(TIMES, MODES_OF, machine={"cpu": "B"})
    assert run(project.fake, mode="walltime", baseline="main").exit_code is ExitCode.ENVIRONMENT
    with pytest.raises(HostError, match="measured on another machine"):
        pipeline.compare(config(project.fake), "main", "last")


def test_a_gate_of_times_without_any(project: TimedProject) -> None:
    """Counts that could be compared don't make a gate of times that held nothing against nothing."""
    project.measures(TIMES, MODES_OF)
    run(project.fake, mode="instructions", save_baseline="main")
    outcome = run(project.fake, baseline="main", gate_walltime=True)
    assert outcome.exit_code is ExitCode.NOTHING_TO_DO
    assert "these times were to gate" in outcome.troubles[0].message


def test_other_limits_for_times(project: TimedProject) -> None:
    """Threshold and significance are configured."""
    project.measures({"timed": 4.0}, MODES_OF)
    run(project.fake, save_baseline="main")
    project.measures({"timed": 5.0}, MODES_OF)
    for overrides in ({"walltime_limit": "30%"}, {"significance": 1e-6}):
        outcome = run(project.fake, baseline="main", gate_walltime=True, **overrides)
        assert outcome.exit_code is ExitCode.OK


def test_a_benchmark_that_fails_while_it_is_timed(project: TimedProject) -> None:
    """Is told apart from its counts, fails the run, and keeps the baseline from being saved."""
    project.measures({"both": None, "timed": 1.0}, MODES_OF)
    outcome = run(project.fake, save_baseline="main")
    assert outcome.exit_code is ExitCode.BENCHMARK_FAILED
    assert names(outcome.run.benchmarks) == ["both"]
    assert [(entry.id, entry.status) for entry in outcome.comparison.timings] == [
        (f"{SUITE}::timed", "new"),
        (f"{SUITE}::both", "failed"),
    ]
    assert [entry.status for entry in outcome.comparison.entries] == ["new"]
    assert baselines.names(project.fake.root / ".iaipy") == []
    alone = run(project.fake, mode="walltime", keyword="both")
    assert [entry.status for entry in alone.comparison.timings] == ["failed"]


def test_a_run_interrupted_while_it_times(project: TimedProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted by then is kept, and what was not timed is named with its mode."""

    class Interrupted(FakeTimer):
        def measure(
            self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
        ) -> Iterator[Timing | Failure]:
            yield next(super().measure(benchmarks, started))
            raise KeyboardInterrupt

    project.measures(TIMES, MODES_OF)
    monkeypatch.setitem(ENGINES, "walltime", Interrupted(TIMES, HERE))
    outcome = run(project.fake, save_baseline="main")
    assert outcome.exit_code is ExitCode.INTERRUPTED
    assert names(outcome.run.benchmarks) == ["both", "counted", "either"]
    assert names(outcome.run.timings) == ["both"]
    assert [(failure.id, failure.mode) for failure in outcome.run.failures] == [
        (f"{SUITE}::timed", "walltime")
    ]
    assert outcome.saved is None


FIVE = {"one": 10, "two": 20, "three": 30, "four": 40, "five": 50}


def test_shards_measure_the_suite_once(fake: FakeProject) -> None:
    """Each benchmark is measured by one shard, and what another shard measures is not missing."""
    fake.measures(FIVE)
    run(fake, save_baseline="main")
    found = []
    for number in (1, 2, 3):
        outcome = run(fake, baseline="main", shard=f"{number}/3")
        assert outcome.exit_code is ExitCode.OK
        assert {entry.status for entry in outcome.comparison.entries} == {"pass"}
        found += names(outcome.run.benchmarks)
    assert sorted(found) == sorted(FIVE)


def test_costs_in_the_baseline_decide_on_shards(fake: FakeProject) -> None:
    """A benchmark that took as long as all others together is alone in its shard."""
    fake.measures(FIVE | {"one": 10_000_000_000})
    run(fake, save_baseline="main")
    assert names(run(fake, shard="1/2").run.benchmarks) == ["one", "two"]
    assert names(run(fake, shard="1/2", baseline="main").run.benchmarks) == ["one"]


def test_what_no_shard_has_is_missed_once(fake: FakeProject) -> None:
    """A benchmark that the suite has no more is missed by the first shard alone."""
    fake.measures(FIVE)
    run(fake, save_baseline="main")
    fake.measures({name: FIVE[name] for name in ("one", "two", "three", "four")})
    missing = [
        [entry.id for entry in run(fake, baseline="main", shard=f"{n}/2").comparison.of("missing")]
        for n in (1, 2)
    ]
    assert missing == [[f"{SUITE}::five"], []]


def test_shards_can_save_one_baseline_in_turn(fake: FakeProject) -> None:
    """A shard leaves in a baseline what the others saved."""
    fake.measures(FIVE)
    for number in (1, 2):
        run(fake, save_baseline="main", shard=f"{number}/2")
    assert len(baselines.load(fake.root / ".iaipy", "main").benchmarks) == len(FIVE)


def test_shard_without_benchmarks(fake: FakeProject) -> None:
    """A shard that is left empty measured nothing, and must not pass for a success."""
    fake.measures({"one": 10, "two": 20})
    with pytest.raises(NothingToDoError, match="shard 3/3 is empty, because there are only 2 benchmarks"):
        run(fake, shard="3/3")


def test_shards_of_what_is_measured(fake: FakeProject) -> None:
    """What the mode leaves out has no part in the shards."""
    fake.measures(FIVE)
    with pytest.raises(NothingToDoError, match="no benchmarks that match the selection"):
        run(fake, shard="1/2", keyword="none_of_them")
