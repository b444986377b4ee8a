"""The files that a step of a job is given."""

import json
from pathlib import Path

import pytest

from iaipy.errors import HostError, UsageError
from iaipy.github import step


def test_outputs_are_set_whatever_they_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value with line feeds begins no other output; each stands between delimiters of its own."""
    path = tmp_path / "outputs"
    monkeypatch.setenv("GITHUB_OUTPUT", str(path))
    step.set_outputs({"status": "pass", "path": "a\nstatus=fail\nEOF"})
    lines = path.read_text().splitlines()
    assert lines[0].startswith("status<<")
    assert lines[1:3] == ["pass", lines[0].removeprefix("status<<")]
    delimiter = lines[3].removeprefix("path<<")
    assert lines[4:] == ["a", "status=fail", "EOF", delimiter]
    assert len(delimiter) >= 32
    assert delimiter != lines[2]


def test_outside_of_actions_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variables there is nobody to give anything to."""
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    step.set_outputs({"status": "pass"})
    step.add_summary("# x")
    assert not step.in_actions()


def test_summaries_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the step has said already stays."""
    path = tmp_path / "summary"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    step.add_summary("after\n")
    assert path.read_text() == "before\nafter\n"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "folder"))
    with pytest.raises(HostError, match="GITHUB_STEP_SUMMARY"):
        step.add_summary("x")


@pytest.mark.parametrize("text", ["", "[]", "no JSON"])
def test_event_must_be_one(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that can't be read is an error, not a traceback."""
    path = tmp_path / "event.json"
    path.write_text(text)
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))
    with pytest.raises(UsageError, match="GITHUB_EVENT_PATH"):
        step.event()
    monkeypatch.delenv("GITHUB_EVENT_PATH")
    with pytest.raises(UsageError, match="no event"):
        step.event()
    path.write_text(json.dumps({"action": "x"}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))
    assert step.event() == {"action": "x"}
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with pytest.raises(UsageError, match="GITHUB_TOKEN is not set"):
        step.variable("GITHUB_TOKEN")
