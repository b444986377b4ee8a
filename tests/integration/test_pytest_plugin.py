"""`pytest --iaipy` on real suites, under real valgrind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import ProcessesIn

pytestmark = pytest.mark.usefixtures("valgrind")

SUITE = """
    import json
    import os
    import signal
    import threading
    import time

    import pytest

    ROWS = [{"id": number, "name": str(number)} for number in range(40)]
    TEXT = json.dumps(ROWS)


    @pytest.fixture(scope="module")
    def rows():
        return json.loads(TEXT)


    @pytest.fixture
    def thread():
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        yield
        stop.set()
        thread.join()


    def test_call(benchmark):
        assert benchmark(json.loads, TEXT) == ROWS


    def test_decorator(benchmark, rows, tmp_path):
        seen = []

        @benchmark
        def order():
            seen.append(1)
            return sorted(row["name"] for row in rows)

        assert len(order) == 40
        assert seen == [1]
        (tmp_path / "file").write_text("kept")


    @pytest.mark.parametrize("size", [10, 20])
    def test_pedantic(benchmark, size):
        runs = []
        benchmark.pedantic(runs.append, setup=lambda: ((size,), {}), rounds=3)
        assert runs == [size] * 3


    @pytest.mark.benchmark(group="whole", min_rounds=5)
    def test_body():
        json.loads(TEXT)


    def test_coroutine(benchmark):
        async def work():
            return 7

        assert benchmark(work) == 7


    @pytest.mark.iaipy(repeats=3)
    def test_with_a_thread(benchmark, thread):
        benchmark(json.loads, TEXT)


    def test_with_a_fork(benchmark):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        benchmark(json.loads, TEXT)


    def test_prints(benchmark, capfd):
        benchmark(print, "once")
        assert capfd.readouterr().out == "once\\n"


    def test_replaces_what_iaipy_uses(benchmark, monkeypatch):
        monkeypatch.setattr(os, "getpid", lambda: 4711)
        benchmark.extra_info["no JSON"] = {(1, 2): 3}
        benchmark(json.loads, TEXT)


    def test_makes_a_folder(benchmark, tmp_path):
        made = []
        benchmark.pedantic((tmp_path / "made").mkdir, teardown=lambda: made.append(1))
        assert (tmp_path / "made").is_dir()
        assert made == [1]


    def test_makes_a_folder_beside_a_thread(benchmark, tmp_path, thread):
        benchmark((tmp_path / "made").mkdir)


    @pytest.mark.benchmark
    def test_body_makes_a_folder(tmp_path):
        (tmp_path / "made").mkdir()


    @pytest.mark.benchmark
    def test_body_with_a_thread(thread):
        json.loads(TEXT)


    @pytest.mark.benchmark
    def test_marked_fails():
        assert not ROWS


    def test_raises_at_length(benchmark):
        with pytest.raises(ValueError):
            benchmark(int, "x" * 40_000)


    def test_fails(benchmark):
        benchmark(json.loads, TEXT)
        assert not ROWS


    def test_used_twice(benchmark):
        benchmark(int)
        benchmark(int)


    def test_dies(benchmark):
        benchmark(os.kill, os.getpid(), 9)


    def test_crashes(benchmark):
        def crash():
            os.abort()

        benchmark(crash)


    def test_a_fork_dies(benchmark):
        benchmark.pedantic(os._exit, args=(3,))


    @pytest.mark.iaipy(timeout=3)
    def test_takes_too_long(benchmark):
        benchmark(time.sleep, 600)


    def test_fails_under_valgrind_alone(benchmark, tmp_path):
        assert "IAIPY_PAD" not in os.environ
        benchmark(int)


    def test_benchmark_fails_under_valgrind_alone(benchmark):
        benchmark(lambda: {}["IAIPY_PAD" in os.environ or "no key"] if "IAIPY_PAD" in os.environ else 1)


    def test_returns_from_a_fork(benchmark):
        def forks():
            pid = os.fork()
            if pid:
                os.waitpid(pid, 0)
            elif "IAIPY_PAD" not in os.environ:
                os._exit(0)

        benchmark(forks)


    def test_leaves_a_process_behind(benchmark):
        def leaves():
            if os.fork() == 0:
                time.sleep(100 if "IAIPY_PAD" in os.environ else 0)
                os._exit(0)

        benchmark(leaves)


    def test_takes_down_what_it_sets_up(benchmark):
        def setup():
            os.mkdir("set-up")
            return ("set-up",), {}

        benchmark.pedantic(os.listdir, setup=setup, teardown=os.rmdir, rounds=2)


    def test_takes_down_what_it_makes(benchmark):
        benchmark.pedantic(os.mkdir, args=("made",), teardown=os.rmdir, rounds=2, warmup_rounds=1)


    def test_coroutine_takes_down_what_it_sets_up(benchmark):
        async def list_made(folder):
            return os.listdir(folder)

        def setup():
            os.mkdir("set-up for a coroutine")
            return ("set-up for a coroutine",), {}

        benchmark.pedantic(list_made, setup=setup, teardown=os.rmdir, rounds=2)


    def test_hears_of_children(benchmark):
        before = signal.signal(signal.SIGCHLD, lambda *_: sum(range(100_000)))
        benchmark(json.loads, TEXT)
        signal.signal(signal.SIGCHLD, before)


    def test_wants_to_hear_nothing_of_children(benchmark):
        def work():
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)

        benchmark(work)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


    def test_stops_the_clock(benchmark, monkeypatch):
        for name in ("perf_counter", "process_time", "monotonic", "sleep"):
            monkeypatch.setattr(time, name, None)
        benchmark(json.loads, TEXT)


    def test_looks_at_stats(benchmark):
        benchmark(json.loads, TEXT)
        assert benchmark.stats["mean"] == benchmark.stats.stats.max > 50e-6


    def test_skipped(benchmark):
        pytest.skip("not today")


    def test_ordinary():
        assert ROWS
"""
FAILING = {
    "test_fails",
    "test_marked_fails",
    "test_used_twice",
    "test_dies",
    "test_crashes",
    "test_a_fork_dies",
    "test_takes_too_long",
    "test_fails_under_valgrind_alone",
    "test_benchmark_fails_under_valgrind_alone",
}
MEASURED = {
    "test_call",
    "test_decorator",
    "test_pedantic[10]",
    "test_pedantic[20]",
    "test_body",
    "test_coroutine",
    "test_with_a_thread",
    "test_with_a_fork",
    "test_prints",
    "test_makes_a_folder",
    "test_makes_a_folder_beside_a_thread",
    "test_body_makes_a_folder",
    "test_body_with_a_thread",
    "test_replaces_what_iaipy_uses",
    "test_returns_from_a_fork",
    "test_leaves_a_process_behind",
    "test_takes_down_what_it_sets_up",
    "test_takes_down_what_it_makes",
    "test_coroutine_takes_down_what_it_sets_up",
    "test_hears_of_children",
    "test_wants_to_hear_nothing_of_children",
    "test_stops_the_clock",
    "test_looks_at_stats",
}
INI = """
    [pytest]
    filterwarnings = error
    addopts = --strict-markers --benchmark-min-rounds=3 --codspeed -p no:cacheprovider
"""


def run(folder: Path, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run pytest there."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def results(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    """The results in a JSON report, by test."""
    document = json.loads((folder / name).read_text())
    return {entry["id"].partition("::")[2]: entry for entry in document["benchmarks"]}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite that uses the fixture in every way, some of them wrong."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "test_suite.py").write_text(dedent(SUITE))
    (folder / "pytest.ini").write_text(dedent(INI))
    return folder


@pytest.fixture(scope="module")
def first(suite: Path) -> subprocess.CompletedProcess[str]:
    """The suite's first run."""
    return run(suite, "--iaipy", "--iaipy-report=json:first.json", "--iaipy-jobs=2")


def test_every_way_of_measuring_gives_a_number(suite: Path, first: subprocess.CompletedProcess[str]) -> None:
    """What passes is measured, what fails fails as ever, and the rest of the run goes on."""
    assert first.returncode == 1, first.stdout + first.stderr
    assert set(results(suite, "first.json")) == MEASURED
    assert f"{len(FAILING)} failed, {len(MEASURED) + 2} passed, 1 skipped" in first.stdout
    for name in FAILING:
        assert f"FAILED test_suite.py::{name}" in first.stdout
    assert "took longer than its timeout of 3 s" in first.stdout
    assert "its process was killed by SIGKILL" in first.stdout
    assert "its process was killed by SIGABRT" in first.stdout
    assert "Fatal Python error: Aborted" in first.stdout
    assert re.search(r'File ".*test_suite.py", line \d+ in crash\n', first.stdout)
    assert "its process ended with exit status 3" in first.stdout
    assert "failed under valgrind before it was measured" in first.stdout
    assert "KeyError: True" in first.stdout
    assert "Fixture can only be used once" in first.stdout
    assert "test_suite.py::test_raises_at_length passed, and measured nothing" in first.stdout
    assert "--benchmark-* and --codspeed*: accepted without effect" in first.stdout


def test_details_of_results(suite: Path, first: subprocess.CompletedProcess[str]) -> None:
    """A result says how it was measured."""
    found = results(suite, "first.json")
    assert found["test_coroutine"]["kind"] == "coroutine"
    assert found["test_with_a_thread"]["repeats"] == 3
    for name in ("test_makes_a_folder", "test_body_makes_a_folder"):
        assert found[name]["repeats"] == 2
        assert any("forks of its test" in note for note in found[name]["notes"])
    for name in ("test_with_a_thread", "test_body_with_a_thread", "test_makes_a_folder_beside_a_thread"):
        assert any("threads were running" in note for note in found[name]["notes"])
    instructions = {name: entry["counters"]["instructions"] for name, entry in found.items()}
    assert instructions["test_call"] > 50_000
    for name in ("test_hears_of_children", "test_stops_the_clock"):
        assert abs(instructions[name] - instructions["test_call"]) < 1_000
    assert "notes" not in found["test_wants_to_hear_nothing_of_children"]


def test_a_regression_fails_the_session(tmp_path: Path) -> None:
    """A baseline is saved and compared with; more work than the marker's limit ends in status 1."""
    marked = "import pytest\n@pytest.mark.iaipy(limit='1%')\n"
    test = marked + "def test_a(benchmark): benchmark(lambda: list(range({})))\n"
    (tmp_path / "test_a.py").write_text(test.format(1000))
    assert run(tmp_path, "--iaipy", "--iaipy-save-baseline=main").returncode == 0
    (tmp_path / "test_a.py").write_text(test.format(1200))
    done = run(tmp_path, "--iaipy", "--iaipy-baseline=main")
    assert done.returncode == 1, done.stdout
    assert "1 benchmark: 1 regressed" in done.stdout
    assert "1 passed" in done.stdout


TAKES_TURNS = """
import os

import pytest


@pytest.fixture(scope="session")
def only_one(pytestconfig):
    (pytestconfig.rootpath / "taken").mkdir()
    yield
    (pytestconfig.rootpath / "taken").rmdir()


def test_a(benchmark, only_one): benchmark(int)
def test_b(benchmark, only_one): benchmark(int)
@pytest.mark.benchmark
def test_c(only_one): pass
"""


def test_a_test_and_its_measuring_take_turns(tmp_path: Path) -> None:
    """What only one process can set up is torn down in the one pytest before the other sets it up."""
    (tmp_path / "test_a.py").write_text(TAKES_TURNS)
    done = run(tmp_path, "--iaipy")
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
    assert "3 measured" in done.stdout


STOPPED = """
import pytest

def test_a(benchmark): benchmark(int)
def test_fails(benchmark): assert benchmark(int)
def test_exits(benchmark): benchmark(int); pytest.exit("enough")
@pytest.mark.benchmark
def test_body_ends(): pytest.exit("enough")
def test_last(benchmark): benchmark(int)
"""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("-x", "-k", "not exits"), 1, "stopping after 1 failures"),
        (("-k", "not fails"), 2, "Exit: enough"),
        (("-k", "not fails and not exits"), 2, "Exit: enough"),
    ],
)
def test_a_session_that_stops_early(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """What was measured until then is shown and written, from any folder, and saved as no baseline."""
    (tmp_path / "test_a.py").write_text(STOPPED)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "below").mkdir()
    report = f"--iaipy-report=json:{tmp_path}/report.json"
    saved = ("--iaipy-save-baseline=main", "--iaipy-allow-failures")
    done = run(
        tmp_path / "below", "--iaipy", "../test_a.py", "--iaipy-report=terminal", report, *saved, *words
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout
    assert "1 measured" in done.stdout
    assert set(results(tmp_path, "report.json")) == {"test_a"}
    assert not list(tmp_path.glob(".iaipy/baselines/*"))


def test_nothing_outlives_the_session(tmp_path: Path, processes_in: ProcessesIn) -> None:
    """Where pytest is killed in the middle of a measurement, all that it has started ends."""
    busy = "def busy():\n    open('begun', 'w').close()\n    while True: pass\n"
    (tmp_path / "test_b.py").write_text(f"{busy}def test_b(benchmark): benchmark(busy)\n")
    words = ("-m", "pytest", "-p", "no:cacheprovider", "--iaipy", "test_b.py")
    with subprocess.Popen([sys.executable, *words], cwd=tmp_path, stdout=subprocess.DEVNULL) as session:
        deadline = time.monotonic() + 120
        while not (tmp_path / "begun").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        session.kill()
    while processes_in(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--iaipy-valgrind=/nowhere/valgrind",), 4, "name it with --iaipy-valgrind PATH"),
        (("--iaipy-baseline=none",), 4, "there is no baseline none"),
        (("--iaipy-limit=much",), 4, "--iaipy-limit"),
        (
            (),
            5,
            "no benchmark was measured\n  benchmarks are tests that use the benchmark fixture, or are marked",
        ),
        (("test_skipped.py",), 5, "collected: 1; a benchmark has to pass"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """One message without a traceback, and pytest's status for it."""
    (tmp_path / "test_a.py").write_text("def test_a(): pass\n")
    skipping = "import pytest\n@pytest.mark.skip\ndef test_b(benchmark): benchmark(int)\n"
    (tmp_path / "test_skipped.py").write_text(skipping)
    done = run(tmp_path, "--iaipy", *(words or ("test_a.py",)))
    assert done.returncode == code, done.stdout
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_plugin_that_breaks_under_valgrind_is_told(tmp_path: Path) -> None:
    """Where the pytest under valgrind dies, one message has the last it said."""
    broken = "import os\nif 'IAIPY_PAD' in os.environ:\n    os.write(2, b'no such CPU\\n'); os.abort()\n"
    (tmp_path / "conftest.py").write_text(broken)
    (tmp_path / "test_a.py").write_text("def test_a(benchmark): benchmark(int)\n")
    done = run(tmp_path, "--iaipy")
    assert done.returncode == 4, done.stdout
    assert "collecting the tests under valgrind ended the process" in done.stdout + done.stderr
    assert "no such CPU" in done.stdout + done.stderr


REFUSING = """
import pytest

def pytest_configure(config):
    if hasattr(config, "workerinput"):
        raise pytest.UsageError("no workers, please")
"""


def test_a_plugin_that_refuses_to_be_a_worker_is_told(tmp_path: Path) -> None:
    """Where the pytest under valgrind ends by itself, the message has what it complained of."""
    (tmp_path / "conftest.py").write_text(REFUSING)
    (tmp_path / "test_a.py").write_text("def test_a(benchmark): benchmark(int)\n")
    done = run(tmp_path, "--iaipy")
    assert done.returncode == 4, done.stdout
    assert "it ended with exit status 4\nERROR: no workers, please\n" in done.stdout + done.stderr
    assert "no benchmark was measured" not in done.stdout


SHUFFLING = """
import random

def pytest_addoption(parser):
    parser.addoption("--randomly-seed", type=int)

def pytest_collection_modifyitems(items):
    items.reverse()

def pytest_runtest_setup(item):
    random.seed(item.config.option.randomly_seed)
"""
DRAWING = """
import random

def test_a(benchmark): benchmark(int)
def test_b(benchmark): benchmark(random.random)
def test_late(request): request.getfixturevalue("benchmark")(int)
"""


def test_pytest_randomly_shuffles_in_one_pytest_only(tmp_path: Path) -> None:
    """Its options are understood in both; a fixture that no collection could foresee is warned of."""
    (tmp_path / "randomly.py").write_text(SHUFFLING)
    (tmp_path / "test_a.py").write_text(DRAWING)
    done = run(tmp_path, "--iaipy", "-v", "-p", "randomly", "--randomly-seed=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"::(\w+) PASSED", done.stdout) == ["test_late", "test_b", "test_a"]
    assert "2 benchmarks: 2 measured" in done.stdout
    assert "test_a.py::test_late asked for benchmark as it ran: not measured" in done.stdout


def test_without_the_option_each_benchmark_is_called_once(suite: Path) -> None:
    """Without --iaipy the fixture calls, and nothing is measured."""
    done = run(suite, "-k", "call or decorator or coroutine or body")
    assert done.returncode == 0, done.stdout
    assert "iaipy: " not in done.stdout.replace("iaipy: --", "")
    assert "Instructions" not in done.stdout
