"""Reports on their way to the screen and to files."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from iaipy.commands.output import check_reports, show_failure, show_outcome, write
from iaipy.config import Config, load_config
from iaipy.errors import ExitCode, HostError, UsageError
from iaipy.model.comparison import Comparison, Entry
from iaipy.model.run import Failure, Run
from iaipy.pipeline import Outcome
from tests.conftest import Pipe

OUTCOME = Outcome(Run("2026-01-02T03:04:05Z"), Comparison(""), ExitCode.OK)


def config(root: Path, **overrides: object) -> Config:
    """A configuration."""
    (root / "iaipy.yaml").touch()
    return load_config(root, overrides)


def test_file_is_written_whole(tmp_path: Path) -> None:
    """A report's file replaces an older one, with a new file's permissions, and leaves nothing beside it."""
    path = tmp_path / "report.txt"
    path.write_text("older")
    write(path, "newer — ü")
    assert path.read_text(encoding="utf-8") == "newer — ü"
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
    assert list(tmp_path.iterdir()) == [path]


def test_summary_of_a_step_is_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a step of GitHub Actions has said in its summary before stays there."""
    path = tmp_path / "summary"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    write(path, "one\n")
    write(path, "two\n")
    assert path.read_text() == "before\none\ntwo\n"


@pytest.mark.parametrize(("workspace", "wanted"), [(".", "sub/b.py"), ("sub", "b.py"), ("other", "b.py")])
def test_annotations_begin_at_the_repository(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    workspace: str,
    wanted: str,
) -> None:
    """A project in a folder of the repository has its annotations there, since GitHub knows no project."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / workspace))
    (tmp_path / "sub").mkdir()
    failed = Comparison("", (Entry("b.py::f", "failed", why="it broke", path="b.py"),))
    show_outcome(replace(OUTCOME, comparison=failed), config(tmp_path / "sub", report=["github"]))
    assert f"::error file={wanted}," in capsys.readouterr().out


def test_pipe_is_written_to(pipe: Pipe) -> None:
    """What is no plain file, /dev/null for one, is written to rather than replaced."""
    write(pipe.path, "text")
    assert pipe.path.is_fifo()
    assert pipe.read() == b"text"


def test_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A path that can't be a file is an error that names it, and no half of a file stays."""
    with pytest.raises(HostError, match=r"the report .*/none/report\.txt can't be written: No such file"):
        write(tmp_path / "none" / "report.txt", "text")


def test_disk_that_fills_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the last step fails, the older report stays, and nothing of the newer one."""

    def refuse(path: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "report.txt"
    path.write_text("older")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(HostError, match="No space left on device"):
        write(path, "newer")
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_reports_are_checked_early(tmp_path: Path) -> None:
    """An unknown format, or a folder that isn't there, is found before anything is measured."""
    check_reports(config(tmp_path, report=["json:run.json", "terminal"]))
    with pytest.raises(UsageError, match="there is no report format 'jsn'"):
        check_reports(config(tmp_path, report=["jsn"]))
    with pytest.raises(HostError, match="does not exist"):
        check_reports(config(tmp_path, report=["json:none/run.json"]))


def test_read_only_folder_is_said_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that can't be written, as on a read-only mount, is an error before anything is measured."""
    wanted = config(tmp_path, report=["json:run.json"])
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) == tmp_path / "run.json")
    check_reports(wanted)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(HostError, match=r"run\.json can't be written there"):
        check_reports(wanted)


def test_troubles_follow_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report goes to standard output; what else went wrong, and what was saved, to standard error."""
    outcome = replace(
        OUTCOME, exit_code=ExitCode.ENVIRONMENT, troubles=(HostError("it is full", "empty it"),)
    )
    assert show_outcome(outcome, config(tmp_path)) is ExitCode.ENVIRONMENT
    out, err = capsys.readouterr()
    assert out == "0 benchmarks\n"
    assert err == "iaipy: error: it is full\n  empty it\n"


def test_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """A failure's details are indented under it."""
    show_failure(Failure("a.py", "it can't be imported", "Traceback\n  line\n"))
    assert capsys.readouterr().err == "a.py: it can't be imported\n    Traceback\n      line\n"


@pytest.mark.parametrize(
    ("no_color", "color", "colored"), [("", "always", True), ("1", "always", True), ("", "never", False)]
)
def test_color(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    no_color: str,
    color: str,
    colored: bool,
) -> None:
    """`always` and `never` are obeyed, whatever the environment says."""
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    show_outcome(OUTCOME, config(tmp_path, color=color))
    assert ("\x1b[" in capsys.readouterr().out) is colored
