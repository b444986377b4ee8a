"""The five stages joined, over the fake engine."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from iaipy import pipeline
from iaipy.config import Config, load_config
from iaipy.errors import BenchmarkError, ExitCode, HostError, MeasurementError, NothingToDoError
from iaipy.measure import ENGINES
from iaipy.measure.fake import FakeEngine
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Failure, Result
from iaipy.store import baselines

if TYPE_CHECKING:
    from tests.unit.conftest import FakeProject

SUITE = "benchmarks/bench_cli.yaml"


def config(fake: FakeProject, **overrides: object) -> Config:
    """The project's configuration."""
    return load_config(fake.root, overrides)


def run(fake: FakeProject, *words: str, **overrides: object) -> pipeline.Outcome:
    """Run the project's benchmarks."""
    return pipeline.run(config(fake, **overrides), words, fake.root, pipeline.Watcher())


def names(results: Sequence[Result | Failure | Benchmark]) -> list[str]:
    """The ids without the file."""
    return [result.id.partition("::")[2] for result in results]


def test_collect(fake: FakeProject) -> None:
    """What is asked for, and what else its files hold."""
    fake.measures({"help": 1, "version": 1})
    collected = pipeline.collect(config(fake, keyword="help"), (), fake.root)
    assert (names(collected.benchmarks), names(collected.others)) == (["help"], ["version"])
    assert collected.failures == ()


def test_collect_keeps_what_can_be_read(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python file that can't be imported is a failure beside the others' benchmarks."""

    def refuse(path: Path, *_: object) -> None:
        raise MeasurementError(f"{path.name} can't be imported", "Traceback")

    monkeypatch.setattr("iaipy.collect.python_files.read_file", refuse)
    fake.measures({"help": 1})
    (fake.root / "benchmarks/bench_broken.py").touch()
    collected = pipeline.collect(config(fake), (), fake.root)
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
    watcher = pipeline.Watcher(
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
    monkeypatch.setattr(pipeline, "monotonic", lambda: next(clock_s))
    outcome = run(fake)
    assert stored == [1, 1, 1]  # by that clock a save takes as long as waiting for an outcome
    assert len(baselines.load(fake.root / ".iaipy", "last").benchmarks) == 3
    monkeypatch.setattr(pipeline, "monotonic", lambda: 0.0)
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
    watcher = pipeline.Watcher(done=done.append)
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
