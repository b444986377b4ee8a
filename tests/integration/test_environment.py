"""The machine: valgrind that can't be used, and baselines that were made elsewhere."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import MakeProject, Project

WORK = "benchmarks/bench_work.py::work"
FILE = """
    import os

    from iaipy import benchmark


    @benchmark
    def work():
        sorted(range(100))


    @benchmark(setup=lambda: dict(os.environ))
    def sees(environment):
        assert environment["TZ"] == "UTC"
        assert environment["PYTHONHASHSEED"] == "0"
        assert environment.get("SECRET") is None
        assert environment["PASSED"] == "yes"
        assert environment["ADDED"] == "too"
"""


@pytest.fixture(scope="module")
def project(valgrind: str, make_project: MakeProject) -> Project:
    """A project with a baseline `main`."""
    project = make_project()
    project.write("iaipy.yaml", "repeats: 1\nenv: {ADDED: too}\npass_env: [PASSED]\n")
    project.write("benchmarks/bench_work.py", FILE)
    host = {"SECRET": "hidden", "PASSED": "yes", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    done = project.iaipy("run", "--save-baseline", "main", env=host)
    assert done.code == 0, done
    return project


def edit_fingerprint(project: Project, changes: dict[str, str]) -> None:
    """Make the baseline `elsewhere`: `main`, had it been made in another environment."""
    document = json.loads((project.root / ".iaipy/baselines/main.json").read_text())
    document["environment"]["fingerprint"].update(changes)
    project.write(".iaipy/baselines/elsewhere.json", json.dumps(document))


def test_pinned_environment(project: Project) -> None:
    """Benchmarks see the pinned variables, those added and those let through, and no others."""
    assert project.failures() == {}


def test_fingerprint(project: Project) -> None:
    """A run says where it was made."""
    fingerprint = project.last()["environment"]["fingerprint"]
    assert {
        "method",
        "python",
        "libc",
        "valgrind",
        "architecture",
        "cpu",
        "cpu_profile",
    } <= fingerprint.keys()
    assert all(fingerprint.values())
    assert fingerprint["tunables"] == "ADDED=too"
    assert project.last()["environment"]["notes"]["kernel"]


def test_another_environment_is_refused(project: Project) -> None:
    """A baseline of another environment ends the run with 4 and a table of what differs."""
    edit_fingerprint(project, {"valgrind": "3.15.0"})
    done = project.iaipy("run", WORK, "--baseline", "elsewhere")
    assert done.code == 4
    table = [line.split() for line in done.err.splitlines() if line.startswith("  ")]
    assert table[0] == ["what", "baseline", "here"]
    assert table[1][:2] == ["valgrind", "3.15.0"]
    assert "--allow-environment-change" in done.err


def test_another_environment_can_be_allowed(project: Project) -> None:
    """Asked to, a run is compared all the same, and says what differs."""
    edit_fingerprint(project, {"valgrind": "3.15.0"})
    done = project.iaipy("run", WORK, "--baseline", "elsewhere", "--allow-environment-change")
    assert done.code == 0
    assert "The environment differs from the baseline's" in done.out
    assert "valgrind: 3.15.0 -> " in done.out
    assert project.iaipy("compare", "elsewhere").code == 4
    assert project.iaipy("compare", "elsewhere", "--allow-environment-change").code == 0


def test_valgrind_that_is_not_there(project: Project) -> None:
    """Without valgrind the run ends with 4 and says how to get it."""
    done = project.iaipy("run", "--valgrind", "/nonexistent")
    assert done.code == 4
    assert done.out == ""
    assert done.err.startswith("iaipy: error: /nonexistent was not found")
    assert "apt-get install valgrind" in done.err


@pytest.mark.parametrize(
    ("script", "mode", "message"),
    [
        ("#!/bin/sh\necho valgrind-3.24.0\n", 0o644, "is not executable"),
        ("#!/bin/sh\necho valgrind-3.14.0\n", 0o755, "is too old: iaipy needs 3.15 or newer"),
        ("#!/bin/sh\necho something else\n", 0o755, "is no working valgrind"),
        ("#!/bin/sh\necho valgrind-3.24.0; exit 1\n", 0o755, "is no working valgrind"),
        ("#!/nonexistent/sh\n", 0o755, "can't be started"),
    ],
)
def test_valgrind_that_is_none(project: Project, script: str, mode: int, message: str) -> None:
    """A program that is no usable valgrind ends the run with 4, and its path is named."""
    path = project.write("valgrind", script)
    path.chmod(mode)
    done = project.iaipy("run", "--valgrind", "./valgrind")
    assert done.code == 4
    assert message in done.err
    assert str(path) in done.err


def test_valgrind_that_fails_to_start(project: Project) -> None:
    """Where valgrind knows its version and then breaks down, its own words are shown."""
    script = (
        '#!/bin/sh\n[ "$1" = --version ] && echo valgrind-3.24.0 && exit\necho no such tool >&2; exit 1\n'
    )
    project.write("valgrind", script).chmod(0o755)
    done = project.iaipy("run", "--valgrind", "./valgrind")
    assert done.code in (3, 4)
    assert "no such tool" in done.out + done.err


def test_python_that_is_not_there(project: Project) -> None:
    """An interpreter that isn't there ends the run with 4."""
    done = project.iaipy("run", "--python", "/nonexistent/python")
    assert done.code == 4
    assert "/nonexistent/python" in done.err


def test_python_that_ignores_the_environment(project: Project) -> None:
    """An interpreter started with -I can't be pinned, and is refused."""
    project.write("python", f'#!/bin/sh\nexec {sys.executable} -I "$@"\n').chmod(0o755)
    done = project.iaipy("run", "--python", "./python")
    assert done.code == 4
    assert "PYTHONHASHSEED" in done.err


def test_doctor(valgrind: str, project: Project) -> None:
    """`iaipy doctor` measures and says that this machine counts exactly."""
    done = project.iaipy("doctor")
    assert done.code == 0, done
    assert done.out.endswith("This machine counts exactly.\n")
    assert "valgrind:" in done.out


def test_doctor_without_valgrind(project: Project) -> None:
    """`iaipy doctor` fails where valgrind is missing."""
    assert project.iaipy("doctor", "--valgrind", "/nonexistent").code == 4
