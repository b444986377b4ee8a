"""The workflows and the action: checked by schema and for security, and run step by step."""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fake_github import REPOSITORY, SHA, FakeGitHub

from .actions import ROOT, Hosted, Job, Runner

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "ci" / "action.yml"

BENCHMARK = """\
from iaipy import benchmark, keep

from work import ROUNDS, work


@benchmark
def steady():
    keep(work(300))


@benchmark
def changed():
    keep(work(ROUNDS))
"""
WORK = """\
ROUNDS = {rounds}


def work(rounds):
    return [number * number % 7 for number in range(rounds)]
"""
ROUNDS = 2000
CHANGED = "benchmarks/bench_work.py::changed"


def tool(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the extra `test`."""
    path = Path(sys.executable).parent / name
    assert path.exists(), f"{name} is not installed: pip install '.[test]'"
    return subprocess.run([str(path), *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("schema", "paths"),
    [("github-workflows", WORKFLOWS), ("github-actions", [ACTION])],
    ids=["workflows", "action"],
)
def test_schema(schema: str, paths: list[Path]) -> None:
    """Every workflow, and the action, is of the form that GitHub takes."""
    done = tool("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, paths))
    assert done.returncode == 0, done.stdout + done.stderr


def test_security() -> None:
    """A linter of workflows' security finds nothing, asked to be as strict as it can."""
    done = tool("zizmor", "--offline", "--persona=auditor", str(ROOT / ".github"), str(ACTION))
    assert done.returncode == 0, done.stdout + done.stderr


def git(folder: Path, *words: str) -> str:
    """Run git in a folder; what it prints."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory, valgrind: str) -> Path:
    """A project as `iaipy init` leaves an empty one, with a branch for each pull request merged into it."""
    folder = tmp_path_factory.mktemp("origin")
    git(folder, "init", "--quiet", "--initial-branch=main")
    command = [sys.executable, "-m", "iaipy", "init"]
    env_path = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=folder, env=env_path, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (folder / "benchmarks" / "bench_example.py").unlink()
    (folder / "benchmarks" / "bench_work.py").write_text(BENCHMARK)
    (folder / "work.py").write_text(WORK.format(rounds=ROUNDS))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=begin")
    for name, factor in {"same": 1.0, "slower": 1.16, "little": 1.05}.items():
        git(folder, "checkout", "--quiet", "-b", f"change-{name}", "main")
        (folder / "work.py").write_text(WORK.format(rounds=round(ROUNDS * factor)) + f"# {name}\n")
        git(folder, "commit", "--quiet", "--all", f"--message={name}")
        git(folder, "checkout", "--quiet", "-b", f"merged-{name}", "main")
        git(folder, "merge", "--quiet", "--no-ff", "--no-edit", f"change-{name}")
    git(folder, "checkout", "--quiet", "main")
    return folder


@pytest.fixture(scope="module")
def saved(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Hosted:
    """What GitHub keeps once the branch main has been pushed."""
    hosted = Hosted()
    job = run_job(
        origin,
        "main",
        "baseline",
        {"event_name": "push", "sha": SHA},
        hosted,
        tmp_path_factory.mktemp("push"),
    )
    assert job.passed, job.log
    return hosted


def run_job(
    origin: Path, branch: str, job: str, github: dict[str, Any], hosted: Hosted, scratch: Path
) -> Job:
    """Run a job of benchmarks.yml in a fresh checkout, of the depth that it asks for."""
    workspace = scratch / "workspace"
    depth = "2" if job == "pull-request" else "1"
    git(scratch, "clone", "--quiet", "--depth", depth, "--branch", branch, f"file://{origin}", str(workspace))
    workflow = (workspace / ".github" / "workflows" / "benchmarks.yml").read_text()
    runner = Runner(hosted, workspace, scratch, github, {})
    return runner.job(workflow, job)


def pull_request_job(origin: Path, name: str, hosted: Hosted, scratch: Path) -> Job:
    """Run the job of a pull request, by the name of its branch."""
    event = {"pull_request": {"number": 7, "base": {"sha": "f" * 40}}}
    github = {"event_name": "pull_request", "event": event, "sha": "e" * 40}
    return run_job(origin, f"merged-{name}", "pull-request", github, hosted, scratch)


def copy(hosted: Hosted) -> Hosted:
    """The same, to be changed."""
    return Hosted(dict(hosted.caches), dict(hosted.artifacts))


@pytest.fixture(scope="module")
def slower(origin: Path, saved: Hosted, tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Hosted]:
    """The job of a pull request that is 15 % slower, and what GitHub keeps of it."""
    hosted = copy(saved)
    return pull_request_job(origin, "slower", hosted, tmp_path_factory.mktemp("slower")), hosted


PullRequest = Callable[[str, Hosted], Job]


@pytest.fixture
def pull_request(origin: Path, tmp_path: Path) -> PullRequest:
    """Runs the job of a pull request, by the name of its branch."""
    return lambda name, hosted: pull_request_job(origin, name, hosted, tmp_path)


@pytest.mark.parametrize("name", ["same", "little"])
def test_pull_request_within_the_limit_passes(name: str, pull_request: PullRequest, saved: Hosted) -> None:
    """An unchanged pull request passes against the stored baseline, and one that is 5 % slower."""
    hosted = copy(saved)
    job = pull_request(name, hosted)
    assert job.passed, job.log
    step = job.step("Count and compare")
    assert step.outputs["status"] == "pass"
    assert "::error" not in step.log
    assert "no baseline" not in step.log
    assert "2 benchmarks" in job.summary
    assert set(hosted.artifacts["iaipy-pull-request"]) == {
        "head.json",
        "base.json",
        "verdict.json",
        "report.md",
    }


def test_slower_pull_request_fails(slower: tuple[Job, Hosted]) -> None:
    """One that is 15 % slower fails, names the benchmark at its line, and still leaves its results."""
    job, hosted = slower
    step = job.step("Count and compare")
    assert (step.code, step.outputs["status"]) == (1, "regression"), job.log
    assert re.search(rf"^::error file=benchmarks/bench_work\.py,line=\d+,.*{CHANGED}", step.log, re.MULTILINE)
    assert "bench_work.py::steady: FAIL" not in step.log
    assert "1 regressed" in job.summary
    assert "verdict.json" in hosted.artifacts["iaipy-pull-request"]


def test_missing_baseline_is_loud(pull_request: PullRequest) -> None:
    """Without a baseline that is said, and the base revision is measured in the same job."""
    job = pull_request("slower", Hosted())
    step = job.step("Count and compare")
    assert re.search(r"^::warning .*there is no baseline main", step.log, re.MULTILINE), step.log
    assert (step.code, step.outputs["status"]) == (1, "regression"), step.log
    assert CHANGED in job.summary


def test_weekly_baseline_grows_a_history(origin: Path, tmp_path: Path) -> None:
    """Every week a baseline is saved under a new key and kept, with the history of all weeks."""
    hosted = Hosted()
    for week in (1, 2):
        scratch = tmp_path / str(week)
        scratch.mkdir()
        job = run_job(origin, "main", "weekly", {"event_name": "schedule", "run_id": week}, hosted, scratch)
        assert job.passed, job.log
        assert f"{week} run" in job.summary
    assert len(hosted.caches) == 2
    assert ".iaipy/baselines/weekly.json" in hosted.artifacts["iaipy-weekly"]


def test_action(origin: Path, saved: Hosted, tmp_path: Path) -> None:
    """The composite action gates as the workflow does, takes its inputs, and gives its outputs."""
    workspace = tmp_path / "workspace"
    git(tmp_path, "clone", "--quiet", "--branch", "merged-slower", f"file://{origin}", str(workspace))
    runner = Runner(copy(saved), workspace, tmp_path, {"sha": "e" * 40}, {})
    job = runner.action(ACTION, {"limit": "50% ram_accesses=off", "report": "iai:out.txt bmf:out.json"})
    assert job.passed, job.log
    outputs = job.step("Count and compare").outputs
    assert outputs["status"] == "pass"
    assert Path(outputs["report-path"]).is_file()
    assert json.loads(Path(outputs["json-path"]).read_text())["format"] == "iaipy.run"
    assert (workspace / "out.txt").is_file()
    assert (workspace / "out.json").is_file()
    job = runner.action(ACTION, {"benchmarks": CHANGED, "limit": "all=5%"})
    assert job.step("Count and compare").outputs["status"] == "regression"
    assert "steady" not in job.log
    job = runner.action(ACTION, {"baseline": "", "limit": "$(touch /tmp/x)`id`"})
    assert job.step("Count and compare").outputs["status"] == "usage"


def comment_job(github: FakeGitHub, origin: Path, scratch: Path, files: dict[str, bytes]) -> Job:
    """Run the job that comments, with these files as the artifact of a fork's pull request."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    github.artifact = archive.getvalue()
    repository = {"full_name": github.head_name, "owner": {"login": "stranger"}}
    run = {
        "id": 99,
        "event": "pull_request",
        "conclusion": "failure",
        "head_sha": SHA,
        "head_branch": "x",
        "head_repository": repository,
    }
    workflow = (origin / ".github" / "workflows" / "comment.yml").read_text()
    env = {"GITHUB_API_URL": github.address, "GITHUB_REPOSITORY": REPOSITORY}
    runner = Runner(Hosted(), scratch, scratch, {"event": {"workflow_run": run}}, env)
    return runner.job(workflow, "comment")


def test_fork_gets_a_comment(
    slower: tuple[Job, Hosted], github: FakeGitHub, origin: Path, tmp_path: Path
) -> None:
    """What the job of a fork's pull request has left becomes one comment, which names what regressed."""
    _, hosted = slower
    for _ in range(2):
        job = comment_job(github, origin, tmp_path, hosted.artifacts["iaipy-pull-request"])
        assert job.passed, job.log
    (comment,) = github.comments
    assert f"`{CHANGED}`" in comment["body"]
    assert "1 regressed" in comment["body"]


HOSTILE: dict[str, dict[str, bytes]] = {
    "oversized": {"verdict.json": b" " * 10_000_001},
    "not JSON": {"verdict.json": b"<html>"},
    "wrong schema": {"verdict.json": b'{"format": "iaipy.pull-request", "version": 1}'},
    "other files": {"../../.bashrc": b"id"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_artifact_is_refused(name: str, github: FakeGitHub, origin: Path, tmp_path: Path) -> None:
    """An artifact that no job of ours makes fails the job that comments, and nothing is written."""
    job = comment_job(github, origin, tmp_path, HOSTILE[name])
    step = job.step("Comment")
    assert step.code == 4, step.log
    assert "the artifact is refused" in step.log
    assert github.comments == []


def test_hostile_names_are_inert(
    slower: tuple[Job, Hosted], github: FakeGitHub, origin: Path, tmp_path: Path
) -> None:
    """Names of benchmarks that mention people or bring markup stand in the comment as code."""
    _, hosted = slower
    evil = "@everyone <img src=x>` |::error::"
    files = {
        name: content.decode().replace(CHANGED, evil).encode()
        for name, content in hosted.artifacts["iaipy-pull-request"].items()
    }
    job = comment_job(github, origin, tmp_path, files)
    assert job.passed, job.log
    (comment,) = github.comments
    assert "<code>&#64;everyone &#60;img src=x&#62;&#96; &#124;::error::</code>" in comment["body"]
    assert "<img" not in comment["body"]
