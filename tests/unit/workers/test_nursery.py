"""What a fork server does to itself before it imports a benchmark file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from iaipy.workers import nursery


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the current one; `os.getcwd` is as before when the test has ended."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(os, "getcwd", os.getcwd)
    return folder


def test_current_folder_has_the_path_of_the_link(project: Path) -> None:
    """So do paths made from it; every other folder has its own."""
    nursery.hide_path("/link")
    assert Path.cwd() == Path("/link")
    assert os.path.abspath("rows.json") == "/link/rows.json"  # noqa: PTH100  # what programs call
    os.chdir("/")
    assert Path.cwd() == Path("/")
    os.chdir(project)
    assert Path.cwd() == Path("/link")


def test_current_folder_has_its_own_path_again(project: Path) -> None:
    """Once what was there before is put back."""
    os.getcwd = nursery.hide_path("/link")
    assert Path.cwd() == project


def test_temporary_folder_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`tempfile` uses the variable's folder, and tries none."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    nursery.name_temporary_folder()
    assert tempfile.tempdir == str(tmp_path)


def test_current_folder_is_gone(project: Path) -> None:
    """A benchmark that removes it gets the usual error."""
    nursery.hide_path("/link")
    project.rmdir()
    with pytest.raises(FileNotFoundError):
        Path.cwd()


def test_path_too_long_to_hide(project: Path) -> None:
    """It is seen as it is."""
    for _ in range(6):
        os.mkdir("x" * 200)  # noqa: PTH102  # its path is too long for one call
        os.chdir("x" * 200)
    real = Path.cwd()
    nursery.hide_path("/link")
    assert Path.cwd() == real
