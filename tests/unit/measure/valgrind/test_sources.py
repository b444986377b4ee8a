"""Sources that are read before anything is counted."""

import os
from pathlib import Path

import pytest

from iaipy.measure.valgrind import sources
from iaipy.process import Finished

WHOLE_SECOND_NS = 1_000_000_000_000_000_000


def written(path: Path) -> Path:
    """A source file with the times of one that came out of an image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x = 1\n")
    os.utime(path, ns=(WHOLE_SECOND_NS, WHOLE_SECOND_NS))
    return path


def test_times_of_access_are_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards the sources, also those in packages, have the time of access that a first reader leaves."""
    read_by_hand = written(tmp_path / "elsewhere/by_hand.py")
    read_by_hand.read_bytes()
    modules = [written(tmp_path / "lib/a.py"), written(tmp_path / "lib/package/b.py")]
    (tmp_path / "lib/unreadable.py").symlink_to("nowhere")
    monkeypatch.setattr(sources, "ask", lambda *_, **__: Finished(0, f"{tmp_path}/lib\n{tmp_path}/gone\n"))
    sources.settle_times("python3", {})
    read = read_by_hand.stat().st_atime_ns != WHOLE_SECOND_NS  # not on a file system without such times
    assert [module.stat().st_atime_ns != WHOLE_SECOND_NS for module in modules] == [read, read]
