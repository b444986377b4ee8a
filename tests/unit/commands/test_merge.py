"""`iaipy merge`, and the shards that it puts together, over the fake engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import FakeProject

COUNTS = {"one": 100, "two": 200, "three": 300, "four": 400, "five": 500}


@pytest.fixture
def sharded(fake: FakeProject) -> FakeProject:
    """A project whose suite was measured in two shards."""
    fake.measures(COUNTS)
    for number in (1, 2):
        assert fake.iaipy(f"run --shard {number}/2 --report json:{number}.json")[0] == 0
    return fake


def test_merged_shards_are_the_whole_run(sharded: FakeProject) -> None:
    """What the shards measured is what the whole suite measures in one run."""
    assert sharded.iaipy("run --report json:whole.json")[0] == 0
    code, out, _ = sharded.iaipy("merge 1.json 2.json")
    assert (code, out) == (0, (sharded.root / "whole.json").read_text())


def test_merged_run_is_written_and_gated(sharded: FakeProject) -> None:
    """The file is one that every other command takes."""
    code, out, _ = sharded.iaipy("merge 2.json 1.json --output merged.json")
    assert (code, out) == (0, "merged.json\n")
    sharded.iaipy("baseline import main merged.json")
    sharded.measures(COUNTS | {"two": 260})
    for number in (1, 2):
        sharded.iaipy(f"run --shard {number}/2 --report json:{number}.json")
    sharded.iaipy("merge 1.json 2.json -o merged.json")
    code, out, _ = sharded.iaipy("compare main merged.json")
    assert (code, out.splitlines()[-1]) == (1, "Regressed: benchmarks/bench_cli.yaml::two")


def test_environments_are_not_mixed(sharded: FakeProject) -> None:
    """Shards of two environments are refused with a table of what differs."""
    sharded.measures(COUNTS, {"python": "CPython 3.12.0", "valgrind": "3.24.0"})
    sharded.iaipy("run --shard 2/2 --report json:2.json")
    code, out, err = sharded.iaipy("merge 1.json 2.json --output merged.json")
    assert (code, out) == (4, "")
    assert "1.json and 2.json are of different environments:" in err
    assert "  python  CPython 3.13.1  CPython 3.12.0\n" in err
    assert not (sharded.root / "merged.json").exists()


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("merge", 2, "Missing argument"),
        ("merge 1.json 1.json", 4, "is in both 1.json and 1.json"),
        ("merge 2.json", 4, "the shard 1/2 is missing"),
        ("merge 2.json --partial", 0, ""),
        ("merge 1.json none.json", 5, "there is no file none.json"),
        ("merge 1.json iaipy.yaml", 4, "iaipy.yaml can't be used as a stored run"),
        ("merge 1.json 2.json -o none/merged.json", 4, "the folder of none/merged.json does not exist"),
    ],
)
def test_what_cannot_be_done(sharded: FakeProject, line: str, code: int, message: str) -> None:
    """It is one message and its exit code."""
    found, _, err = sharded.iaipy(line)
    assert (found, message in err) == (code, True), err
