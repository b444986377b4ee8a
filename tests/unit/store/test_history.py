"""The history on disk."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.errors import HostError
from iaipy.model.history import Count, Record, Time
from iaipy.model.metrics import COUNTER_KEYS
from iaipy.store import history

NOTHING = dict.fromkeys(COUNTER_KEYS, 0)
COUNT = Count(dict(zip(COUNTER_KEYS, (100, 140, 5, 2, 235), strict=True)), NOTHING)
TIME = Time(1234.5, 1240.25, 1200.0, 1280.5, 10)
RECORD = Record(
    "2026-01-31T12:00:00Z",
    "0123abc",
    {"python": "3.13.1"},
    {"cpu": "one"},
    {
        "b.py::f": COUNT,
        "b.py::g": replace(COUNT, spread=NOTHING | {"instructions": 3}, conditions={"kind": "command"}),
    },
    {"b.py::f": TIME, "b.py::h": Time(1.0, 1.0, None, None, 1, {"elements": "3.0"})},
)


def test_record_is_read_as_it_was_added(tmp_path: Path) -> None:
    """A record is one line of its month's file, and comes back whole."""
    path = history.add(tmp_path / ".iaipy", RECORD)
    assert path == tmp_path / ".iaipy/history/2026-01.jsonl"
    assert len(path.read_text().splitlines()) == 1
    assert history.load(tmp_path / ".iaipy") == [RECORD]


def test_line_is_small(tmp_path: Path) -> None:
    """A counter's result takes its id and five numbers, nothing else."""
    text = history.add(tmp_path, replace(RECORD, times={}, counts={"b.py::f": COUNT})).read_text()
    assert '"counts":{"b.py::f":{"counters":[100,140,5,2,235]}}' in text
    assert json.loads(text)["version"] == history.VERSION


def test_times_are_kept_in_seven_digits(tmp_path: Path) -> None:
    """More digits than a time has would only take room."""
    history.add(tmp_path, replace(RECORD, times={"b.py::f": replace(TIME, mean_ns=1240.123456789)}))
    assert history.load(tmp_path)[0].times["b.py::f"].mean_ns == 1240.123


def test_runs_are_sorted_and_kept_once(tmp_path: Path) -> None:
    """In whichever order runs are added, and how often, the file is the same."""
    later = replace(RECORD, created_utc="2026-01-31T23:00:00Z")
    for one in (later, RECORD, later):
        path = history.add(tmp_path, one)
    first = path.read_bytes()
    for one in (RECORD, later):
        history.add(tmp_path / "other", one)
    assert (tmp_path / "other/history/2026-01.jsonl").read_bytes() == first
    assert history.load(tmp_path) == [RECORD, later]


def test_months_have_a_file_each(tmp_path: Path) -> None:
    """Runs are read in the order of time over all files."""
    days = ("2026-02-01T00:00:00Z", "2025-12-31T00:00:00Z", "2026-01-01T00:00:00Z")
    for day in days:
        history.add(tmp_path, replace(RECORD, created_utc=day))
    assert [record.created_utc for record in history.load(tmp_path)] == sorted(days)
    names = sorted(path.name for path in (tmp_path / "history").glob("*.jsonl"))
    assert names == ["2025-12.jsonl", "2026-01.jsonl", "2026-02.jsonl"]


def test_what_a_merge_leaves_is_read(tmp_path: Path) -> None:
    """Lines out of order, twice, or apart by empty lines are read, and put in order by the next run."""
    later = replace(RECORD, created_utc="2026-01-31T23:00:00Z")
    path = history.add(tmp_path, RECORD)
    one = path.read_text()
    other = history.add(tmp_path / "other", later).read_text()
    path.write_text(f"{other}\n{one}{other}")
    assert history.load(tmp_path) == [RECORD, later]
    history.add(tmp_path, later)
    assert path.read_text() == one + other


def test_git_is_told_to_keep_both_sides(tmp_path: Path) -> None:
    """An attribute lets git merge two histories line by line; what a person wrote there stays."""
    history.add(tmp_path, RECORD)
    attributes = tmp_path / "history/.gitattributes"
    assert attributes.read_text() == "*.jsonl merge=union\n"
    attributes.write_text("*.jsonl -text\n")
    history.add(tmp_path, RECORD)
    assert attributes.read_text() == "*.jsonl -text\n"


@pytest.mark.parametrize("time", ["", "last week", "../../etc/2026-01", "2026-13-01T00:00:00Z", "2026-01-01"])
def test_run_without_a_time_is_refused(tmp_path: Path, time: str) -> None:
    """What isn't a time names no file."""
    with pytest.raises(HostError, match=r"its time .* is not of the form"):
        history.add(tmp_path, replace(RECORD, created_utc=time))
    assert list(tmp_path.iterdir()) == []


def damaged(**changes: object) -> str:
    """A record's line with some members changed, or left out where they are None."""
    document = json.loads(history._line(RECORD)) | changes
    return json.dumps({key: value for key, value in document.items() if value is not None})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("<<<<<<< HEAD", "is no run of a history"),
        ("[]", "the line is a list, not an object"),
        ('{"commit": "", "commit": ""}', "stands twice"),
        (damaged(commit=None), "commit is missing"),
        (damaged(version=99), "is of format version 99"),
        (damaged(created_utc="yesterday"), "created_utc is 'yesterday'"),
        (damaged(counts={"f": {"counters": [1, 2]}}), "counts.f.counters has 2 numbers, not 5"),
        (damaged(counts={"f": {"counters": [1, 2, 3, 4, -5]}}), "counts.f.counters.estimated_cycles is -5"),
        (damaged(counts={"f": 3}), "counts.f is 3, not an object"),
        (damaged(times={"f": {"mean_ns": 1.0, "processes": 1}}), "times.f.typical_ns.0. is null"),
        (damaged(times={"f": {"typical_ns": 1, "mean_ns": 1, "processes": 1, "interval_ns": [1]}}), "not 2"),
    ],
)
def test_damaged_lines_are_refused(tmp_path: Path, line: str, message: str) -> None:
    """A line that is no record is named by file and number, both when reading and when adding."""
    path = history.add(tmp_path, RECORD)
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(HostError, match=message) as error:
        history.load(tmp_path)
    assert "2026-01.jsonl:2 is" in error.value.message
    with pytest.raises(HostError, match=message):
        history.add(tmp_path, RECORD)
    assert path.read_text().endswith(line + "\n")


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A folder in the place of a file, or bytes that are no text, are errors that name it."""
    path = history.add(tmp_path, RECORD)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(HostError, match=r"2026-01\.jsonl can't be used as a history: it is not UTF-8"):
        history.load(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(HostError, match=r"2026-01\.jsonl can't be read: Is a directory"):
        history.load(tmp_path)


def test_no_history_is_empty(tmp_path: Path) -> None:
    """Where nothing was added there are no runs."""
    assert history.load(tmp_path / ".iaipy") == []


_TEXTS = st.text(max_size=8)
_COUNTS = st.builds(
    lambda numbers, spread, conditions: Count(
        dict(zip(COUNTER_KEYS, numbers, strict=True)), NOTHING | {"instructions": spread}, conditions
    ),
    st.lists(st.integers(0, 10**18), min_size=5, max_size=5),
    st.integers(0, 9),
    st.dictionaries(_TEXTS, _TEXTS, max_size=2),
)


@given(st.dictionaries(_TEXTS, _COUNTS, max_size=3), _TEXTS, st.dictionaries(_TEXTS, _TEXTS, max_size=2))
def test_any_record_survives(counts: dict[str, Count], commit: str, environment: dict[str, str]) -> None:
    """Whatever ids, commits and environments hold, a line is one line, and is read as what was written."""
    record = replace(RECORD, counts=counts, commit=commit, environment=environment)
    line = history._line(record)
    assert len(line.splitlines()) == 1
    assert history._record(line, "here") == record
