"""Callgrind's files, whole and damaged."""

from pathlib import Path

import pytest

from iaipy.errors import MeasurementError
from iaipy.measure.valgrind.callgrind import parse_dump, read_dump
from iaipy.model.profile import Context

HEAD = """# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 4711
cmd:  python
part: 1

desc: I1 cache:
positions: line
events: Ir
summary: 130

"""

BODY = """
ob=(1) /usr/bin/python3.12
fl=(1) ???
fn=(1) main
0 10
cob=(2) /usr/lib/libc.so
cfi=(1)
cfn=(2) helper
cfn=(3) (2)'(1)
calls=3 0
0 120

ob=(2)
fl=(1)
fn=(3)
0 100
+2 5
* 15
cfn=(3)
calls=2 0
0 50

totals: 130
"""


def test_each_context_has_its_own_costs_and_calls() -> None:
    """A context has the costs that follow its name and the calls of all who name it; none is inclusive."""
    dump = parse_dump(HEAD + BODY, 10, "x")
    assert dump.contexts == (Context(("main",), 10, 0), Context(("main", "helper"), 120, 5))
    assert dump.instructions == 130
    assert dump.objects == {"main": "/usr/bin/python3.12", "helper": "/usr/lib/libc.so"}


def test_names_need_not_be_compressed() -> None:
    """A path may be written out, with a number for a level of recursion, which is dropped."""
    text = HEAD.replace("summary: 130", "summary: 7") + "fn=f'2'g'main\n0 7\ntotals: 7\n"
    assert parse_dump(text, 10, "x").contexts == (Context(("main", "g", "f"), 7, 0),)


def test_positions_may_be_addresses_and_lines() -> None:
    """The cost stands behind as many positions as the header announces."""
    text = HEAD.replace("positions: line", "positions: instr line") + "fn=f\n0x12 3 7\n+3 * 2\ntotals: 9\n"
    assert parse_dump(text, 10, "x").instructions == 9


def test_a_path_as_long_as_callgrind_keeps_is_cut() -> None:
    """A path with all the callers that callgrind was told to keep may lack some."""
    contexts = parse_dump(HEAD + BODY, 1, "x").contexts
    assert [context.is_cut for context in contexts] == [False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is cut short"),
        ((HEAD + BODY)[:-10], "is cut short"),
        (HEAD + BODY.replace("totals: 130", ""), "is cut short"),
        (HEAD + BODY.replace("0 100", "0 99"), "doesn't add up"),
        (HEAD.replace("events: Ir", "events: Dr") + BODY, "in place of Ir"),
        (HEAD + BODY.replace("calls=3 0", "calls=three 0"), "makes no sense"),
        (HEAD + BODY.replace("fn=(3)\n", "fn=(9)\n"), "makes no sense"),
    ],
    ids=["empty", "no end", "no totals", "wrong totals", "other events", "no number", "unknown name"],
)
def test_damage_is_told(text: str, said: str) -> None:
    """A damaged file is refused by its name."""
    with pytest.raises(MeasurementError, match=f"file x .*{said}"):
        parse_dump(text, 10, "x")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """So is one that isn't there."""
    with pytest.raises(MeasurementError, match="left no file profile"):
        read_dump(tmp_path / "profile.1", 10)
