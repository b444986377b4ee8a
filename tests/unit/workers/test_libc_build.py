"""The generated module of C declarations."""

from pathlib import Path

from iaipy.workers import libc_build


def test_committed_module_is_up_to_date(tmp_path: Path) -> None:
    """_libc.py is what libc_build writes now."""
    libc_build.build(tmp_path / "_libc.py")
    assert (tmp_path / "_libc.py").read_text() == libc_build.TARGET.read_text()
