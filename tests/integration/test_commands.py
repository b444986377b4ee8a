"""Commands of a YAML suite, and what is counted of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Done, MakeProject, ProcessesIn, Project

GOOD = """
commands:
  nothing: /bin/true

  one_child:
    run: "/bin/true; exit 0"
    shell: true

  two_children:
    run: "/bin/true; /bin/true; exit 0"
    shell: true

  exit_status:
    run: [/bin/sh, -c, exit 7]
    expect_exit: 7

  reads_stdin:
    run: "read word; test \\"$word\\" = hello"
    shell: true
    stdin: data/words.txt

  stdin_is_empty:
    run: "! read word"
    shell: true

  sees_its_variables:
    run: 'test "$LEVEL$TZ" = 3UTC'
    shell: true
    env: {LEVEL: "3"}

  runs_in_its_folder:
    run: test -f words.txt
    cwd: data

  prepared:
    run: "test -f prepared && ! test -f used && : > used"
    shell: true
    setup: ": > prepared"
    teardown: rm used
    cwd: data

  child_over_nothing:
    run: "/bin/true; exit 0"
    shell: true
    minus: nothing

  daemon:
    run: [python, -S, -c, "import time; print('ready on 80', flush=True); time.sleep(60)"]
    ready: "^ready on \\\\d+$"
    timeout: 60s
"""

BAD = """
commands:
  good: /bin/true

  wrong_status:
    run: "echo it broke; exit 7"
    shell: true

  not_found: no-such-program --help

  not_executable: data/words.txt

  too_slow:
    run: sleep 1000
    timeout: 2s

  never_ready:
    run: "echo not yet; exec sleep 1000"
    shell: true
    ready: ready
    timeout: 2s

  ends_before_ready:
    run: "echo not yet"
    shell: true
    ready: ready

  killed:
    run: "kill -9 $$"
    shell: true

  setup_fails:
    run: /bin/true
    setup: [/bin/sh, -c, "echo no database; exit 4"]

  teardown_fails:
    run: /bin/true
    teardown: /bin/false

  held_against_failure:
    run: /bin/true
    minus: not_found
"""


@pytest.fixture(scope="module")
def good(valgrind: str, make_project: MakeProject) -> Project:
    """A project with commands of every sort, measured."""
    project = make_project()
    project.write("benchmarks/bench_cli.yaml", GOOD)
    project.write("data/words.txt", "hello\n")
    done = project.iaipy("run")
    assert done.code == 0, done
    return project


@pytest.fixture(scope="module")
def ir(good: Project) -> dict[str, int]:
    """Instructions by command."""
    return {name: counters["instructions"] for name, counters in good.counters().items()}


@pytest.fixture(scope="module")
def bad(valgrind: str, make_project: MakeProject) -> tuple[Project, Done]:
    """A project whose commands fail in every way, and how its run ended."""
    project = make_project()
    project.write("benchmarks/bench_cli.yaml", BAD)
    project.write("data/words.txt", "hello\n")
    return project, project.iaipy("run")


def test_commands_are_measured(good: Project, ir: dict[str, int]) -> None:
    """Every command of the suite has its result, of the kind command, and no two repeats differ."""
    assert len(ir) == 11
    for entry in good.results().values():
        assert entry["kind"] == "command"
        assert entry["counters"]["instructions"] > 10_000
        assert set(entry["spread"].values()) == {0}, entry


def test_programs_started_by_a_command_are_counted(ir: dict[str, int]) -> None:
    """A second child adds what a child costs."""
    child = ir["two_children"] - ir["one_child"]
    assert 0.5 * ir["nothing"] < child < 2 * ir["nothing"]


def test_minus(good: Project, ir: dict[str, int]) -> None:
    """A command held against another has the difference of both, counter by counter."""
    counted = good.counters()
    assert ir["child_over_nothing"] == ir["one_child"] - ir["nothing"]
    cycles = (counted[name]["estimated_cycles"] for name in ("one_child", "nothing", "child_over_nothing"))
    one, nothing, difference = cycles
    assert difference == pytest.approx(one - nothing, rel=0.01)


def test_setup_and_teardown_of_a_command(good: Project, ir: dict[str, int]) -> None:
    """They ran around every measurement, the rehearsal included, and count nothing."""
    assert ir["prepared"] < ir["one_child"]
    assert not (good.root / "data" / "used").exists()


def test_daemon_is_ended_once_ready(ir: dict[str, int], processes_in: ProcessesIn, good: Project) -> None:
    """A daemon is measured until its line, and doesn't outlive the run."""
    assert ir["daemon"] > 1_000_000
    assert processes_in(good.root) == []


def test_command_alone_counts_the_same(good: Project, ir: dict[str, int]) -> None:
    """A command with a minus, run alone, is still held against the other, which isn't reported."""
    alone = good.measured("benchmarks/bench_cli.yaml::child_over_nothing")
    assert list(alone) == ["child_over_nothing"]
    # sh writes its parent's process number in digits as it starts, and there may be one digit more by now
    assert alone["child_over_nothing"]["instructions"] == pytest.approx(ir["child_over_nothing"], rel=1e-3)


def test_failed_commands(bad: tuple[Project, Done]) -> None:
    """A suite with failing commands ends with 3, and measures the others."""
    project, done = bad
    assert done.code == 3
    assert done.err == ""
    assert list(project.results()) == ["good"]


@pytest.mark.parametrize(
    ("name", "reason", "details"),
    [
        ("wrong_status", "exit status 7, expected 0", "it broke"),
        ("not_found", "no-such-program", ""),
        ("not_executable", "data/words.txt can't be started: Permission denied", ""),
        ("too_slow", "took longer than its timeout of 2 s", ""),
        ("never_ready", "no line matched 'ready' within 2 s", "not yet"),
        ("ends_before_ready", "before a line matched 'ready'", "not yet"),
        ("killed", "was killed by SIGKILL", ""),
        ("setup_fails", "its setup ended with exit status 4", "no database"),
        ("teardown_fails", "its teardown ended with exit status 1", ""),
        ("held_against_failure", "bench_cli.yaml::not_found, which it is held against, failed", "can't be"),
    ],
)
def test_failure_of_a_command(bad: tuple[Project, Done], name: str, reason: str, details: str) -> None:
    """A command that gives no numbers says why in one line, and shows the end of what it printed."""
    failure: dict[str, Any] = bad[0].failures()[name]
    assert reason in failure["reason"]
    assert "\n" not in failure["reason"]
    assert details in failure["details"]


def test_suite_and_python_file_together(valgrind: str, project: Project) -> None:
    """One run measures functions and commands, and `-k` chooses among both."""
    project.write("benchmarks/bench_cli.yaml", "commands: {fast_command: /bin/true, slow: sleep 1000}\n")
    project.write(
        "benchmarks/bench_functions.py",
        """
        from iaipy import benchmark


        @benchmark
        def fast_function():
            sorted(range(10))
        """,
    )
    assert project.measured("-k", "fast", "--repeats", "1").keys() == {"fast_command", "fast_function"}
