"""`iaipy github`."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fake_github import FakeGitHub
    from tests.unit.conftest import FakeProject


@pytest.fixture(autouse=True)
def _in_a_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A step of a job."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")


def status(fake: FakeProject) -> str:
    """The output `status`, the last one set."""
    lines = (fake.root / "github_output").read_text().splitlines()
    return [after for line, after in pairwise(lines) if line.startswith("status<<")][-1]


def saved(fake: FakeProject) -> None:
    """A baseline `main`."""
    fake.measures({"help": 100_000, "other": 50_000})
    assert fake.iaipy("run --save-baseline main")[0] == 0


@pytest.mark.parametrize(("count", "code", "word"), [(100_000, 0, "pass"), (120_000, 1, "regression")])
def test_check_gates(count: int, code: int, word: str, fake: FakeProject) -> None:
    """The exit code, the status, the annotations, the summary and the files say the same."""
    saved(fake)
    fake.measures({"help": count, "other": 50_000})
    ended, out, err = fake.iaipy("github check --baseline main --output results")
    assert (ended, status(fake)) == (code, word), err
    assert ("::error " in out) == bool(code)
    assert "2 benchmarks" in (fake.root / "github_step_summary").read_text()
    verdict = json.loads((fake.root / "results" / "verdict.json").read_text())
    assert verdict["base_name"] == "main"
    assert {path.name for path in (fake.root / "results").iterdir()} == {
        "head.json",
        "base.json",
        "verdict.json",
        "report.md",
    }


def test_what_was_not_asked_for_is_not_handed_on(fake: FakeProject) -> None:
    """A part of the suite is compared with that part of the baseline: nothing is missing in the comment."""
    saved(fake)
    assert fake.iaipy("github check --baseline main --output results -k help")[0] == 0
    base = json.loads((fake.root / "results" / "base.json").read_text())
    assert [each["id"].rpartition(":")[2] for each in base["benchmarks"]] == ["help"]


def test_options_come_from_the_environment(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every option can be a variable, several values with spaces between them; empty ones are none."""
    saved(fake)
    fake.measures({"help": 120_000, "other": 50_000})
    for name, value in {
        "BASELINE": "main",
        "LIMIT": "30% ram_accesses=off",
        "TARGETS": "benchmarks/bench_cli.yaml::help benchmarks/bench_cli.yaml::other",
        "REPORT": "iai:one.txt bmf:two.json",
        "KEYWORD": "",
    }.items():
        monkeypatch.setenv(f"IAIPY_CHECK_{name}", value)
    assert fake.iaipy("github check")[0] == 0
    assert (fake.root / "one.txt").exists()
    assert (fake.root / "two.json").exists()
    monkeypatch.setenv("IAIPY_CHECK_LIMIT", "30% instructions=1%")
    assert fake.iaipy("github check")[0] == 1


def test_missing_baseline_is_loud(fake: FakeProject) -> None:
    """Nothing to compare with is a failure of its own, in the log, in the summary and in the artifact."""
    fake.measures({"help": 100_000})
    code, out, _ = fake.iaipy("github check --baseline main --output results")
    assert (code, status(fake)) == (5, "nothing")
    assert "::error title=iaipy::there is no baseline main" in out
    assert "Nothing was compared" in (fake.root / "github_step_summary").read_text()
    assert (
        "there is no baseline" in json.loads((fake.root / "results" / "verdict.json").read_text())["problem"]
    )


def test_wrong_option_has_a_status_too(fake: FakeProject) -> None:
    """What is mistyped in a workflow's input is said as an annotation."""
    fake.measures({"help": 100_000})
    code, out, _ = fake.iaipy("github check --limit x")
    assert (code, status(fake)) == (2, "usage")
    assert out.startswith("::error title=iaipy::--limit")


def test_outside_of_actions(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a person's machine the report is that of iaipy run."""
    monkeypatch.delenv("GITHUB_ACTIONS")
    saved(fake)
    code, out, _ = fake.iaipy("github check --baseline main")
    assert code == 0
    assert "::" not in out.replace("yaml::", "")
    assert "Instructions:" in out


def test_comment_without_a_pull_request(
    fake: FakeProject, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A head that has moved on is no error."""
    repository = {"full_name": "gone/away", "owner": {"login": "gone"}}
    run = {
        "id": 1,
        "event": "pull_request",
        "head_sha": "1",
        "head_branch": "x",
        "head_repository": repository,
    }
    (fake.root / "event.json").write_text(json.dumps({"workflow_run": run}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(fake.root / "event.json"))
    monkeypatch.setenv("GITHUB_API_URL", github.address)
    monkeypatch.setenv("GITHUB_REPOSITORY", "someone/project")
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    code, out, err = fake.iaipy("github comment")
    assert code == 0, err
    assert "nothing to comment on" in out
