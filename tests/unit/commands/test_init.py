"""`iaipy init`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from iaipy.starter.workflow import Workflows

if TYPE_CHECKING:
    from tests.conftest import Golden
    from tests.unit.conftest import FakeProject

module = import_module("iaipy.commands.init")
WORKFLOW = ".github/workflows/benchmarks.yml"


@pytest.fixture(autouse=True)
def _alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """No repository around, and the same workflows whatever runs the tests."""
    monkeypatch.setattr(module, "top", lambda root: None)
    monkeypatch.setattr(module, "workflows", lambda *given: Workflows("main", "3.13", "iaipy==1.2.3"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)


def test_empty_project(fake: FakeProject, golden: Golden) -> None:
    """An empty project gets all files; done again, nothing changes."""
    (fake.root / "iaipy.yaml").unlink()
    golden("cli/init.txt", fake.transcript("init", "init"))
    assert {path.relative_to(fake.root).as_posix() for path in fake.root.rglob("*") if path.is_file()} == {
        "benchmarks/bench_example.py",
        "iaipy.yaml",
        WORKFLOW,
        ".github/workflows/comment.yml",
    }


def test_without_workflows(fake: FakeProject) -> None:
    """The workflows can be left out, and benchmarks that are there get no example beside them."""
    fake.measures({"help": 1})
    code, out, _ = fake.iaipy("init --no-workflows")
    assert code == 0
    assert "commit" not in out
    assert not (fake.root / ".github").exists()
    assert not (fake.root / "benchmarks/bench_example.py").exists()


def test_overwrites_nothing_without_a_terminal(fake: FakeProject) -> None:
    """A file of other content is refused before anything is written; --force and --yes replace it."""
    path = fake.root / WORKFLOW
    for option in ("--force", "--yes"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
        code, _, err = fake.iaipy("init")
        assert code == 2
        assert f"{WORKFLOW} is there already" in err
        assert "--force" in err
        assert path.read_text() == "mine"
        assert not (fake.root / "benchmarks").exists() or option == "--yes"
        assert fake.iaipy(f"init {option}")[0] == 0
        assert path.read_text() == Workflows("main", "3.13", "iaipy==1.2.3").render("benchmarks.yml")


@pytest.mark.parametrize(("answer", "kept"), [("n\n", True), ("y\n", False)])
def test_asks_at_a_terminal(
    answer: str, kept: bool, fake: FakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a terminal each file of other content is asked about, and the others are written either way."""
    path = fake.root / WORKFLOW
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    monkeypatch.setattr(module, "_at_terminal", lambda: True)
    done = CliRunner().invoke(module.init, [], input=answer)
    assert done.exit_code == 0, done.output
    assert f"{WORKFLOW} is there already. Overwrite it?" in done.output
    assert (path.read_text() == "mine") == kept
    assert (fake.root / "benchmarks" / "bench_example.py").exists()


def test_below_the_top_of_a_repository(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workflows are refused where GitHub would not read them."""
    monkeypatch.setattr(module, "top", lambda root: Path("/somewhere"))
    code, _, err = fake.iaipy("init")
    assert code == 2
    assert "cd /somewhere" in err
    assert not (fake.root / ".github").exists()
