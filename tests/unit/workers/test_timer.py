"""The process that times a function, as far as it can be gone through in this one."""

import ast
import asyncio
import gc
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iaipy import declare
from iaipy.workers import subject, timer, unawaited
from iaipy.workers.pace import Pace
from iaipy.workers.subject import Work


class LeftError(Exception):
    """The process would have ended."""


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> list[declare.Declaration]:
    """A list of declarations of the test's own."""
    mine: list[declare.Declaration] = []
    monkeypatch.setattr(declare, "declared", mine)
    return mine


@pytest.fixture(autouse=True)
def loops() -> Iterator[None]:
    """Closes the event loops that a timing process leaves open."""
    yield
    for runner in timer._left_open:
        assert isinstance(runner, asyncio.Runner)
        runner.close()
    timer._left_open.clear()


@pytest.fixture(autouse=True)
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes back what a timing process changes of `warnings`."""
    monkeypatch.setattr(unawaited, "_thrown_away", [])
    usual = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]
    monkeypatch.setattr(warnings, "_warn_unawaited_coroutine", usual)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs the process's main over a file with this text, and returns its answer."""

    def leave(status: int) -> None:
        assert status == 0
        raise LeftError

    def run(text: str, index: int = 0, loop: str = "asyncio", pace: str = "3 3 0 0 0") -> dict[str, Any]:
        name = f"bench_{tmp_path.name}"
        path, answer = tmp_path / f"{name}.py", tmp_path / "answer"
        path.write_text(text)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.setattr(os, "_exit", leave)
        with pytest.raises(LeftError):
            timer.main(str(tmp_path), str(path), str(answer), str(index), loop, *pace.split())
        monkeypatch.delitem(sys.modules, name, raising=False)
        document: dict[str, Any] = ast.literal_eval(answer.read_text())
        return document

    return run


def work(function: Callable[..., Any], case: dict[str, Any] | None = None, **options: Any) -> Work:
    """What is timed of a function under @benchmark."""
    return Work(declare.Declaration(function, **options), case or {})


def test_a_round_calls_so_many_times() -> None:
    """Set-up and teardown go around the whole round, each given what it takes."""
    calls: list[object] = []

    def function(made: str, rows: int) -> None:
        calls.append((made, rows))

    def setup(rows: int) -> str:
        calls.append(f"setup {rows}")
        return "made"

    def teardown(made: str) -> None:
        calls.append(f"teardown {made}")

    found = work(function, {"rows": 7}, params={"rows": [7]}, setup=setup, teardown=teardown)
    assert timer._round(found, [], 3) > 0
    assert calls == ["setup 7", *[("made", 7)] * 3, "teardown made"]


def test_an_awaited_round_awaits_everything() -> None:
    """Set-up and teardown may be coroutine functions or plain ones."""
    calls: list[str] = []

    async def function(made: str) -> None:
        await asyncio.sleep(0)
        calls.append(made)

    async def setup() -> str:
        await asyncio.sleep(0)
        return "made"

    def teardown(made: str) -> None:
        calls.append(f"teardown {made}")

    found = work(function, setup=setup, teardown=teardown)
    assert asyncio.run(timer._round_awaited(found, [], 2)) > 0
    assert calls == ["made", "made", "teardown made"]


def test_set_up_and_teardown_are_not_in_the_time() -> None:
    """They may take as long as they like."""
    found = work(lambda: None, name="f", setup=lambda: time.sleep(0.05), teardown=lambda: time.sleep(0.05))
    assert timer._round(found, [], 1) < 90_000_000


def test_teardown_runs_after_a_failure() -> None:
    """What set-up made is removed, whatever became of the call."""
    torn: list[object] = []

    def function(made: int) -> None:
        raise ValueError(made)

    async def awaited(made: int) -> None:
        raise ValueError(made)

    with pytest.raises(ValueError, match="5"):
        timer._round(work(function, setup=lambda: 5, teardown=torn.append), [], 1)
    with pytest.raises(ValueError, match="6"):
        asyncio.run(timer._round_awaited(work(awaited, setup=lambda: 6, teardown=torn.append), [], 1))
    assert torn == [5, 6]


def test_a_coroutine_that_nobody_awaits_is_refused() -> None:
    """A plain function that makes one is no very fast benchmark; and the coroutine is closed."""

    async def inner() -> None:
        pass

    with pytest.raises(timer._RefusedError, match="a coroutine nobody awaited; declare it with async def"):
        timer._round(work(lambda: inner(), name="f"), [], 1)
    gc.collect()


async def helper() -> None:
    """A coroutine function that nobody awaits."""


def throws_away() -> None:
    """A benchmark that forgets to await."""
    helper()  # type: ignore[unused-coroutine]


def throws_away_quietly() -> None:
    """The same with warnings switched off."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        helper()  # type: ignore[unused-coroutine]


def throws_away_in_a_cycle() -> None:
    """The same where only the garbage collector finds it."""
    cycle: list[object] = [helper()]
    cycle.append(cycle)


async def throws_away_awaited() -> None:
    """The same in a coroutine."""
    helper()  # type: ignore[unused-coroutine]


@pytest.mark.parametrize(
    "function", [throws_away, throws_away_quietly, throws_away_in_a_cycle, throws_away_awaited]
)
def test_a_coroutine_that_is_thrown_away_is_refused(function: Callable[..., object]) -> None:
    """Made inside of a benchmark and never awaited, it is no work done: one sentence names it."""
    with pytest.raises(timer._RefusedError, match=r"^made a coroutine of helper that nobody awaited, so"):
        timer._measured(work(function), Pace(2, 2, 1, 0, 0), "asyncio")


@pytest.mark.parametrize("kind", ["function", "coroutine"])
@pytest.mark.parametrize(("result", "notes"), [(float("nan"), 1), (0.0, 0), (None, 0)])
def test_nan_is_noted(kind: str, result: float | None, notes: int) -> None:
    """A result that is no number is no failure and doesn't go unnoticed; it is noted once."""

    async def awaited() -> float | None:
        return result

    found = work((lambda: result) if kind == "function" else awaited, name="f")
    assert [
        note.partition(":")[0]
        for note in timer._measured(found, Pace(3, 3, 1, 0, 0), "asyncio")["notes"]
        if "NaN" in note
    ] == ["returned NaN"] * notes


def test_a_coroutine_that_is_closed_or_cancelled_is_not_refused() -> None:
    """Both say that it is not to run."""

    async def closes_and_cancels() -> None:
        helper().close()
        task = asyncio.get_running_loop().create_task(helper())
        task.cancel()
        await asyncio.sleep(0)

    found = timer._measured(work(closes_and_cancels), Pace(2, 2, 1, 0, 0), "asyncio")
    assert len(found["samples_ns"]) == 2


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_the_process_of_a_forked_child_ends(monkeypatch: pytest.MonkeyPatch, is_coroutine: bool) -> None:
    """A child that comes back from the benchmark, and a process without its host, take no more samples."""

    def leave(status: int) -> None:
        raise LeftError

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(os, "getppid", lambda: timer._HOST + 1)
    found = subject.calibration(is_coroutine)
    with pytest.raises(LeftError):
        if is_coroutine:
            asyncio.run(timer._round_awaited(found, [], 1))
        else:
            timer._round(found, [], 1)


def test_overhead_is_measured_and_subtracted() -> None:
    """A function that does nothing takes next to nothing, whatever calling it costs."""
    document = timer._measured(subject.calibration(False), Pace(20, 20, 1000, 0, 0), "asyncio")
    assert document["overhead_ns"] > 0
    assert min(document["samples_ns"]) < document["overhead_ns"]
    assert all(sample >= 0 for sample in document["samples_ns"])


def test_what_is_told() -> None:
    """Samples, iterations, overhead and memory, as plain values."""
    document = timer._measured(work(lambda: sum(range(100)), name="f"), Pace(5, 5, 0, 0, 0), "asyncio")
    assert len(document["samples_ns"]) == 5
    assert document["iterations"] > 1
    assert document["peak_rss_bytes"] > 1_000_000
    assert document["notes"] == []
    assert ast.literal_eval(ascii(document)) == document


def test_rounds_too_short_for_the_clock_are_noted() -> None:
    """Few calls of a quick function are timed as asked for, with a remark."""
    (note,) = timer._measured(subject.calibration(False), Pace(5, 5, 1, 0, 0), "asyncio")["notes"]
    assert "more iterations would be more precise" in note


def test_tasks_left_running_are_noted() -> None:
    """Those of a coroutine that starts tasks and doesn't wait for them."""
    tasks: list[asyncio.Task[None]] = []

    async def leaks() -> None:
        tasks.append(asyncio.get_running_loop().create_task(asyncio.sleep(1000)))

    async def clean() -> None:
        await asyncio.sleep(0)

    (note,) = timer._measured(work(leaks), Pace(5, 5, 1000, 0, 0), "asyncio")["notes"]
    assert note.startswith("left asyncio tasks running")
    assert timer._measured(work(clean), Pace(5, 5, 1000, 0, 0), "asyncio")["notes"] == []


def test_measuring_a_coroutine_waits_for_nobody() -> None:
    """A task that can't be cancelled doesn't keep the process from telling what it has measured."""

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(0.001)
                return
            except asyncio.CancelledError:
                pass

    async def leaks() -> None:
        leaks_for.append(asyncio.get_running_loop().create_task(stubborn()))
        await asyncio.sleep(0)

    leaks_for: list[asyncio.Task[None]] = []
    assert len(timer._measured(work(leaks), Pace(2, 2, 1, 0, 0), "asyncio")["samples_ns"]) == 2


@pytest.mark.parametrize(
    ("loop", "message"),
    [
        ("no_such_loop", f"the event loop 'no_such_loop' is not installed for {sys.executable}"),
        ("", f"the event loop '' is not installed for {sys.executable}"),
        ("math", "the module math makes no event loops: it has no new_event_loop"),
    ],
)
def test_a_loop_that_cannot_be_used(loop: str, message: str) -> None:
    """The message says why, and for which interpreter."""
    with pytest.raises(timer._RefusedError, match=f"^{message}$"):
        timer._loop_factory(loop)


def test_loops() -> None:
    """asyncio's own is the default; any other module that makes loops will do."""
    assert timer._loop_factory("asyncio") is None
    assert timer._loop_factory("asyncio.events") is asyncio.new_event_loop


FILE = """
from iaipy.declare import benchmark

calls = []

@benchmark
def first():
    raise KeyError("never asked for")

@benchmark(params={"rows": [1, 2]}, setup=lambda rows: calls.append(rows))
def second(rows):
    if rows == 2 and len(calls) > 2:
        raise ValueError(f"rows {calls}")

@benchmark
async def third():
    pass
"""


def test_the_benchmark_is_known_by_its_number(told: Callable[..., dict[str, Any]]) -> None:
    """Cases are numbered through, over all benchmarks of the file; with a set-up, a round is one call."""
    document = told(FILE, 1)
    assert len(document["samples_ns"]) == 3
    assert document["iterations"] == 1


def test_a_coroutine_is_timed_in_a_loop(told: Callable[..., dict[str, Any]]) -> None:
    """From the file to the samples."""
    assert told(FILE, 3)["iterations"] > 1


def test_what_a_benchmark_raises_is_told(told: Callable[..., dict[str, Any]]) -> None:
    """In one line, and with the frames that are the benchmark's."""
    reason, trace = told(FILE, 2)["error"]
    assert reason == "raised ValueError: rows [2, 2, 2]"
    assert "in second" in trace
    assert "workers/timer.py" not in trace


@pytest.mark.parametrize(
    ("text", "loop", "reason"),
    [
        ("import no_such_module", "asyncio", "raised ModuleNotFoundError: No module named 'no_such_module'"),
        ("import sys; sys.exit(3)", "asyncio", "raised SystemExit: 3"),
        (FILE.replace("async ", ""), "no_such_loop", ""),
        (FILE, "no_such_loop", f"the event loop 'no_such_loop' is not installed for {sys.executable}"),
    ],
)
def test_what_cannot_be_timed_says_why(
    told: Callable[..., dict[str, Any]], text: str, loop: str, reason: str
) -> None:
    """Where there is a coroutine the loop must be there; where there is none, it doesn't matter."""
    assert told(text, 3, loop).get("error", ("", ""))[0] == reason
