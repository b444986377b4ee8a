"""What the host makes of a measuring process that ended."""

from __future__ import annotations

import pytest

from iaipy.pytest_plugin.link import crash_in

ERROR = """Fatal Python error: Segmentation fault

Stack (most recent call first):
"""
TEST = """  File "/pluggy/test_a.py", line 23 in crash
  File "/pluggy/test_a.py", line 24 in test_kill
"""
PLUGIN = """  File "/tmp/packages/iaipy/pytest_plugin/region.py", line 190 in _warmed
"""
PYTEST = """  File "/venv/site-packages/_pytest/python.py", line 166 in pytest_pyfunc_call
  File "/venv/site-packages/pluggy/_callers.py", line 121 in _multicall
  File "<string>", line 13 in <module>

Current thread's C stack trace (most recent call first):
  Binary file "/usr/lib/libpython3.14.so", at _Py_DumpStack+0x4b
"""
END = """
Extension modules: _cffi_backend (total: 1)"""


def test_a_crash_is_told_by_the_frames_of_the_test() -> None:
    """Those of pytest and iaipy, and what was printed before, are left out."""
    assert crash_in(f"said before\n{ERROR}{TEST}{PLUGIN}{PYTEST}{END}") == (ERROR + TEST).rstrip()


def test_a_crash_outside_of_the_test_is_told_as_it_is() -> None:
    """Where no frame is the test's, all are shown."""
    assert crash_in(f"{ERROR}{PLUGIN}{PYTEST}{END}") == (ERROR + PLUGIN + PYTEST).rstrip()


@pytest.mark.parametrize(
    "printed",
    ["", "a line", f"{ERROR}{TEST}{END}\nthe real reason", "Fatal Python error: of another process"],
)
def test_other_output_is_no_crash(printed: str) -> None:
    """What went on after a report of a crash, or isn't one, says itself why it ended."""
    assert crash_in(printed) == ""
