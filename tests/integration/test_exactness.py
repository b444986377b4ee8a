"""The same code counts the same, however it is run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.conftest import MakeProject, Project

Counted = dict[str, dict[str, int]]

SUITE = """
    import asyncio
    import json

    import os
    import tempfile

    from iaipy import benchmark, keep

    PLACE = os.getcwd()
    ROWS = [{"id": number, "name": str(number), "tags": ["a", "b"]} for number in range(40)]
    TEXT = json.dumps(ROWS)


    @benchmark
    def parse():
        keep(json.loads(TEXT))


    @benchmark(params={"size": [10, 300]})
    def group(size):
        found = {}
        for number in range(size):
            found.setdefault(str(number % 17), []).append(number)
        keep(found)


    @benchmark
    def order():
        keep(sorted((row["name"], row["id"]) for row in ROWS))


    @benchmark
    def places():
        keep({PLACE: tempfile.gettempdir()})


    @benchmark
    async def gather():
        keep(await asyncio.gather(*(asyncio.sleep(0, number) for number in range(10))))
"""

# The command line measures a file's benchmarks in the order they stand there; this turns it round.
BACKWARDS = """
from dataclasses import replace
from iaipy import cli, suite
forwards = suite.collect
def collect(*arguments):
    collected = forwards(*arguments)
    return replace(collected, benchmarks=collected.benchmarks[::-1])
suite.collect = collect
cli.main()
"""


@pytest.fixture(scope="module")
def suite(
    valgrind: str, make_project: MakeProject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A project with six benchmarks, whose runs share their temporary folder with no other."""
    project = make_project()
    project.write("benchmarks/bench_suite.py", SUITE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
        yield project


@pytest.fixture(scope="module")
def fresh(suite: Project) -> Counted:
    """The counters of the suite's very first run, when nothing was compiled or stored yet."""
    counted = suite.measured("-j", "1")
    assert len(counted) == 6
    assert all(counters["instructions"] > 1000 for counters in counted.values())
    return counted


@pytest.fixture(scope="module")
def first(suite: Project, fresh: Counted) -> Counted:
    """The counters of the next run, in the same way."""
    return suite.measured("-j", "1")


def test_first_run_of_a_checkout(fresh: Counted, first: Counted) -> None:
    """The very first run counts what the next one counts."""
    assert fresh == first


def test_repeats_agree(suite: Project, first: Counted) -> None:
    """The repeats of every benchmark gave the same counters."""
    assert {name: entry["spread"] for name, entry in suite.results().items()} == {
        name: dict.fromkeys(counters, 0) for name, counters in first.items()
    }


def test_number_of_jobs(suite: Project, first: Counted) -> None:
    """Two at once count what one at a time counts."""
    assert suite.measured("-j", "2") == first


def test_benchmark_alone(suite: Project, first: Counted) -> None:
    """One benchmark of a file counts alone what it counts among the others."""
    name = "group[size=300]"
    assert suite.measured(f"benchmarks/bench_suite.py::{name}") == {name: first[name]}


def test_order(suite: Project, first: Counted) -> None:
    """Measured backwards, all count the same."""
    assert suite.measured("-j", "1", program=("-c", BACKWARDS)) == first


def test_environment_outside(suite: Project, first: Counted) -> None:
    """Three kilobytes of variables in the environment outside change nothing."""
    assert suite.measured(env={"FILLER": "x" * 3000}) == first


@pytest.mark.parametrize("name", ["HOME", "PATH"])
def test_length_of_a_variable(suite: Project, first: Counted, tmp_path: Path, name: str) -> None:
    """A HOME or PATH of another length changes nothing."""
    longer = tmp_path / ("x" * 90)
    longer.mkdir()
    value = {"HOME": str(longer), "PATH": f"{os.environ['PATH']}:{longer}"}[name]
    assert suite.measured(env={name: value}) == first


@pytest.mark.skipif(os.getuid() != 0, reason="only root can take another group's place")
def test_another_group(suite: Project, first: Counted) -> None:
    """A process of another group, and of more groups, counts the same."""
    prefix = ("setpriv", "--regid", "1000", "--groups", "5,6,1000")
    assert suite.measured(prefix=prefix) == first


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_another_owner(suite: Project, first: Counted, tmp_path: Path) -> None:
    """A checkout that belongs to another user counts the same."""
    moved = shutil.copytree(
        suite.root, tmp_path / "own", ignore=shutil.ignore_patterns(".iaipy", "__pycache__")
    )
    for path in (moved, *moved.rglob("*")):
        os.chown(path, 1000, 1000)
    assert type(suite)(moved).measured() == first


@pytest.mark.parametrize("folder", ["short", "a checkout/in-a-much-longer-path"])
def test_another_folder(suite: Project, first: Counted, tmp_path: Path, folder: str) -> None:
    """A checkout elsewhere counts the same, however long its path is."""
    moved = shutil.copytree(
        suite.root, tmp_path / folder, ignore=shutil.ignore_patterns(".iaipy", "__pycache__")
    )
    assert type(suite)(moved).measured() == first


def test_without_forks(suite: Project) -> None:
    """Each measured in a fresh process, the repeats agree as well."""
    target = "benchmarks/bench_suite.py::parse"
    counted = suite.measured("--no-fork", "--repeats", "2", target)
    assert counted["parse"]["instructions"] > 1000
    assert set(suite.results()["parse"]["spread"].values()) == {0}


@pytest.mark.parametrize("functions", [1, 9, 12])
def test_other_code_in_the_file(suite: Project, first: Counted, tmp_path: Path, functions: int) -> None:
    """What else its file defines moves no instruction of a benchmark, wherever that puts things in memory."""
    more = "".join(
        f"\n\ndef spare_{n}(a, b=({n}.5, 'spare {n}')):\n    return a + b\n" for n in range(functions)
    )
    other = type(suite)(tmp_path)
    other.write("benchmarks/bench_suite.py", dedent(SUITE) + more)
    assert {name: counters["instructions"] for name, counters in other.measured().items()} == {
        name: counters["instructions"] for name, counters in first.items()
    }


def test_copies_of_a_function(make_project: MakeProject) -> None:
    """Where in its file a function stands doesn't matter: ten copies count the same instructions.

    Their other counters differ by a few accesses at most.
    """
    project = make_project()
    copy = """

@benchmark
def copy_{0}():
    rows = [{{"id": n, "name": f"row {{n}}", "price": n * 1.5}} for n in range(100)]
    rows.sort(key=lambda row: row["name"])
    keep(json.dumps(rows))
"""
    project.write(
        "benchmarks/bench_copies.py",
        "import json\nfrom iaipy import benchmark, keep\n" + "".join(map(copy.format, range(10))),
    )
    counted = list(project.measured("--repeats", "1").values())
    for counter in counted[0]:
        values = [counters[counter] for counters in counted]
        room = {"instructions": 0, "estimated_cycles": 60}.get(counter, 10)
        assert max(values) - min(values) <= room, (counter, values)
