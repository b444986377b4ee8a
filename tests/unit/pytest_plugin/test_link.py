"""What the host makes of a measuring process that ended."""

from __future__ import annotations

import faulthandler
from pathlib import Path

from iaipy.pytest_plugin.link import crash_in

DUMP = """collecting
Fatal Python error: Segmentation fault

Current thread 0x00007f0c3a5d9740 (most recent call first):
  File "/project/test_a.py", line 23 in crash
  File "/project/test_a.py", line 24 in test_kill
  File "/venv/site-packages/_pytest/python.py", line 166 in pytest_pyfunc_call
  File "/venv/site-packages/pluggy/_callers.py", line 121 in _multicall
  File "/tmp/packages/iaipy/pytest_plugin/inner.py", line 221 in main
  File "<string>", line 13 in <module>

Extension modules: _cffi_backend (total: 1)
"""


def test_a_crash_is_told_by_the_frames_of_the_test() -> None:
    """Those of pytest and iaipy, and what was printed before, are left out."""
    assert crash_in(DUMP).splitlines() == [
        "Fatal Python error: Segmentation fault",
        "",
        "Current thread 0x00007f0c3a5d9740 (most recent call first):",
        '  File "/project/test_a.py", line 23 in crash',
        '  File "/project/test_a.py", line 24 in test_kill',
    ]


def test_other_output_is_no_crash(tmp_path: Path) -> None:
    """Neither what a test prints nor a dump of frames that nothing fatal caused is taken for one."""
    path = tmp_path / "dump"
    with path.open("w") as file:
        faulthandler.dump_traceback(file)
    assert crash_in(path.read_text()) == crash_in("a line\n") == ""
