"""Benchmarks that go wrong: each is told apart, and none spoils the others of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Done, MakeProject, ProcessesIn, Project

GOOD = """
    @benchmark
    def {name}():
        found = {{}}
        for number in range(200):
            found[number % 7] = str(number)
        keep(found)


"""

FILE = (
    """
    import asyncio
    import ctypes
    import mmap
    import os
    import signal
    import sys
    import threading
    import time

    from iaipy import benchmark, keep


"""
    + GOOD.format(name="good_first")
    + """
    @benchmark
    def raises():
        raise ValueError("no such row")


    @benchmark
    def raises_late():
        if raises_late.calls == 2:
            raise KeyError("third call")
        raises_late.calls += 1
    raises_late.calls = 0


    @benchmark(setup=lambda: 1 / 0)
    def setup_raises(value):
        pass


    @benchmark
    def exits():
        sys.exit("enough")


    @benchmark(timeout=2)
    def loops_forever():
        while True:
            pass


    @benchmark(timeout="2s")
    def sleeps_forever():
        time.sleep(1000)


    @benchmark
    def segfaults():
        ctypes.string_at(0)


    @benchmark
    def ends_its_process():
        os._exit(3)


    @benchmark
    def kills_itself():
        os.kill(os.getpid(), signal.SIGKILL)


    def machine_code(code):
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(code)
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        ctypes.CFUNCTYPE(None)(address)()


    @benchmark
    def illegal_instruction():
        machine_code(bytes.fromhex("0f0b"))  # ud2


    @benchmark
    def unknown_instruction():
        machine_code(bytes.fromhex("62f17c4828c0c3"))  # vmovaps zmm0, zmm0 (AVX-512); ret


    @benchmark
    def prints_megabytes():
        for _ in range(50):
            sys.stdout.write("x" * 99_999 + "\\n")
        raise ValueError("after five megabytes")


    async def wait():
        pass


    @benchmark
    def forgets_to_await():
        return wait()


    @benchmark
    def forks_and_child_ends():
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)


    @benchmark
    def forks_and_child_returns():
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)


    @benchmark
    def prints():
        print("x" * 5_000_000)


    @benchmark
    def closes_output():
        sys.stdout.close()
        sys.stderr.close()


    @benchmark
    def closes_everything():
        os.closerange(3, 256)


    @benchmark
    def changes_folder():
        os.chdir("/")


    @benchmark
    def leaves_a_thread():
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()


    @benchmark
    async def leaves_a_task():
        leaves_a_task.task = asyncio.create_task(asyncio.sleep(1000))


    @benchmark
    def ignores_signals():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)


"""
    + GOOD.format(name="good_last").rstrip()
    + "\n"
)


@pytest.fixture(scope="module")
def ran(valgrind: str, make_project: MakeProject) -> tuple[Project, Done]:
    """A project whose file is full of mistakes, and how its run ended."""
    project = make_project()
    project.write("benchmarks/bench_bad.py", FILE)
    return project, project.iaipy("run")


@pytest.fixture(scope="module")
def project(ran: tuple[Project, Done]) -> Project:
    """The project, after its run."""
    return ran[0]


def test_exit_code(ran: tuple[Project, Done]) -> None:
    """A run in which benchmarks failed ends with 3, and its report names each of them once."""
    project, done = ran
    assert done.code == 3
    for failure in project.failures().values():
        assert done.out.count(f"Failed: {failure['id']}\n") == 1
    assert done.err == ""


def test_other_benchmarks_are_measured(project: Project) -> None:
    """Before and behind the mistakes, equal functions count equally but for a few cache lines."""
    first, last = (project.counters()[name] for name in ("good_first", "good_last"))
    assert first.pop("instructions") == last.pop("instructions") > 1000
    assert first == pytest.approx(last, rel=0.001, abs=10)


@pytest.mark.parametrize(
    ("name", "reason", "details"),
    [
        ("raises", "raised ValueError: no such row", "in raises"),
        ("raises_late", "raised KeyError: 'third call'", "in raises_late"),
        ("setup_raises", "raised ZeroDivisionError: division by zero", "in <lambda>"),
        ("exits", "raised SystemExit: enough", "in exits"),
        ("loops_forever", "took longer than its timeout of 2 s", ""),
        ("sleeps_forever", "took longer than its timeout of 2 s", ""),
        ("segfaults", "was killed by SIGSEGV", ""),
        ("ends_its_process", "ended with exit status 3", ""),
        ("kills_itself", "was killed by SIGKILL", ""),
        ("illegal_instruction", "was killed by SIGILL", ""),
        ("unknown_instruction", "SIGILL", ""),
        ("prints_megabytes", "raised ValueError: after five megabytes", "in prints_megabytes"),
        ("forgets_to_await", "declare it with async def", ""),
    ],
)
def test_failure_says_what_happened(project: Project, name: str, reason: str, details: str) -> None:
    """A benchmark that gives no numbers says why in one line, and shows its own lines of a traceback."""
    failure = project.failures()[name]
    assert reason in failure["reason"]
    assert "\n" not in failure["reason"]
    assert details in failure["details"]
    assert len(failure["details"]) < 20_000


def test_traceback_is_the_benchmarks_own(project: Project) -> None:
    """A benchmark's traceback holds its own frames and none of iaipy's."""
    details = project.failures()["raises"]["details"]
    assert "bench_bad.py" in details
    assert "iaipy/workers" not in details


@pytest.mark.parametrize(
    "name",
    [
        "forks_and_child_ends",
        "forks_and_child_returns",
        "prints",
        "closes_output",
        "closes_everything",
        "changes_folder",
        "leaves_a_thread",
        "leaves_a_task",
        "ignores_signals",
    ],
)
def test_odd_behaviour_is_no_failure(project: Project, name: str) -> None:
    """What a benchmark does to its own process, it does to that alone; it is measured."""
    assert name not in project.failures()
    assert project.counters()[name]["instructions"] > 0


def test_leftovers_are_noted(project: Project) -> None:
    """A thread or task that a benchmark leaves running stands beside its numbers."""
    results = project.results()
    assert "thread" in results["leaves_a_thread"]["notes"][0]
    assert "asyncio task" in results["leaves_a_task"]["notes"][0]
    assert "notes" not in results["good_last"]


def test_no_process_is_left(project: Project, processes_in: ProcessesIn) -> None:
    """Nothing that a benchmark started outlives the run."""
    assert processes_in(project.root) == []


def test_thread_left_by_the_import(valgrind: str, make_project: MakeProject) -> None:
    """A file whose import leaves a thread running is measured in fresh processes, and says so."""
    project = make_project()
    project.write(
        "benchmarks/bench_thread.py",
        """
        import threading

        from iaipy import benchmark

        threading.Thread(target=threading.Event().wait, daemon=True).start()


        @benchmark
        def work():
            sorted(range(100))
        """,
    )
    done = project.iaipy("run", "--repeats", "1")
    assert done.code == 0, done
    assert "fresh process" in done.out
    assert project.counters()["work"]["instructions"] > 0
