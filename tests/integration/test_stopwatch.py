"""The process that times a command, gone through in this one."""

import os
from pathlib import Path

import pytest

from iaipy.workers import stopwatch
from iaipy.workers.pace import peak_bytes


@pytest.mark.parametrize("ended", [False, True])
def test_peak_memory_of_what_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: bool) -> None:
    """A program that has ended by itself when its memory is looked at had some, nevertheless."""

    def looked_at(pid: int) -> int:
        if ended:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return peak_bytes(pid)

    monkeypatch.setattr(stopwatch, "peak_bytes", looked_at)
    runs = stopwatch._Runs(
        {
            "argv": ["sh", "-c", "echo up" if ended else "echo up; exec sleep 1000"],
            "env": dict(os.environ),
            "stdin": None,
            "setup": None,
            "teardown": None,
            "ready": "^up$",
            "timeout_s": 60.0,
            "output": str(tmp_path / "output"),
        }
    )
    assert runs.round(1) > 0
    assert runs.peak_bytes > 100_000
    assert runs.from_start is ended
