"""The temporary folder of a run."""

from __future__ import annotations

import fcntl
import os
from contextlib import closing
from pathlib import Path

import pytest

from iaipy.measure import folder
from iaipy.measure.folder import RunFolder


@pytest.mark.parametrize("parent", ["/tmp", "/var/tmp", "/a/folder/for/temporary/files", "/grüße"])
def test_length_of_the_path(parent: str) -> None:
    """It is the same however long the path of the folder is that it is made in."""
    assert len(os.fsencode(f"{parent}/{folder.name(Path(parent), 1)}")) == 64


def test_same_path_in_every_run(tmp_path: Path) -> None:
    """A run gets the folder that the one before it had, and leaves nothing there."""
    with closing(RunFolder(tmp_path)) as first:
        (first.path / "something").mkdir()
    assert list(tmp_path.iterdir()) == []
    with closing(RunFolder(tmp_path)) as second:
        assert second.path == first.path


def test_two_at_once(tmp_path: Path) -> None:
    """Each has a folder of its own; the path of the first is free again when it has ended."""
    with closing(RunFolder(tmp_path)) as second_to_end:
        with closing(RunFolder(tmp_path)) as first_to_end:
            assert first_to_end.path != second_to_end.path
        with closing(RunFolder(tmp_path)) as third:
            assert third.path == first_to_end.path


def test_run_that_was_killed(tmp_path: Path) -> None:
    """What it left behind is cleared away, links without what they lead to, and its path is used again."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    left = tmp_path / folder.name(tmp_path, 1)
    (left / "000000" / "deep").mkdir(parents=True)
    (left / "project").symlink_to(kept)
    left.chmod(0o755)
    with closing(RunFolder(tmp_path)) as run:
        assert run.path == left
        assert list(left.iterdir()) == []
        assert left.stat().st_mode & 0o777 == 0o700
    assert (kept / "file").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folder_of_another_user(tmp_path: Path) -> None:
    """It is left alone, whatever its name."""
    left = tmp_path / folder.name(tmp_path, 1)
    left.mkdir()
    (left / "file").touch()
    os.chown(left, 1000, 1000)
    with closing(RunFolder(tmp_path)) as run:
        assert run.path.name == folder.name(tmp_path, 2)
    assert (left / "file").exists()


def test_what_a_killed_run_started_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that a living program's arguments name isn't taken, although nobody holds it."""
    own = Path("/proc/self/cmdline").read_bytes().split(b"\0")[0]
    assert folder._is_in_use(Path(os.fsdecode(own)))
    assert not folder._is_in_use(tmp_path)
    (tmp_path / folder.name(tmp_path, 1)).mkdir()
    monkeypatch.setattr(folder, "_is_in_use", lambda path: True)
    with closing(RunFolder(tmp_path)) as run:
        assert run.path.name == folder.name(tmp_path, 2)


def test_read_only_folders_are_removed(tmp_path: Path) -> None:
    """A test may leave some."""
    with closing(RunFolder(tmp_path)) as run:
        deep = run.path / "deep"
        deep.mkdir()
        (deep / "file").touch()
        deep.chmod(0o500)
    assert list(tmp_path.iterdir()) == []


def test_file_system_that_gives_files_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder just made is taken, whoever owns it there; no number is tried after it."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with closing(RunFolder(tmp_path)) as run:
        assert run.path.name == folder.name(tmp_path, 1)
        assert len(list(tmp_path.iterdir())) == 1


def test_folder_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was made, and then can't be opened, is an OSError rather than tried again for ever."""

    def refuse(*_: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        RunFolder(tmp_path)


@pytest.mark.parametrize("kind", ["file", "link"])
def test_name_taken_by_something_else(tmp_path: Path, kind: str) -> None:
    """What isn't a folder is left alone."""
    taken = tmp_path / folder.name(tmp_path, 1)
    if kind == "file":
        taken.touch()
    else:
        (tmp_path / "elsewhere").mkdir()
        taken.symlink_to("elsewhere")
    with closing(RunFolder(tmp_path)) as run:
        assert run.path.name == folder.name(tmp_path, 2)


def test_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder just made is taken there, one that exists is not."""

    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    (tmp_path / folder.name(tmp_path, 1)).mkdir()
    with closing(RunFolder(tmp_path)) as run:
        assert run.path.name == folder.name(tmp_path, 2)


def test_nothing_can_be_made(tmp_path: Path) -> None:
    """Where there is no such folder as the parent, that is an OSError."""
    with pytest.raises(FileNotFoundError):
        RunFolder(tmp_path / "gone")
