"""The terminal report."""

import re
from collections.abc import Callable
from dataclasses import replace

from iaipy.compare.gate import compare
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import Comparison
from iaipy.model.difference import Explanation
from iaipy.model.run import Failure, Run
from iaipy.report.terminal import render

Golden = Callable[[str, str], None]


def test_report_with_every_fate(full_run: Run, compared: Comparison, golden: Golden) -> None:
    """A run with one benchmark of each fate reads as the golden file does."""
    golden("report/terminal_compared.txt", render(full_run, compared))


def test_report_without_a_baseline(full_run: Run, alone: Comparison, golden: Golden) -> None:
    """Without a baseline there is neither a bracket nor a status, but for a hard limit exceeded."""
    text = render(full_run, alone)
    golden("report/terminal_alone.txt", text)
    assert "baseline:" not in text
    assert text.count("Status:") == 1


def test_report_of_an_unchanged_run(base_run: Run, calm: Comparison, golden: Golden) -> None:
    """A run against itself passes everywhere and names no cause."""
    golden("report/terminal_unchanged.txt", render(base_run, calm))


def test_required_words(full_run: Run, compared: Comparison) -> None:
    """The bracket and the status lines have the words that people and scripts look for."""
    text = render(full_run, compared)
    assert "152,345  (baseline: 145,234, change: +4.9%)" in text
    assert "  Status: PASS (within 10% threshold)\n" in text
    assert "  Status: FAIL (exceeds 10% threshold)\n" in text


def test_last_line_names_every_regressed_benchmark(full_run: Run, compared: Comparison) -> None:
    """The last line names each regressed benchmark, however long it gets."""
    last = render(full_run, compared).splitlines()[-1]
    assert last == "Regressed: " + ", ".join(entry.id for entry in compared.of("fail"))
    assert len(compared.of("fail")) == 3


def test_last_line_is_the_summary_when_nothing_regressed(base_run: Run, calm: Comparison) -> None:
    """Without a regression the report ends with the count of benchmarks."""
    assert render(base_run, calm).splitlines()[-1] == "11 benchmarks: 11 unchanged"


def test_color_only_adds_escape_sequences(full_run: Run, compared: Comparison) -> None:
    """The coloured report is the plain one with colours."""
    plain, colored = render(full_run, compared), render(full_run, compared, color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


def test_output_of_a_benchmark_controls_no_terminal() -> None:
    """Escape sequences and undecodable bytes in what a benchmark printed are spelled out."""
    run = Run("", failures=(Failure("a\x1b]0;x\x07", "b\nc [red]", "one\x1b[2J\nt\udc80o"),))
    text = render(run, compare(run, None, limits=Limits()))
    assert "\x1b" not in text
    assert "a\\x1b]0;x\\x07" in text
    assert "  b\\nc [red]\n" in text
    assert "    t\\udc80o\n" in text


def test_only_the_last_lines_of_long_output_are_shown() -> None:
    """Of megabytes of output the last fifteen lines are shown."""
    run = Run("", failures=(Failure("a", "b", "\n".join(f"line {n}" for n in range(1000))),))
    text = render(run, compare(run, None, limits=Limits()))
    assert [line for line in text.splitlines() if "line" in line] == [
        f"    line {n}" for n in range(985, 1000)
    ]


def test_empty_run() -> None:
    """A run of nothing says so."""
    run = Run("")
    assert render(run, compare(run, None, limits=Limits())) == "0 benchmarks\n"


def test_times_of_another_machine(timed_run: Run, timed: Comparison) -> None:
    """What differs is said where times were compared all the same."""
    lines = render(timed_run, replace(timed, machine_changes=(("cores", "4", "2"),))).splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("The times were taken else"))
    assert lines[place + 1] == "  cores: 4 -> 2"


def test_report_of_times(timed_run: Run, timed: Comparison, golden: Golden) -> None:
    """A timing of each fate, beside a benchmark that was counted, reads as the golden file does."""
    golden("report/terminal_times_compared.txt", render(timed_run, timed))


def test_report_of_times_without_a_baseline(timed_run: Run, timed_alone: Comparison, golden: Golden) -> None:
    """Without a baseline there is neither a change nor a status."""
    text = render(timed_run, timed_alone)
    golden("report/terminal_times_alone.txt", text)
    assert "Status:" not in text
    assert "Change:" not in text


def test_last_line_names_what_got_slower(timed_run: Run, timed: Comparison) -> None:
    """Also where nothing else regressed."""
    last = render(timed_run, timed).splitlines()[-1]
    assert last == "Slower: benchmarks/bench_wait.py::slower[rows=10]"


def test_a_failure_says_that_it_was_timed(timed_run: Run, timed: Comparison) -> None:
    """Two modes can fail in two ways."""
    text = render(timed_run, timed)
    assert "Failed: benchmarks/bench_config.py::broken\n" in text
    assert "Failed: benchmarks/bench_wait.py::broken (wall-clock time)\n" in text


def test_regressions_are_explained(full_run: Run, compared: Comparison) -> None:
    """Below the benchmark's verdict."""
    explanation = Explanation(
        "benchmarks/bench_config.py::slower[rows=10]", None, "The baseline has no profile."
    )
    text = render(full_run, replace(compared, explanations=(explanation,)))
    assert "  Why:\n    The baseline has no profile.\n\n" in text
    status, _, _ = text.partition("  Why:")
    assert status.rstrip().splitlines()[-1].startswith("  Status: FAIL")
