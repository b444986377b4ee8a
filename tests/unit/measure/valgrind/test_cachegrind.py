"""Cachegrind's counter files, of three versions of valgrind."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.errors import MeasurementError
from iaipy.measure.valgrind.cachegrind import parse_totals, read_totals
from iaipy.model.metrics import EVENTS, counters

FIXTURES = Path(__file__).parents[3] / "fixtures" / "cachegrind"
VERSIONS = ("3.19.0", "3.24.0", "3.27.1")
TOTALS = {
    "3.19.0": (109647, 25944, 10266, 1091, 1192, 338, 1072, 991, 311),
    "3.24.0": (110370, 26119, 10282, 1096, 1200, 341, 1077, 994, 312),
    "3.27.1": (110288, 26071, 10266, 1090, 1197, 339, 1071, 992, 311),
}


def totals(version: str) -> dict[str, int]:
    """What is in a version's file."""
    return dict(zip(EVENTS, TOTALS[version], strict=True))


@pytest.mark.parametrize("version", VERSIONS)
def test_totals(version: str) -> None:
    """The totals are those of the summary, under their names and in iaipy's order."""
    found = read_totals(FIXTURES / version / "true.out")
    assert found == totals(version)
    assert tuple(found) == EVENTS


def test_further_events_are_left_out() -> None:
    """Branches, which valgrind counts if asked to, do not disturb."""
    found = read_totals(FIXTURES / "3.27.1" / "with_branch_simulation.out")
    assert tuple(found) == EVENTS
    assert found["Ir"] == totals("3.27.1")["Ir"]


def test_totals_make_counters() -> None:
    """The five counters follow from a real file."""
    assert counters(read_totals(FIXTURES / "3.19.0" / "true.out")) == {
        "instructions": 109647,
        "l1_accesses": 143236,
        "l2_accesses": 247,
        "ram_accesses": 2374,
        "estimated_cycles": 227561,
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("3.19.0/cut_in_the_lines.out", "is cut short"),
        ("3.19.0/cut_in_the_summary.out", "is cut short"),
        ("3.19.0/cut_before_the_newline.out", "is cut short"),
        ("3.24.0/cut_before_the_events.out", "is cut short"),
        ("3.24.0/empty.out", "is cut short"),
        ("3.24.0/without_cache_simulation.out", "lacks the events Dr, Dw, I1mr"),
        ("3.27.1/negative_count.out", "makes no sense"),
        ("3.27.1/summary_too_short.out", "makes no sense"),
        ("3.27.1/zero_bytes_at_the_end.out", "is cut short"),
        ("3.27.1/none.out", "left no counter file none.out: No such file or directory"),
        ("3.27.1", "Is a directory"),
    ],
)
def test_damaged_file(name: str, message: str) -> None:
    """A file that is damaged, or of a run with other options, is refused by name."""
    with pytest.raises(MeasurementError) as caught:
        read_totals(FIXTURES / name)
    assert message in str(caught.value)
    assert name.rpartition("/")[2] in str(caught.value)


@given(version=st.sampled_from(VERSIONS), data=st.data())
def test_any_cut_is_noticed(version: str, data: st.DataObject) -> None:
    """Wherever a file breaks off, it is refused, unless all of its totals are there."""
    text = (FIXTURES / version / "true.out").read_text()
    cut = text[: data.draw(st.integers(0, len(text)))]
    try:
        found = parse_totals(cut, cut, "cut.out")
    except MeasurementError:
        assert cut != text
    else:
        assert found == totals(version)


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """No text brings anything but totals or a MeasurementError."""
    try:
        parse_totals(f"events: {' '.join(EVENTS)}\n{text}", text, "some.out")
    except MeasurementError as error:
        assert "some.out" in str(error)


def test_long_files(tmp_path: Path) -> None:
    """Of a file of megabytes, with a command line of a hundred kilobytes, head and tail suffice."""
    text = (FIXTURES / "3.24.0" / "true.out").read_text()
    head, separator, rest = text.partition("events:")
    body, summary = rest.rsplit("summary:", 1)
    path = tmp_path / "long.out"
    long_head = head.rstrip("\n") + " argument" * 12_000 + "\n"
    path.write_text(long_head + separator + body + "1 2 0 0 0 0 0 0 0 0\n" * 100_000 + "summary:" + summary)
    assert read_totals(path) == totals("3.24.0")
