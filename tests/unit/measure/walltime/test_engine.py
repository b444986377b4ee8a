"""The engine that times, over scripted processes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from iaipy.config import load_config
from iaipy.errors import MeasurementError
from iaipy.measure.walltime import engine as engine_module
from iaipy.measure.walltime import machine
from iaipy.measure.walltime.engine import WalltimeEngine
from iaipy.measure.walltime.samples import Place, Taken
from iaipy.model.benchmark import Benchmark, Command, Pace
from iaipy.model.run import Failure, Timing

Answer = Taken | MeasurementError | KeyboardInterrupt


def samples(*samples_ns: float, notes: tuple[str, ...] = ()) -> Taken:
    """What one process measures."""
    return Taken(samples_ns, 5, 0.5, 1000, notes)


class Processes:
    """Processes that answer from a script, and what they were asked.

    Parameters:
        answers: by the name of a benchmark, the answer of each of its processes; the last one goes on.
    """

    def __init__(self, answers: dict[str, Sequence[Answer]]) -> None:
        self._answers = {name: list(each) for name, each in answers.items()}
        self.asked: list[tuple[str, Place, Pace, int, float]] = []
        self.shares_s: list[float | None] = []
        self.folders: list[Path] = []

    def take(
        self,
        benchmark: Benchmark,
        place: Place,
        pace: Pace,
        least: int,
        timeout_s: float,
        folder: Path,
        limit_s: float | None,
    ) -> Taken:
        """Take the place of `samples.take`."""
        assert folder.is_dir()
        assert list(folder.iterdir()) == []
        self.folders.append(folder)
        self.shares_s.append(limit_s)
        self.asked.append((benchmark.name, place, pace, least, timeout_s))
        script = self._answers.get(benchmark.name, [samples(1.0)])
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def names(self) -> str:
        """The benchmarks, in the order of their processes."""
        return " ".join(name for name, *_ in self.asked)


Play = Callable[..., tuple[Processes, list[Timing | Failure]]]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Times benchmarks by scripted processes; those processes, and the outcomes."""
    monkeypatch.setattr(machine, "load", lambda: 0.25)

    def run(
        benchmarks: Sequence[Benchmark],
        answers: dict[str, Sequence[Answer]] | None = None,
        *,
        interrupted: bool = False,
        started: Callable[[Benchmark], None] = lambda benchmark: None,
        **overrides: object,
    ) -> tuple[Processes, list[Timing | Failure]]:
        processes = Processes(answers or {})
        monkeypatch.setattr(engine_module, "take", processes.take)
        outcomes: list[Timing | Failure] = []
        with WalltimeEngine(load_config(tmp_path, {"processes": 2, **overrides})) as engine:
            measuring = engine.measure(benchmarks, started)
            if interrupted:
                with pytest.raises(KeyboardInterrupt):
                    outcomes.extend(iter(measuring.__next__, None))
            else:
                outcomes.extend(measuring)
        assert not any(folder.exists() or folder.parent.exists() for folder in processes.folders)
        return processes, outcomes

    return run


def function(name: str, **fields: Any) -> Benchmark:
    """A benchmark."""
    return Benchmark(f"b.py::{name}", "function", "b.py", line=4, **fields)


def command(name: str, minus: str | None = None, **fields: Any) -> Benchmark:
    """A command, and the name of the one that it is held against."""
    partner = None if minus is None else f"c.yaml::{minus}"
    return Benchmark(
        f"c.yaml::{name}", "command", "c.yaml", command=Command((name,), minus=partner), **fields
    )


def test_a_timing_has_everything(play: Play) -> None:
    """One sequence of samples for each process, and whatever else they told."""
    benchmark = function("a", pace=Pace(elements=7))
    _, (found,) = play([benchmark], {"a": [samples(1, 2), samples(3, 4)]})
    assert found == Timing(
        id="b.py::a",
        kind="function",
        samples_ns=((1, 2), (3, 4)),
        iterations=(5, 5),
        overhead_ns=(0.5, 0.5),
        peak_rss_bytes=(1000, 1000),
        elements=7,
        path="b.py",
        line=4,
    )


def test_benchmarks_take_turns(play: Play) -> None:
    """Every process of one is between those of the others, and every other turn goes backwards."""
    started: list[str] = []
    benchmarks = [function("a"), function("b"), function("c", pace=Pace(processes=2))]
    processes, outcomes = play(benchmarks, processes=3, started=lambda b: started.append(b.name))
    assert processes.names() == "a b c c b a a b"
    assert started == processes.names().split()
    assert [outcome.id for outcome in outcomes] == ["b.py::c", "b.py::a", "b.py::b"]


def test_every_process_has_another_layout(play: Play) -> None:
    """In one turn it is the same for all benchmarks, so that differences between them aren't layout."""
    processes, _ = play([function("a"), function("b")], processes=3)
    layouts = [(place.env["PYTHONHASHSEED"], place.env["IAIPY_PAD"]) for _, place, *_ in processes.asked]
    (first, second), (third, fourth), (fifth, sixth) = layouts[:2], layouts[2:4], layouts[4:]
    assert (first, third, fifth) == (second, fourth, sixth)
    assert len(set(layouts)) == 3


def test_a_pinned_layout(play: Play) -> None:
    """Then all processes have the hash seed of counts, and no padding."""
    processes, _ = play([function("a")], layout="pinned")
    environments = [place.env for _, place, *_ in processes.asked]
    assert environments[0] == environments[1]
    assert environments[0]["PYTHONHASHSEED"] == "0"
    assert "IAIPY_PAD" not in environments[0]


def test_a_hash_seed_of_ones_own(play: Play) -> None:
    """What a person sets isn't varied."""
    processes, _ = play([function("a")], env=["PYTHONHASHSEED=7", "PYTHONDONTWRITEBYTECODE=1"])
    for _, place, *_ in processes.asked:
        assert place.env["PYTHONHASHSEED"] == "7"
        assert place.env["PYTHONDONTWRITEBYTECODE"] == "1"


def test_compiled_modules_may_be_written(play: Play) -> None:
    """Else every process would compile the benchmark's modules anew."""
    processes, _ = play([function("a")])
    assert "PYTHONDONTWRITEBYTECODE" not in processes.asked[0][1].env


def test_a_failure_ends_one_benchmark_alone(play: Play) -> None:
    """It is told at once, no further process of it is started, and the others go on."""
    answers = {"b": [samples(1), MeasurementError("raised it", "Traceback"), samples(1)]}
    processes, outcomes = play([function("a"), function("b"), function("c")], answers, processes=4)
    assert processes.names() == "a b c c b a a c c a"
    assert outcomes[0] == Failure("b.py::b", "raised it", "Traceback", "walltime")
    assert [outcome.id for outcome in outcomes[1:]] == ["b.py::c", "b.py::a"]


def test_equal_notes_are_told_once(play: Play) -> None:
    """Ten processes that leave tasks running are one remark."""
    answers = {"a": [samples(1, notes=("x", "y")), samples(1, notes=("y",))]}
    _, (found,) = play([function("a")], answers)
    assert isinstance(found, Timing)
    assert found.notes == ("x", "y")


def test_times_held_against_another_command(play: Play) -> None:
    """The other's median is subtracted process by process, and a time below that is below nought."""
    answers = {"app": [samples(10, 12), samples(20, 21)], "bare": [samples(4, 6, 500), samples(21, 19, 0)]}
    _, outcomes = play([command("app", minus="bare"), command("bare")], answers)
    bare, app = outcomes
    assert isinstance(app, Timing)
    assert isinstance(bare, Timing)
    assert app.samples_ns == ((4, 6), (1, 2))
    assert (app.minus, bare.minus) == ("c.yaml::bare", "")
    assert bare.samples_ns == ((4, 6, 500), (21, 19, 0))


@pytest.mark.parametrize(
    ("app", "notes"),
    [
        ((9e6, 9.1e6, 8.9e6), ()),
        ((2e6, 3e6, 1e6), ("can't be told from 0 (95% interval -1.484 ms to 3.484 ms)",)),
        ((0.6e6, 0.5e6, 0.4e6), ("is below 0 (95% interval -0.7484 ms to -0.2516 ms)",)),
    ],
)
def test_a_difference_that_may_be_none(play: Play, app: tuple[float, ...], notes: tuple[str, ...]) -> None:
    """It is noted, with the interval that says so."""
    answers = {"app": [samples(each) for each in app], "bare": [samples(1e6)]}
    _, outcomes = play([command("app", minus="bare"), command("bare")], answers, processes=3)
    assert isinstance(outcomes[1], Timing)
    assert outcomes[1].notes == tuple(f"the difference from c.yaml::bare {note}" for note in notes)


@pytest.mark.parametrize("fails_at", [0, 1])
def test_the_command_it_is_held_against_fails(play: Play, fails_at: int) -> None:
    """There is nothing to subtract then, also where some of its processes were well."""
    bare: list[Answer] = [samples(1), samples(1), samples(1)]
    bare[fails_at] = MeasurementError("broke")
    _, outcomes = play([command("app", minus="bare"), command("bare")], {"bare": bare}, processes=3)
    assert [(outcome.id, type(outcome)) for outcome in outcomes] == [
        ("c.yaml::bare", Failure),
        ("c.yaml::app", Failure),
    ]
    assert isinstance(outcomes[1], Failure)
    assert outcomes[1].reason == "c.yaml::bare, which it is held against, failed"
    assert outcomes[1].mode == "walltime"


def test_a_command_held_against_another_fails_itself(play: Play) -> None:
    """It is told once."""
    _, outcomes = play([command("app", minus="bare"), command("bare")], {"app": [MeasurementError("broke")]})
    assert [type(outcome) for outcome in outcomes] == [Failure, Timing]


def test_the_command_it_is_held_against_has_as_many_processes(play: Play) -> None:
    """Else some of a command's processes would have nothing to be held against."""
    processes, outcomes = play(
        [command("app", minus="bare", pace=Pace(processes=4)), command("bare", pace=Pace(processes=2))]
    )
    assert processes.names() == "app bare bare app app bare bare app"
    assert [len(outcome.samples_ns) for outcome in outcomes if isinstance(outcome, Timing)] == [4, 4]


def test_an_interruption_keeps_what_there_is(play: Play) -> None:
    """Benchmarks take turns, so at that moment many are half done; each says how far it got."""
    benchmarks = [
        function("once", pace=Pace(processes=1)),
        function("a"),
        command("app", minus="bare"),
        command("bare"),
        function("broken"),
        function("b"),
    ]
    answers: dict[str, Sequence[Answer]] = {
        "broken": [MeasurementError("broke")],
        "app": [samples(9)],
        "bare": [samples(1), samples(1), KeyboardInterrupt()],
    }
    _, outcomes = play(benchmarks, answers, interrupted=True, processes=3)
    told = {outcome.id.partition("::")[2]: outcome for outcome in outcomes}
    assert len(outcomes) == len(told) == 6
    assert isinstance(told.pop("broken"), Failure)
    notes = {name: found.notes for name, found in told.items() if isinstance(found, Timing)}
    assert notes == {
        "once": (),
        "a": (),
        "app": ("interrupted after 2 of 3 processes",),
        "bare": ("interrupted after 2 of 3 processes",),
        "b": ("interrupted after 2 of 3 processes",),
    }


def test_an_interruption_before_there_is_anything(play: Play) -> None:
    """What has no samples has no outcome; nor has what lost the command it is held against."""
    benchmarks = [command("app", minus="bare"), command("bare"), function("a")]
    answers: dict[str, Sequence[Answer]] = {"bare": [MeasurementError("broke")], "a": [KeyboardInterrupt()]}
    _, outcomes = play(benchmarks, answers, interrupted=True)
    assert [outcome.id for outcome in outcomes] == ["c.yaml::bare"]


@pytest.mark.parametrize(
    ("processes", "least"),
    [(1, 100), (3, 34), (10, 10), (100, 1), (300, 1)],
)
def test_a_hundred_samples_at_least(play: Play, processes: int, least: int) -> None:
    """Over all processes; each is told its share."""
    played, _ = play([function("a")], processes=processes)
    assert {asked[3] for asked in played.asked} == {least}


def test_the_benchmarks_pace_goes_before_the_configured_one(play: Play) -> None:
    """Where it says nothing, the configuration decides, also about the timeout."""
    own = function("own", timeout_s=5.0, pace=Pace(3, 4, 5, 0.6, 0.7, "uvloop"))
    processes, _ = play(
        [own, function("plain")], rounds=9, warmup_time="10ms", measurement_time="20ms", timeout="30s"
    )
    asked = {name: (pace, timeout_s) for name, _, pace, _, timeout_s in processes.asked}
    assert asked["own"] == (Pace(3, 4, 5, 0.6, 0.7, "uvloop"), 5.0)
    assert asked["plain"] == (Pace(2, 9, None, 0.01, 0.02), 30.0)


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock that a time budget looks at, as a list of one number of seconds."""
    now = [0.0]
    monkeypatch.setattr(engine_module, "monotonic", lambda: now[0])
    return now


def test_a_time_budget_is_shared_out(play: Play, hours: list[float]) -> None:
    """Starting a process has its part in it; warm-up and rounds keep their proportion."""

    def passes(benchmark: Benchmark) -> None:
        hours[0] += 1.0

    processes, _ = play(
        [function("a"), function("b")],
        time_budget="4s",
        warmup_time="2s",
        measurement_time="3s",
        started=passes,
    )
    assert processes.names() == "a b b a"
    assert processes.shares_s == pytest.approx([0.6, 0.5167, 0.35, 0.05], abs=0.001)
    for share_s, (_, _, pace, least, _) in zip(processes.shares_s, processes.asked, strict=True):
        assert pace.warmup_s is not None
        assert pace.measurement_s is not None
        assert pace.warmup_s + pace.measurement_s == pytest.approx(share_s)
        assert pace.measurement_s == pytest.approx(1.5 * pace.warmup_s)
        assert least == 1  # the budget goes before the number of samples


def test_a_time_budget_ends_the_turns(play: Play, hours: list[float]) -> None:
    """At the deadline no more processes are started, and what has fewer than planned says so."""

    def passes(benchmark: Benchmark) -> None:
        hours[0] += {"slow": 4.0, "quick": 0.5, "app": 0.5, "bare": 0.5}[benchmark.name]

    benchmarks = [function("slow"), function("quick"), command("app", minus="bare"), command("bare")]
    processes, outcomes = play(
        benchmarks, {"app": [samples(9)]}, time_budget="13s", processes=4, started=passes
    )
    assert processes.names() == "slow quick app bare bare app quick slow quick app bare bare"
    assert {o.id.partition("::")[2]: o.notes for o in outcomes if isinstance(o, Timing)} == {
        "slow": ("time budget: 2 of 4 processes",),
        "quick": ("time budget: 3 of 4 processes",),
        "app": ("time budget: 3 of 4 processes",),
        "bare": (),
    }


@pytest.mark.parametrize("budget", ["1h", None])
def test_a_time_budget_lengthens_nothing(play: Play, budget: str | None) -> None:
    """One that is large changes nothing."""
    processes, (found,) = play([function("a")], time_budget=budget)
    assert {asked[2].warmup_s for asked in processes.asked} == {0.3}
    assert isinstance(found, Timing)
    assert found.notes == ()


def test_environment_and_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both tell of the machine as it was before the engine began."""
    monkeypatch.setattr(machine, "load", lambda: 77.0)
    monkeypatch.setattr("iaipy.measure.environment.python_identity", lambda python, env: "a Python")
    with WalltimeEngine(load_config(tmp_path, {"layout": "pinned"})) as engine:
        found = engine.environment()
        assert (found.fingerprint["layout"], found.notes["load"]) == ("pinned", "77.00")
        assert "busy" in engine.warnings()[0]
