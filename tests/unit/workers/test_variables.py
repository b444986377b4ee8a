"""Variables that a worker takes over once it has started."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iaipy import workers


def test_variables_are_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each as the host has written it, whatever its value holds."""
    monkeypatch.setenv("HOME", "/")
    monkeypatch.delenv("TMPDIR", raising=False)
    (tmp_path / workers.VARIABLES).write_bytes(b"HOME=/home/\xff=a\nb\0TMPDIR=\0")
    monkeypatch.setattr("sys.argv", ["-c", str(tmp_path / "packages")])
    workers.take_variables()
    assert os.environb[b"HOME"] == b"/home/\xff=a\nb"
    assert os.environ["TMPDIR"] == ""


def test_nothing_to_take_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is started without such a file keeps the environment that it has."""
    before = dict(os.environ)
    monkeypatch.setattr("sys.argv", ["-c", str(tmp_path / "packages")])
    workers.take_variables()
    assert dict(os.environ) == before
