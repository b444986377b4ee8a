"""The history in git: what two branches add is all there when they are merged."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from iaipy.model.history import Record
from iaipy.store import history

FIRST = Record("2026-01-05T10:00:00Z", "aaa")


def git(folder: Path, *words: str) -> str:
    """Run git in a repository, without anybody's configuration."""
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *who, *words], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(folder: Path, record: Record) -> None:
    """Add a run to the history, and commit it."""
    history.add(folder / ".iaipy", record)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", record.commit)


@pytest.mark.parametrize("month", ["01", "02"])
def test_histories_of_two_branches_merge(tmp_path: Path, month: str) -> None:
    """Both branches add runs, to a month that was begun before or to a new one, and git keeps them all."""
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, FIRST)
    ours, theirs = (
        [replace(FIRST, created_utc=f"2026-{month}-{day}T10:00:00Z", commit=side) for day in days]
        for side, days in (("ours", ("06", "08")), ("theirs", ("07", "09")))
    )
    git(tmp_path, "checkout", "--quiet", "-b", "other")
    for record in theirs:
        commit(tmp_path, record)
    git(tmp_path, "checkout", "--quiet", "main")
    for record in ours:
        commit(tmp_path, record)
    git(tmp_path, "merge", "--quiet", "--no-edit", "other")
    merged = history.load(tmp_path / ".iaipy")
    assert [record.commit for record in merged] == ["aaa", "ours", "theirs", "ours", "theirs"]


def test_history_and_baselines_are_all_that_is_committed(tmp_path: Path) -> None:
    """The lock of the storage stays out of version control."""
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, FIRST)
    assert git(tmp_path, "ls-files").split() == [
        ".iaipy/.gitignore",
        ".iaipy/history/.gitattributes",
        ".iaipy/history/2026-01.jsonl",
    ]
