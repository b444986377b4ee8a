"""C functions in cachegrind's files."""

from pathlib import Path

import pytest

from iaipy.errors import MeasurementError
from iaipy.measure.valgrind.native import costliest, executed
from iaipy.model.run import OTHERS

HEAD = "desc: I1 cache: 32768 B\ncmd: x\nevents: Ir Dr\n"
BEFORE = (
    HEAD
    + "fl=a.c\nfn=main\n1 10 3\n2 20 0\nfl=b.h\nfn=main\n7 5 5\nfl=???\nfn=memcpy\n0 100 50\n"
    + "summary: 135 58\n"
)
AFTER = (
    HEAD
    + "fl=a.c\nfn=main\n1 10 3\n2 25 0\nfl=b.h\nfn=main\n7 6 5\nfl=???\nfn=memcpy\n0 100 50\n"
    + "fn=operator new(unsigned long)\n0 7 1\nsummary: 148 59\n"
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two readings."""
    before, after = tmp_path / "counts.1", tmp_path / "counts.2"
    before.write_text(BEFORE)
    after.write_text(AFTER)
    return before, after


def test_what_was_executed_in_between(files: tuple[Path, Path]) -> None:
    """A function's parts in several files are one; what wasn't executed isn't there."""
    before, after = files
    assert executed(after, before) == {"main": 6, "operator new(unsigned long)": 7}


def test_all_that_was_executed(files: tuple[Path, Path]) -> None:
    """Without an earlier reading every function counts, and they add up to the total."""
    before, _ = files
    assert executed(before) == {"main": 35, "memcpy": 100}


def test_equal_parts_are_told_apart(tmp_path: Path) -> None:
    """Two parts of a function that look the same are two."""
    before, after = tmp_path / "1", tmp_path / "2"
    before.write_text(f"{HEAD}fl=a\nfn=f\n1 5\nfl=b\nfn=f\n1 5\nsummary: 10\n")
    after.write_text(f"{HEAD}fl=a\nfn=f\n1 5\nfl=b\nfn=f\n1 8\nsummary: 13\n")
    assert executed(after, before) == {"f": 3}


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """As when its totals are read."""
    with pytest.raises(MeasurementError, match=r"no counter file counts\.3"):
        executed(tmp_path / "counts.3")


def test_the_costliest_are_told_apart() -> None:
    """By their objects; the others are one number, and nothing is lost."""
    costs = {"a": 1, "b": 30, "c": 20, "d": 2}
    found = costliest(costs, {"b": "libpython.so", "c": "libc.so"}.get, 2)  # type: ignore[arg-type]
    assert found == {"libpython.so": {"b": 30}, "libc.so": {"c": 20}, "": {OTHERS: 3}}
    assert costliest({"b": 1}, lambda name: "x", 2) == {"x": {"b": 1}}
