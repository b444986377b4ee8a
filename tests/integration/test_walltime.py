"""Wall-clock time: real processes, and all that a benchmark can do to the one that times it."""

from __future__ import annotations

import statistics
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Done, MakeProject, ProcessesIn, Project

QUICKLY = ("--processes", "2", "--rounds", "3", "--warmup-time", "2ms", "--measurement-time", "2ms")
MS = 1e6
NOT_INSTALLED = f"is not installed for {sys.executable}"

FUNCTIONS = """
    import asyncio
    import os
    import signal
    import subprocess
    import sys
    import time

    from iaipy import benchmark, keep


    @benchmark
    def quick():
        keep(sum(range(100)))


    @benchmark
    def sleeps():
        time.sleep(0.02)


    @benchmark
    async def awaits():
        await asyncio.sleep(0.02)


    @benchmark(setup=lambda: time.sleep(0.1), teardown=lambda: time.sleep(0.05))
    def between_slow_things():
        pass


    async def slowly():
        await asyncio.sleep(0.1)
        return [1]


    @benchmark(setup=slowly)
    async def behind_a_slow_coroutine(made):
        assert made == [1]


    @benchmark(params={"rows": [10, 1000]}, elements="rows")
    def rows(rows):
        keep(sorted(range(rows)))


    @benchmark(iterations=7, rounds=4, processes=3)
    def its_own_pace():
        time.sleep(0.0001)


    @benchmark
    def large():
        keep(bytearray(60_000_000))


    @benchmark
    async def leaves_tasks():
        asyncio.get_running_loop().create_task(asyncio.sleep(1000))


    async def stubborn():
        while True:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                pass


    @benchmark
    async def leaves_a_task_that_stays():
        if not hasattr(stubborn, "task"):
            stubborn.task = asyncio.create_task(stubborn())
            await asyncio.sleep(0)


    @benchmark
    async def leaves_a_thread():
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 1000)


    @benchmark
    def prints():
        print("x" * 1_000_000)


    @benchmark
    def closes_output():
        sys.stdout.close()
        sys.stderr.close()


    @benchmark
    def closes_everything():
        os.closerange(0, 256)


    @benchmark
    def changes_folder():
        os.chdir("/")


    @benchmark
    def ignores_signals():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)


    @benchmark
    def forks_and_child_returns():
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)


    @benchmark
    def forks_and_child_raises():
        pid = os.fork()
        if not pid:
            raise ValueError("in the child")
        os.waitpid(pid, 0)


    @benchmark(loop="asyncio.events")
    async def in_a_loop_of_choice():
        pass


    @benchmark
    def raises():
        raise ValueError("no such row")


    @benchmark
    def raises_now_and_then():
        raises_now_and_then.calls += 1
        if raises_now_and_then.calls == 50:
            raise KeyError("fiftieth call")
    raises_now_and_then.calls = 0


    @benchmark(setup=lambda: 1 / 0)
    def setup_raises(value):
        pass


    @benchmark
    async def raises_awaited():
        raise ValueError("awaited")


    @benchmark
    def exits():
        sys.exit("enough")


    @benchmark
    def ends_its_process():
        os._exit(3)


    @benchmark
    def ends_its_process_well():
        os._exit(0)


    @benchmark
    def kills_itself():
        os.kill(os.getpid(), signal.SIGKILL)


    @benchmark
    def forgets_to_await():
        return asyncio.sleep(0)


    @benchmark
    def forgets_a_call():
        slowly()


    @benchmark
    async def runs_a_loop_in_a_loop():
        waiting = asyncio.sleep(0)
        try:
            asyncio.run(waiting)
        finally:
            waiting.close()


    @benchmark(loop="no_such_loop")
    async def no_such_loop():
        pass


    @benchmark(loop="uvloop")
    async def in_uvloop():
        assert type(asyncio.get_running_loop()).__module__.startswith("uvloop")


    @benchmark(loop="no_such_loop")
    async def in_no_loop():
        pass


    @benchmark(timeout=1)
    def hangs():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen(["sh", "-c", "trap '' TERM; sleep 1234"], start_new_session=True).wait()
"""

COMMANDS = """
commands:
  sleeps: sleep 0.02
  sleeps_longer: {run: sleep 0.06, minus: sleeps}
  fails_and_is_held_against: sh -c 'exit 3'
  held_against_a_failure: {run: sleep 0, minus: fails_and_is_held_against}
  between_slow_things: {run: "true", setup: sleep 0.1, teardown: sleep 0.1}
  in_order:
    {shell: true, setup: echo setup >> order, run: echo run >> order, teardown: echo teardown >> order}
  large: [python, -c, "bytearray(60_000_000)"]
  small: "true"
  serves:
    run: [python, -u, -c, "import time; time.sleep(0.02); print('up on 80'); time.sleep(1000)"]
    ready: ^up on \\d+$
  serves_on: {run: [sh, -c, "trap '' TERM; echo up; sleep 1234"], ready: up, processes: 2, rounds: 1}
  reads: {run: grep -q here, stdin: data/in.txt}
  elsewhere: {run: test -f in.txt, cwd: data}
  ends_with_three: {run: sh -c 'exit 3', expect_exit: 3}
  its_environment:
    {run: [sh, -c, 'test "$PYTHONHOME $LEVEL" = "/nowhere 5"'], env: {PYTHONHOME: /nowhere, LEVEL: "5"}}
  signals_are_its_own: [grep, -q, "^SigIgn:.*0000000$", /proc/self/status]

  fails: sh -c 'echo told; exit 3'
  dies: [sh, -c, "kill -9 $$"]
  dies_of_a_nameless_signal: [sh, -c, "kill -40 $$"]
  not_there: no_such_program
  setup_fails: {run: "true", setup: "false"}
  teardown_fails: {run: "true", teardown: "false"}
  everything_fails: {run: sh -c 'exit 3', teardown: "false"}
  never_ready: {run: [sh, -c, echo up; exec sleep 1234], ready: ^down, timeout: 500ms}
  ends_unready: {run: echo up, ready: ^down}
  stubborn: {run: [sh, -c, "trap '' TERM; sleep 1234 & sleep 1234"], timeout: 500ms}
"""


@pytest.fixture(scope="module")
def ran(make_project: MakeProject) -> tuple[Project, Done]:
    """A project of functions and commands, and how its run ended."""
    project = make_project()
    project.write("benchmarks/bench_functions.py", FUNCTIONS)
    project.write("benchmarks/bench_commands.yaml", COMMANDS)
    project.write("data/in.txt", "it is here\n")
    return project, project.iaipy("run", "--mode", "walltime", "--timeout", "30s", *QUICKLY)


class Results:
    """What the run told.

    Parameters:
        project: in which it was made.
        file: whose benchmarks are meant.
    """

    def __init__(self, project: Project, file: str) -> None:
        document = project.last()
        prefix = f"benchmarks/{file}::"
        self.timings: dict[str, dict[str, Any]] = {
            entry["id"].removeprefix(prefix): entry
            for entry in document["benchmarks"]
            if entry["id"].startswith(prefix)
        }
        self.failures: dict[str, dict[str, str]] = {
            entry["id"].removeprefix(prefix): entry
            for entry in document["failures"]
            if entry["id"].startswith(prefix)
        }

    def samples(self, name: str) -> list[float]:
        """All samples of a benchmark, in nanoseconds."""
        assert name in self.timings, self.failures.get(name)
        return [sample for process in self.timings[name]["walltime"]["processes"] for sample in process]

    def told(self, name: str, what: str) -> list[float]:
        """One figure of each process."""
        figures: list[float] = self.timings[name]["walltime"][what]
        return figures


@pytest.fixture(scope="module")
def functions(ran: tuple[Project, Done]) -> Results:
    """What became of the functions."""
    return Results(ran[0], "bench_functions.py")


@pytest.fixture(scope="module")
def commands(ran: tuple[Project, Done]) -> Results:
    """What became of the commands."""
    return Results(ran[0], "bench_commands.yaml")


def test_exit_code(ran: tuple[Project, Done]) -> None:
    """A run in which benchmarks failed ends with 3, and names each of them once."""
    project, done = ran
    assert done.code == 3
    for failure in project.last()["failures"]:
        assert done.out.count(f"Failed: {failure['id']} (wall-clock time)\n") == 1
        assert failure["mode"] == "walltime"


def test_samples_of_every_process_are_kept(functions: Results) -> None:
    """Raw, in one list per process."""
    for name, timing in functions.timings.items():
        rounds = [len(samples) for samples in timing["walltime"]["processes"]]
        assert rounds == ([4, 4, 4] if name == "its_own_pace" else [3, 3]), name
    assert functions.told("its_own_pace", "iterations") == [7, 7, 7]


@pytest.mark.parametrize("name", ["sleeps", "awaits"])
def test_a_function_takes_what_it_takes(functions: Results, name: str) -> None:
    """A sleep of 20 ms is no shorter, in a coroutine too, and not of another order."""
    samples = functions.samples(name)
    assert min(samples) >= 19.9 * MS
    assert statistics.median(samples) < 200 * MS


def test_quick_functions_are_called_many_times(functions: Results) -> None:
    """A round is long for the clock; what calling costs is measured and subtracted."""
    assert min(functions.told("quick", "iterations")) > 10
    assert min(functions.told("quick", "overhead_ns")) > 0
    assert "notes" not in functions.timings["quick"]


@pytest.mark.parametrize("name", ["between_slow_things", "behind_a_slow_coroutine"])
def test_set_up_and_teardown_are_outside_the_clock(functions: Results, name: str) -> None:
    """A tenth of a second is in no sample, and they go around every call."""
    assert statistics.median(functions.samples(name)) < 50 * MS
    assert functions.told(name, "iterations") == [1, 1]


def test_throughput(ran: tuple[Project, Done], functions: Results) -> None:
    """The elements of each case are kept, and the report has so many per second."""
    assert functions.timings["rows[rows=1000]"]["elements"] == 1000
    assert ran[1].out.count(" elements/s\n") == 2


def test_peak_memory(functions: Results, commands: Results) -> None:
    """Of the process itself, or of the command rather than of what times it."""
    for found in (functions, commands):
        assert min(found.told("large", "peak_rss_bytes")) > 60_000_000
    assert max(functions.told("quick", "peak_rss_bytes")) < 60_000_000
    assert "notes" not in commands.timings["large"]
    assert "takes less memory than the process that times it" in commands.timings["small"]["notes"][0]


def test_tasks_left_running_are_reported(ran: tuple[Project, Done], functions: Results) -> None:
    """Once for all processes, and they keep nobody waiting."""
    for name in ("leaves_tasks", "leaves_a_task_that_stays"):
        (note,) = (n for n in functions.timings[name]["notes"] if "tasks" in n)
        assert note.startswith("left asyncio tasks running")
        assert note in ran[1].out
    assert "notes" not in functions.timings["awaits"]


@pytest.mark.parametrize(
    "name",
    [
        "leaves_a_thread",
        "prints",
        "closes_output",
        "closes_everything",
        "changes_folder",
        "ignores_signals",
        "forks_and_child_returns",
        "forks_and_child_raises",
        "in_a_loop_of_choice",
    ],
)
def test_odd_behaviour_is_no_failure(functions: Results, name: str) -> None:
    """What a benchmark does to its own process, it does to that alone; it is timed."""
    assert min(functions.samples(name)) >= 0


@pytest.mark.parametrize(
    ("name", "reason", "details"),
    [
        ("raises", "raised ValueError: no such row", "in raises"),
        ("raises_now_and_then", "raised KeyError: 'fiftieth call'", "in raises_now_and_then"),
        ("setup_raises", "raised ZeroDivisionError: division by zero", "in <lambda>"),
        ("raises_awaited", "raised ValueError: awaited", "in raises_awaited"),
        ("exits", "raised SystemExit: enough", "in exits"),
        ("ends_its_process", "its process ended with exit status 3", ""),
        ("ends_its_process_well", "its process ended with exit status 0", ""),
        ("kills_itself", "its process was killed by SIGKILL", ""),
        ("forgets_to_await", "is a plain function that returned a coroutine nobody awaited", ""),
        ("forgets_a_call", "made a coroutine of slowly that nobody awaited", ""),
        ("runs_a_loop_in_a_loop", "asyncio.run() cannot be called from a running event loop", "asyncio.run"),
        ("no_such_loop", f"the event loop 'no_such_loop' {NOT_INSTALLED}", ""),
        ("hangs", "took longer than its timeout of 1 s", ""),
    ],
)
def test_a_function_that_fails_says_why(functions: Results, name: str, reason: str, details: str) -> None:
    """In one line, with its own lines of a traceback and none of iaipy's."""
    failure = functions.failures[name]
    assert reason in failure["reason"]
    assert "\n" not in failure["reason"]
    assert details in failure["details"]
    assert "iaipy/workers" not in failure["details"]


def test_uvloop(functions: Results) -> None:
    """The coroutine runs in that loop, as it asserts itself."""
    assert functions.samples("in_uvloop")


def test_a_loop_that_is_not_installed(functions: Results) -> None:
    """The message says so, and for which interpreter."""
    failure = functions.failures["in_no_loop"]
    assert failure["reason"] == f"the event loop 'no_such_loop' {NOT_INSTALLED}"
    assert failure["details"] == ""


def test_a_command_takes_what_it_takes(commands: Results) -> None:
    """From its start to its end, or to its line; setup and teardown are not in it."""
    assert min(commands.samples("sleeps")) >= 20 * MS
    assert min(commands.samples("serves")) >= 20 * MS
    assert statistics.median(commands.samples("serves")) < 2000 * MS
    assert statistics.median(commands.samples("between_slow_things")) < 100 * MS


def test_a_server_that_ignores_sigterm(commands: Results) -> None:
    """Why its samples take seconds is said, and isn't in them; of one that heeds it nothing is said."""
    (note,) = (note for note in commands.timings["serves_on"]["notes"] if "SIGTERM" in note)
    assert note.startswith("ran on for 2 s after SIGTERM each time and was killed")
    assert max(commands.samples("serves_on")) < 2e9
    assert not any("SIGTERM" in note for note in commands.timings["serves"].get("notes", ()))


def test_a_command_held_against_another(commands: Results) -> None:
    """What it takes beyond the other: 60 ms less 20 ms and what starting takes."""
    assert commands.timings["sleeps_longer"]["minus"] == "benchmarks/bench_commands.yaml::sleeps"
    assert 0 < statistics.median(commands.samples("sleeps_longer")) < 60 * MS


def test_set_up_and_teardown_go_around_every_run(ran: tuple[Project, Done]) -> None:
    """In this order, warm-up included."""
    lines = (ran[0].root / "order").read_text().split()
    assert lines == ["setup", "run", "teardown"] * (len(lines) // 3)
    assert len(lines) >= 3 * 2 * (1 + 3)


@pytest.mark.parametrize(
    "name", ["reads", "elsewhere", "ends_with_three", "its_environment", "signals_are_its_own"]
)
def test_a_command_runs_as_it_is_declared(commands: Results, name: str) -> None:
    """Its input, folder, environment and signals are its own, and none of those of what times it."""
    assert min(commands.samples(name)) > 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fails", "ended with exit status 3, expected 0"),
        ("dies", "was killed by SIGKILL (Killed), expected 0"),
        ("dies_of_a_nameless_signal", "was killed by signal 40 (Real-time signal 6), expected 0"),
        ("not_there", "no_such_program can't be started: No such file or directory"),
        ("setup_fails", "its setup ended with exit status 1"),
        ("teardown_fails", "its teardown ended with exit status 1"),
        ("everything_fails", "ended with exit status 3, expected 0"),
        ("never_ready", "no line matched '^down' within 0.5 s"),
        ("ends_unready", "closed its output before a line matched '^down'"),
        ("stubborn", "took longer than its timeout of 0.5 s"),
        (
            "held_against_a_failure",
            "benchmarks/bench_commands.yaml::fails_and_is_held_against, which it is held against, failed",
        ),
    ],
)
def test_a_command_that_fails_says_why(commands: Results, name: str, reason: str) -> None:
    """In one line, and with what it printed."""
    assert commands.failures[name]["reason"] == reason
    if name == "fails":
        assert "told" in commands.failures[name]["details"]


def test_nothing_is_left(ran: tuple[Project, Done], processes_in: ProcessesIn) -> None:
    """No process, also of those that ignore SIGTERM or have a session of their own."""
    assert processes_in(ran[0].root) == []
