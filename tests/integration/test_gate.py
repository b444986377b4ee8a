"""The gate: an artificial slowdown stops a run, and its absence doesn't."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Done, MakeProject, Project

    Compare = Callable[..., Done]

FILE = """
    from iaipy import benchmark


    def work(rounds):
        for _ in range(rounds):
            pass


    @benchmark
    def same():
        work({same})


    @benchmark
    def slower():
        work({slower})


    @benchmark
    def a_little_slower():
        work({a_little_slower})


    @benchmark
    def a_trifle_slower():
        work({a_trifle_slower})


    @benchmark
    def faster():
        work({faster})
"""
ROUNDS = 20_000
CHANGES = {"same": 1.0, "slower": 1.15, "a_little_slower": 1.05, "a_trifle_slower": 1.005, "faster": 0.8}
NAME = "benchmarks/bench_work.py"


def write(project: Project, changes: dict[str, float]) -> None:
    """Put the benchmark file there, with this much work relative to the first version."""
    rounds = {name: round(ROUNDS * changes.get(name, 1)) for name in CHANGES}
    project.write(NAME, FILE.format(**rounds))


@pytest.fixture(scope="module")
def project(valgrind: str, make_project: MakeProject) -> Project:
    """A project with a baseline `main`, and then with changed work."""
    project = make_project()
    write(project, {})
    done = project.iaipy("run", "--save-baseline", "main")
    assert done.code == 0, done
    return project


@pytest.fixture(scope="module")
def unchanged(project: Project) -> Done:
    """How a run of unchanged work against the baseline ended."""
    return project.iaipy("run", "--baseline", "main", "--fail-on-improvement")


@pytest.fixture(scope="module")
def changed(project: Project, unchanged: Done) -> Done:
    """How a run of changed work against the baseline ended."""
    write(project, CHANGES)
    return project.iaipy("run", "--baseline", "main", "--save-baseline", "changed")


@pytest.fixture
def compare(project: Project, changed: Done, tmp_path: Path) -> Compare:
    """Compares one of the changed benchmarks with the baseline, under these options."""

    def run(name: str, *options: str) -> Done:
        document = json.loads((project.root / ".iaipy/baselines/changed.json").read_text())
        document["benchmarks"] = [b for b in document["benchmarks"] if b["id"] == f"{NAME}::{name}"]
        (tmp_path / "head.json").write_text(json.dumps(document))
        return project.iaipy("compare", "main", str(tmp_path / "head.json"), *options)

    return run


def test_unchanged_work_passes(unchanged: Done) -> None:
    """The same code again is unchanged to the last count."""
    assert unchanged.code == 0
    assert unchanged.last_line == "5 benchmarks: 5 unchanged"


def test_slowdown_fails(changed: Done) -> None:
    """Of all changes, only +15 % of work is a regression: exit code 1, named on the last line."""
    assert changed.code == 1
    assert changed.last_line == f"Regressed: {NAME}::slower"
    assert "FAIL (exceeds 10% threshold)" in changed.out
    assert re.search(r"Instructions: .*, change: \+1[45]\.\d%\)", changed.out)


def test_improvement_is_shown(changed: Done) -> None:
    """Work that got less is an improvement."""
    assert re.search(r"Status: PASS \(improved: Instructions -(20|19)\.\d%", changed.out)


def test_a_regressed_run_can_become_the_baseline(project: Project, changed: Done) -> None:
    """Asked to save, a run that regressed is saved all the same, and says where."""
    assert "Saved as baseline changed: .iaipy/baselines/changed.json" in changed.err


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("same", (), 0),
        ("slower", (), 1),
        ("slower", ("--limit", "20%"), 0),
        ("slower", ("--limit", "off"), 0),
        ("slower", ("--limit", "instructions=off"), 1),
        ("a_little_slower", (), 0),
        ("a_little_slower", ("--limit", "instructions=2%"), 1),
        ("a_trifle_slower", (), 0),
        ("a_trifle_slower", ("--limit", "0.2%"), 1),
        ("a_trifle_slower", ("--limit", "0.2%", "--min-change", "1%"), 0),
        ("same", ("--limit", "0%"), 0),
        ("faster", (), 0),
        ("faster", ("--fail-on-improvement",), 1),
        ("faster", ("--fail-on-improvement", "--limit", "30%"), 0),
        ("same", ("--hard-limit", "instructions=1000"), 1),
        ("same", ("--hard-limit", "instructions=1_000_000_000"), 0),
    ],
)
def test_limits(compare: Compare, name: str, options: tuple[str, ...], code: int) -> None:
    """Each change is judged by the limits given on the command line."""
    assert compare(name, *options).code == code


def test_run_of_a_selection(project: Project, changed: Done) -> None:
    """A run of some benchmarks misses none of the others, and is judged alone."""
    done = project.iaipy("run", "-k", "little", "--baseline", "main")
    assert done.code == 0
    assert done.last_line == "1 benchmark: 1 within limits"


def test_hard_limit_of_a_run_without_baseline(valgrind: str, make_project: MakeProject) -> None:
    """A benchmark's own hard limit fails its run, baseline or none."""
    project = make_project()
    project.write(
        NAME,
        """
        from iaipy import benchmark


        @benchmark(hard_limits={"instructions": 100})
        def capped():
            for _ in range(1000):
                pass
        """,
    )
    done = project.iaipy("run", "--repeats", "1")
    assert done.code == 1
    assert "above the hard limit of 100" in done.out
    assert done.last_line == f"Regressed: {NAME}::capped"
