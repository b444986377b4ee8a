"""Spawning real child processes: whatever happens, none is left behind, nor a descriptor or a task."""

import asyncio
import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iaipy.spawn import Agent, Batch, Spawnable, SpawnError, SpawnMetrics, running, spawn_all

ROOT = Path(__file__).parents[2]
MARK = "IAIPY_TEST_SPAWN"
LONG_S = 60
"""A grace or timeout that no test waits for."""

LINGER = "echo ready; while :; do sleep 0.05; done"


def shell(script: str) -> list[str]:
    """A command that runs a shell script."""
    return ["/bin/sh", "-c", script]


def ready(script: str = LINGER, **options: Any) -> Agent:
    """An agent that runs a shell script, which prints "ready"."""
    return Agent(shell(script), ready="^ready", **options)


def marked_processes(mark: str) -> list[str]:
    """The processes with a mark in their environment; a zombie has none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry.name != str(os.getpid()) and mark.encode() in (entry / "environ").read_bytes():
                found.append(entry.name)
    return found


def children() -> list[str]:
    """The processes that this one has started and not reaped, zombies included."""
    found = []
    for file in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += file.read_text().split()
    return found


def descriptors() -> list[str]:
    """What is open, and where it leads."""
    found = []
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(f"{path.name} {path.readlink()}")
    return sorted(line for line in found if "/fd" not in line)


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test there is no process, no zombie and no descriptor that wasn't there before."""
    mark = f"{MARK}={tmp_path}"
    monkeypatch.setenv(MARK, str(tmp_path))
    before = children(), descriptors()
    yield
    # What an agent's own children leave is killed, but reaped by others: the kernel takes a moment.
    deadline = time.monotonic() + LONG_S
    while (left := marked_processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []
    assert (children(), descriptors()) == before


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is the case."""
    async with asyncio.timeout(LONG_S):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("count", [20, 50])
def test_many_at_once(count: int, tmp_path: Path) -> None:
    """Agents that wait for each other all get through, so all of them run at once."""
    meet = shell(f"echo x >> meet; while [ $(wc -l < meet) -lt {count} ]; do sleep 0.02; done")
    batch = asyncio.run(spawn_all([["env", "-C", str(tmp_path), *meet]] * count, timeout=LONG_S))
    assert batch.failures == ()
    assert batch.record.summary.succeeded == count
    assert batch.record.summary.p95_ns is not None


@pytest.mark.parametrize(("options", "most"), [({"order": "sequential"}, 1), ({"limit": 3}, 3)])
def test_no_more_at_once(options: Any, most: int, tmp_path: Path) -> None:
    """One after the other is never two at once, and a limit is kept."""
    log = tmp_path / "log"
    agent = shell(f"echo + >> {log}; sleep 0.02; echo - >> {log}")
    asyncio.run(spawn_all([agent] * 10, **options))
    now, seen = 0, 0
    for sign in log.read_text().split():
        now += 1 if sign == "+" else -1
        seen = max(seen, now)
    assert now == 0
    assert 1 <= seen <= most


def test_agents_that_are_ready_do_not_count_against_the_limit() -> None:
    """More agents than the limit may run on once they are ready."""

    async def check() -> None:
        async with running([ready()] * 5, limit=2, timeout=LONG_S) as batch:
            assert batch.record.summary.succeeded == 5
            assert len(children()) == 5

    asyncio.run(check())


def test_one_failing_cancels_the_rest() -> None:
    """The first failure ends agents that still run, and those that were ready; it is raised in a group."""
    metrics = SpawnMetrics()
    agents: list[Spawnable] = [ready(), shell("sleep 60"), shell("echo sorry >&2; exit 3")]
    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(spawn_all(agents, metrics=metrics))
    (error,) = raised.value.exceptions
    assert isinstance(error, SpawnError)
    assert (error.status, error.output) == (3, "sorry")
    assert str(error) == "agent \"/bin/sh -c 'echo sorry >&2; exit 3'\" ended with exit status 3"
    assert error.__notes__ == ["it printed:\nsorry"]
    assert sum(record.success for record in metrics.spawns) <= 1
    assert "cancelled" in [record.error for record in metrics.spawns]


def test_one_failing_is_collected() -> None:
    """With "collect" the others are initialised nonetheless."""
    agents: list[Spawnable] = [
        shell("echo one"),
        shell("kill -9 $$"),
        ["no-such-program"],
        ["/etc/passwd"],
        ready(),
    ]
    batch = asyncio.run(spawn_all(agents, on_error="collect"))
    assert [outcome.value for outcome in batch.outcomes] == ["one\n", None, None, None, "ready\n"]
    assert [type(outcome.error) for outcome in batch.failures] == [
        SpawnError,
        FileNotFoundError,
        PermissionError,
    ]
    assert str(batch.failures[0].error).endswith("was killed by SIGKILL (Killed)")
    assert batch.failures[1].record.error is not None
    assert "no-such-program" in batch.failures[1].record.error
    assert batch.record.summary.success_rate == 2 / 5


@pytest.mark.parametrize("command", [["false"], ["no-such-program"]])
@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_all_failing(command: list[str], order: Any) -> None:
    """If all fail, each does so by itself, or the first of them raises."""
    batch = asyncio.run(spawn_all([command] * 20, on_error="collect", order=order))
    assert len(batch.failures) == 20
    with pytest.raises(ExceptionGroup):
        asyncio.run(spawn_all([command] * 20, order=order))


def test_hang() -> None:
    """An agent that takes too long is ended, with all it started."""
    batch = asyncio.run(
        spawn_all(
            [shell("echo waiting; sleep 60 & sleep 60"), ready("sleep 60")], on_error="collect", timeout=0.2
        )
    )
    first, second = (outcome.error for outcome in batch.outcomes)
    assert isinstance(first, TimeoutError)
    assert str(first).endswith("has not ended within 0.2 s")
    assert first.__notes__ == ["it printed:\nwaiting"]
    assert isinstance(second, TimeoutError)
    assert str(second).endswith("has not become ready within 0.2 s")


def test_agent_that_ignores_the_first_signal() -> None:
    """SIGKILL follows when an agent ignores SIGTERM, and so do the processes it has started."""
    asyncio.run(spawn_all([ready(f"trap '' TERM; sleep 60 & {LINGER}")], grace=0.1, timeout=LONG_S))


@pytest.mark.parametrize("wrap", ["{}", "sh -c '{}' & wait"])
def test_agent_that_takes_leave(wrap: str, tmp_path: Path) -> None:
    """Within the grace an agent can end in its own way, even if it is a process that another started."""
    farewell = tmp_path / "farewell"
    script = f'trap "sleep 0.2; echo bye > {farewell}; exit" TERM; {LINGER}'
    asyncio.run(spawn_all([ready(wrap.format(script))], grace=LONG_S, timeout=LONG_S))
    assert farewell.read_text() == "bye\n"


def test_what_an_agent_leaves_behind() -> None:
    """An agent that has ended well has nothing left in its group, even if that holds its output open."""
    batch = asyncio.run(spawn_all([shell("sleep 60 & echo done")], timeout=LONG_S))
    assert batch.outcomes[0].value == "done\n"


def test_running_within_the_block() -> None:
    """An agent runs while the block does, its output up to its line is known, and then it is gone."""

    async def check() -> int:
        async with running([ready(f"echo pid $$; {LINGER}")]) as batch:
            first, second = batch.outcomes[0].value.splitlines()
            assert second == "ready"
            pid = int(first.removeprefix("pid "))
            os.kill(pid, 0)
            assert os.getpgid(pid) == os.getsid(pid) == pid
        return pid

    pid = asyncio.run(check())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_failing_block() -> None:
    """If the block fails, its agents are ended all the same."""

    async def check() -> None:
        async with running([ready()] * 3):
            raise LookupError("the block's own")

    with pytest.raises(LookupError):
        asyncio.run(check())


def test_talkative_agent(tmp_path: Path) -> None:
    """An agent that is ready can print as much as it likes without being held up."""
    done = tmp_path / "done"

    async def check() -> None:
        async with running([ready(f"echo ready; head -c 3000000 /dev/zero; echo > {done}; sleep 60")]):
            await until(done.exists)

    asyncio.run(check())


def test_agent_that_ends_within_the_block() -> None:
    """An agent that ends by itself later on is reaped at once, and what it leaves is ended."""

    async def check() -> None:
        async with running([ready("sleep 60 & echo ready")]) as batch:
            await until(lambda: not children() and not marked_processes(f"{MARK}={os.environ[MARK]}"))
            assert batch.failures == ()

    asyncio.run(check())


def test_ending_before_it_is_ready() -> None:
    """An agent that ends without its line has failed, whatever its status."""
    batch = asyncio.run(spawn_all([ready("echo starting")], on_error="collect"))
    error = batch.outcomes[0].error
    assert isinstance(error, SpawnError)
    assert str(error).endswith("ended with exit status 0 before it was ready")
    assert error.__notes__ == ["it printed:\nstarting"]


@pytest.mark.parametrize("script", ["echo ready", "printf ready; exit 1", "echo ready >&2"])
def test_ending_as_soon_as_it_is_ready(script: str) -> None:
    """An agent whose line came was ready, even if it has ended by then, and on either of its outputs."""
    assert asyncio.run(spawn_all([ready(script)])).failures == ()


async def cancelled_from_outside(turns: int) -> None:
    """Cancel a batch after so many turns of the loop, and once more while it ends."""
    batch = asyncio.create_task(spawn_all([shell("sleep 60 & wait")] * 3 + [ready()] * 2))
    for _ in range(turns):
        await asyncio.sleep(0)
    batch.cancel()
    for _ in range(turns % 3):
        await asyncio.sleep(0)
    batch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await batch
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def shut_down(turns: int) -> None:
    """End the main task after so many turns, so that the loop cancels every other task at once."""
    keep_alive.append(asyncio.create_task(spawn_all([shell("sleep 60 & wait")] * 3 + [ready()] * 2)))
    for _ in range(turns):
        await asyncio.sleep(0)


keep_alive: list["asyncio.Task[Batch]"] = []


@pytest.mark.parametrize("turns", [*range(10), 30, 300])
@pytest.mark.parametrize("way", [cancelled_from_outside, shut_down])
def test_cancellation_at_any_instant(way: Callable[[int], Awaitable[None]], turns: int) -> None:
    """However and whenever a batch is cancelled, all that it has started by then is ended."""

    async def check() -> None:
        await way(turns)

    asyncio.run(check())
    assert all(task.cancelled() for task in keep_alive)
    keep_alive.clear()


def test_cancellation_while_an_agent_is_being_ended() -> None:
    """A cancellation during the grace of a failed agent doesn't spare it, and is raised afterwards."""

    async def check() -> None:
        agent = Agent(shell(f"trap '' TERM; {LINGER}"), timeout=0.1)
        batch = asyncio.create_task(spawn_all([agent] * 2, on_error="collect", grace=0.5))
        await asyncio.sleep(0.3)
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await batch

    asyncio.run(check())


PROGRAM = """
import asyncio, sys
from iaipy.spawn import running, Agent

async def main():
    agent = Agent(["/bin/sh", "-c", "sleep 60 & echo ready; wait"], ready="ready")
    async with running([agent] * 3):
        print("running", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_interrupt_from_the_keyboard(tmp_path: Path) -> None:
    """Ctrl-C, which the agents in their own sessions don't get, ends them through the program's own end."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True
    )
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == "running\n"
        program.send_signal(signal.SIGINT)
        _, printed = program.communicate(timeout=LONG_S)
    assert printed.rstrip().endswith("KeyboardInterrupt")
    assert marked_processes(f"{MARK}={tmp_path}") == []


def test_without_process_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel offers no descriptor for a process, its end is noticed all the same."""

    def refuse(pid: int, flags: int = 0) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    batch = asyncio.run(
        spawn_all([["true"], ["false"], ready(), shell("sleep 60")], on_error="collect", timeout=1)
    )
    assert [type(outcome.error) for outcome in batch.outcomes] == [
        type(None),
        SpawnError,
        type(None),
        TimeoutError,
    ]


def test_no_descriptors_free() -> None:
    """Agents for which no descriptor is left fail one by one, and what they have opened is closed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def check() -> Batch:
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 20, hard))
        return await spawn_all([shell("sleep 0.3")] * 40, on_error="collect")

    try:
        batch = asyncio.run(check())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    errors = {getattr(outcome.error, "strerror", outcome.error) for outcome in batch.outcomes}
    assert errors == {None, "Too many open files"}


def test_in_another_thread() -> None:
    """Agents can be spawned on the event loop of any thread."""
    batches = []
    thread = threading.Thread(target=lambda: batches.append(asyncio.run(spawn_all([["true"], ready()]))))
    thread.start()
    thread.join()
    assert batches[0].failures == ()


WRITER = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
for number in range(5):
    connection.execute("INSERT INTO entries VALUES (?, ?, ?)", (os.getpid(), number, "x" * 500))
connection.close()
"""


def test_hundred_cycles_write_one_database(tmp_path: Path) -> None:
    """A database that a hundred agents write at once has all they wrote, and is whole."""
    path = tmp_path / "store.db"
    with contextlib.closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("CREATE TABLE entries (agent INTEGER, number INTEGER, body TEXT)")
    agent = [sys.executable, "-I", "-S", "-c", WRITER, str(path)]
    batch = asyncio.run(spawn_all([agent] * 100, timeout=LONG_S))
    assert batch.record.summary.succeeded == 100
    with contextlib.closing(sqlite3.connect(path)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store.execute("SELECT count(*), count(DISTINCT agent) FROM entries").fetchone() == (500, 100)


def test_figures_follow_the_agents() -> None:
    """What a spawn took is at least what its agent slept, and a batch at least as long as each of them."""
    start_ns = time.perf_counter_ns()
    batch = asyncio.run(spawn_all([shell("sleep 0.1"), ready("sleep 0.05; echo ready; sleep 60")]))
    elapsed_ns = time.perf_counter_ns() - start_ns
    first, second = (outcome.record.duration_ns for outcome in batch.outcomes)
    assert first >= 100_000_000
    assert second >= 50_000_000
    assert max(first, second) <= batch.record.total_ns <= elapsed_ns
