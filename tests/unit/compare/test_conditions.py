"""What keeps results apart."""

import pytest

from iaipy.compare.conditions import elsewhere, missing, obstacle
from iaipy.model.run import Failure, Run, Timing


def timing(id_: str, minus: str = "") -> Timing:
    """A timing."""
    return Timing(id_, "function", ((1.0,),), (1,), (0.0,), (1,), minus=minus)


def test_obstacle() -> None:
    """The first condition that differs; nothing where all are equal or it isn't one of them."""
    bare, less = timing("b.py::a"), timing("b.py::a", "b.yaml::c")
    assert obstacle(bare, less, ("kind", "minus")) == (
        "measured differently: minus was none and is b.yaml::c"
    )
    assert obstacle(bare, less, ("kind",)) == obstacle(bare, bare, ("kind", "minus")) == ""


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], ""),
        ([("cores", "2", "4")], "measured on another machine: cores was 2 and is 4"),
        (
            [("layout", "random", "pinned")],
            "measured under other conditions: layout was random and is pinned",
        ),
        (
            [("cpu", "A", "B"), ("python", "3.11", "3.12")],
            "measured on another machine: cpu was A and is B; python was 3.11 and is 3.12",
        ),
    ],
)
def test_elsewhere(rows: list[tuple[str, str, str]], said: str) -> None:
    """All that differs is said, and another machine is one only where the hardware is another."""
    assert elsewhere(rows) == said


def test_missing() -> None:
    """What the run was to cover and has no word about."""
    known = [timing(f"b.py::{name}") for name in "abcd"] + [timing("c.py::e")]
    present = [known[0]]
    failures = (Failure("b.py::b", "raised", mode="walltime"), Failure("c.py", "can't be imported"))
    head = Run("2026-01-01T00:00:00Z", timings=tuple(present), failures=failures)
    assert missing(head, known, present, lambda id_: not id_.endswith("d")) == [known[2]]
