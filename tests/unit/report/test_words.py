"""The phrases of the reports."""

from dataclasses import replace

import pytest

from iaipy.compare.gate import compare
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import Comparison
from iaipy.model.run import Failure, Run
from iaipy.report.words import (
    inexact,
    mode_of,
    moved,
    not_counted,
    printable,
    regressed_line,
    status,
    summary,
    tail,
    timings_summary,
)


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("parse", "PASS (within 10% threshold)"),
        ("slower[rows=10]", "FAIL (exceeds 10% threshold)"),
        ("own_limits", "FAIL (Instructions exceeds 2% threshold)"),
        ("capped", "FAIL (Instructions above the hard limit of 1,500,000)"),
        ("other_loop", ""),
        ("fresh", ""),
    ],
)
def test_status_says_what_decided(compared: Comparison, name: str, phrase: str) -> None:
    """The status names the threshold, and the counter where one alone decided."""
    entry = next(entry for entry in compared.entries if entry.id.endswith(f"::{name}"))
    assert status(entry) == phrase


def test_status_of_an_improvement_names_the_counters(compared: Comparison) -> None:
    """An improvement passes and says which counters fell."""
    (entry,) = compared.of("improved")
    assert status(entry).startswith("PASS (improved: Instructions -30.0%, L1 Accesses -30.0%")


@pytest.mark.parametrize(
    ("soft", "phrase"),
    [
        ({"ram_accesses": None}, "PASS (within 10% threshold)"),
        ({"instructions": 0.02}, "PASS (within 2% to 10% thresholds)"),
        (
            dict.fromkeys(["instructions", "l1_accesses", "l2_accesses", "ram_accesses", "estimated_cycles"]),
            "PASS (no threshold)",
        ),
    ],
)
def test_status_of_different_thresholds(base_run: Run, soft: dict[str, float | None], phrase: str) -> None:
    """Where counters have different limits, the status gives their range."""
    entry = compare(base_run, base_run, limits=Limits(soft), base_name="main").entries[0]
    assert status(entry) == phrase


def test_exact_results_have_no_remark(full_run: Run) -> None:
    """Repeats that agree are not worth a line."""
    assert inexact(full_run.benchmarks[0]) == ""


def test_inexact_results_say_how_far_apart(full_run: Run) -> None:
    """Repeats that differ are shown with their spread, instructions first."""
    wobbly = next(result for result in full_run.benchmarks if not result.exact)
    assert inexact(wobbly) == (
        "3 repeats differ by up to 60,000 instructions "
        "(L1 Accesses 60,000, L2 Accesses 60,000, RAM Accesses 1, Estimated Cycles 60,000)"
    )
    alone = replace(wobbly, spread=dict.fromkeys(wobbly.spread, 0) | {"instructions": 5})
    assert inexact(alone) == "3 repeats differ by up to 5 instructions"


def test_excused_changes_say_why(compared: Comparison) -> None:
    """A change beyond its limit that does not count says why."""
    phrases = [phrase for entry in compared.entries for phrase in not_counted(entry)]
    assert "Instructions +20.1%: within the measured spread of 60,000" in phrases
    assert any(phrase.startswith("RAM Accesses +50.0%: too small to matter: moves") for phrase in phrases)


def test_summary_adds_up(compared: Comparison, alone: Comparison) -> None:
    """Every benchmark is in exactly one of the groups that the summary counts."""
    assert summary(compared) == (
        "13 benchmarks: 1 unchanged, 3 within limits, 3 regressed, 1 improved, "
        "1 new, 1 missing, 2 failed, 1 incomparable"
    )
    assert summary(alone) == "12 benchmarks: 9 measured, 1 regressed, 2 failed"
    assert summary(Comparison("")) == "0 benchmarks"


def test_moved_is_empty_without_a_baseline(alone: Comparison) -> None:
    """Without a baseline nothing moved."""
    assert {moved(change) for entry in alone.entries for change in entry.changes} == {""}


def test_printable_text_is_left_alone() -> None:
    """Letters of any script stay, controls are spelled out."""
    assert printable("größe ✓") == "größe ✓"
    assert printable("a\tb\x00\udcff") == "a\\tb\\x00\\udcff"


def test_tail_keeps_indentation() -> None:
    """A traceback's last lines keep their shape."""
    assert tail("a\n  b\n\tc\n\n") == ["a", "  b", "    c"]


def test_summary_of_times(timed: Comparison, timed_alone: Comparison) -> None:
    """Timings are counted apart from benchmarks whose instructions were, and each in one group."""
    fates = "1 unchanged, 1 slower, 1 faster, 2 inconclusive, 1 new, 1 missing, 1 failed, 1 incomparable"
    assert timings_summary(timed) == f"9 timings: {fates}"
    assert summary(timed) == f"2 benchmarks: 1 unchanged, 1 failed; 9 timings: {fates}"
    assert summary(timed_alone) == "2 benchmarks: 1 measured, 1 failed; 8 timings: 7 measured, 1 failed"
    assert summary(replace(timed_alone, entries=())) == "8 timings: 7 measured, 1 failed"
    assert summary(Comparison("", timings=timed_alone.timings[:1])) == "1 timing: 1 measured"


def test_what_regressed_and_what_got_slower(compared: Comparison, timed: Comparison) -> None:
    """One line names both; nothing is said where neither happened."""
    slower = "Slower: benchmarks/bench_wait.py::slower[rows=10]"
    assert regressed_line(timed) == slower
    both = regressed_line(replace(compared, timings=timed.timings))
    assert both.startswith("Regressed: benchmarks/bench_config.py::slower[rows=10], ")
    assert both.endswith(f"; {slower}")
    assert regressed_line(Comparison("")) == ""


def test_the_mode_of_a_failure() -> None:
    """Is said where it isn't the usual one."""
    assert mode_of(Failure("a", "b")) == ""
    assert mode_of(Failure("a", "b", "", "walltime")) == " (wall-clock time)"
