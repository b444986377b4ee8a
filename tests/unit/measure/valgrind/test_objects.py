"""Which library a C function is in."""

import os
import sys
from pathlib import Path

import pytest

from iaipy.measure.valgrind import objects
from iaipy.measure.valgrind.objects import Objects, _functions


def test_functions_of_this_process() -> None:
    """Python's functions are in the interpreter or its library, C's in libc, unknown ones nowhere."""
    mapped = Objects(os.getpid())
    assert mapped.of("PyDict_New").startswith(("libpython", "python"))
    assert mapped.of("qsort@@GLIBC_2.2.5") == mapped.of("qsort") != ""
    assert mapped.of("no_such_function") == ""


def test_a_process_that_is_gone_has_none() -> None:
    """Its objects aren't known, and nothing fails."""
    assert Objects(2**22 + 1).of("malloc") == ""


@pytest.mark.parametrize("size", [0, 4, 63, 64, 100, 5000])
def test_files_cut_short_have_none(tmp_path: Path, size: int) -> None:
    """However short."""
    path = tmp_path / "short"
    path.write_bytes(Path(os.path.realpath(sys.executable)).read_bytes()[:size])
    assert _functions(path) == frozenset()


def test_valgrinds_own_objects_are_not_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process under valgrind has valgrind mapped too, and data, and anonymous memory."""
    lines = (
        "400000-500000 r-xp 00000000 08:01 1 /usr/bin/my python\n"
        "500000-600000 rw-p 00000000 08:01 1 /usr/lib/data\n"
        "580000-590000 r-xp 00000000 08:01 2 /usr/libexec/valgrind/cachegrind-amd64-linux\n"
        "700000-710000 r-xp 00000000 00:00 0 \n"
        "800000-810000 r-xp 00000000 08:01 3 /usr/lib/libc.so.6\n"
        "820000-830000 r-xp 00000000 08:01 3 /usr/lib/libc.so.6\n"
    )
    monkeypatch.setattr(Path, "read_text", lambda path: lines)
    assert list(objects._mapped(1)) == [Path("/usr/bin/my python"), Path("/usr/lib/libc.so.6")]
