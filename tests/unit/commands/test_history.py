"""`iaipy history` on the command line, over the fake engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import FakeProject

DAYS = ("2026-01-30", "2026-01-31", "2026-02-01")


def added(fake: FakeProject, *counts: int) -> None:
    """Measure and keep a run a day, each with one benchmark that counts as given and one that stays."""
    for day, instructions in zip(DAYS, counts, strict=True):
        fake.measures({"moving": instructions, "steady": 500})
        fake.iaipy("run --report json:run.json")
        document = (fake.root / "run.json").read_text()
        (fake.root / "run.json").write_text(document.replace("2026-01-02T03:04:05Z", f"{day}T03:04:05Z"))
        assert fake.iaipy("history add run.json")[0] == 0


def test_runs_are_added_and_shown(fake: FakeProject) -> None:
    """Runs lie in a file for each month, and are shown with their steps."""
    added(fake, 1000, 1000, 1100)
    assert sorted(path.name for path in (fake.root / ".iaipy/history").glob("*.jsonl")) == [
        "2026-01.jsonl",
        "2026-02.jsonl",
    ]
    code, out, err = fake.iaipy("history show")
    assert (code, err) == (0, "")
    assert "Instructions:     ▁▁█  1,100  (+10.0% since 2026-01-30)" in out
    assert "Step: 2026-02-01  0123abc  1,000 → 1,100  +10.0%" in out
    assert out.endswith("2 benchmarks in 3 runs from 2026-01-30 to 2026-02-01: 1 step\n")


def test_last_run_is_added_by_default(fake: FakeProject) -> None:
    """Without a name it is the last run, whose file is named."""
    fake.measures({"help": 10})
    fake.iaipy("run")
    code, out, _ = fake.iaipy("history add")
    assert (code, out) == (0, "PROJECT/.iaipy/history/2026-01.jsonl\n")
    assert fake.iaipy("history add")[0] == 0
    assert len((fake.root / ".iaipy/history/2026-01.jsonl").read_text().splitlines()) == 1


def test_one_benchmark_is_shown_in_full(fake: FakeProject) -> None:
    """Named by its id or by a part of it, a benchmark shows all its counters."""
    added(fake, 1000, 1000, 1100)
    for wanted in ("benchmarks/bench_cli.yaml::moving", "'moving and not steady'"):
        out = fake.iaipy(f"history show {wanted}")[1]
        assert "RAM Accesses:" in out
        assert "steady" not in out
    assert "RAM Accesses:" not in fake.iaipy("history show")[1]


def test_markdown(fake: FakeProject) -> None:
    """The tables are printed, to be written wherever they are wanted."""
    added(fake, 1000, 1000, 1100)
    code, out, _ = fake.iaipy("history show --format markdown")
    assert code == 0
    assert out.startswith("### 2 benchmarks in 3 runs from 2026-01-30 to 2026-02-01: 1 step\n\n| Benchmark |")


def test_small_steps_can_be_left_out(fake: FakeProject) -> None:
    """Steps of counts are told from one instruction up, unless a least size is given."""
    added(fake, 1000, 1000, 1001)
    assert "Step: 2026-02-01" in fake.iaipy("history show")[1]
    assert "Step:" not in fake.iaipy("history show --least 1%")[1]


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("history show", 5, "there is no history in PROJECT/.iaipy yet"),
        ("history add", 5, "there is no last run"),
        ("history add none.json", 5, "there is no file none.json"),
        ("history show --least lots", 2, "--least"),
        ("history show --format xml", 2, "xml"),
    ],
)
def test_what_cannot_be_done(fake: FakeProject, line: str, code: int, message: str) -> None:
    """It is one message and its exit code."""
    found, _, err = fake.iaipy(line)
    assert (found, message in err) == (code, True), err


def test_unknown_benchmark(fake: FakeProject) -> None:
    """A name that fits nothing is not an empty report."""
    added(fake, 1, 2, 3)
    code, _, err = fake.iaipy("history show nothing_like_it")
    assert (code, "no benchmark in the history fits 'nothing_like_it'" in err) == (5, True)


def test_run_without_results_is_not_added(fake: FakeProject) -> None:
    """A run in which everything failed has nothing to keep."""
    fake.measures({"help": fake.fails("help", "it broke")})
    fake.iaipy("run")
    code, _, err = fake.iaipy("history add")
    assert (code, "the run last has no results to add to the history" in err) == (5, True)
    assert not (fake.root / ".iaipy/history").exists()
