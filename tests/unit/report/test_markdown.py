"""The Markdown report."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from iaipy.compare.gate import compare
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import Comparison
from iaipy.model.difference import Explanation
from iaipy.model.run import Failure, Run
from iaipy.profile.difference import difference
from iaipy.report.markdown import code, render
from tests.unit.conftest import MakeProfile

Golden = Callable[[str, str], None]


def test_report_with_every_fate(full_run: Run, compared: Comparison, golden: Golden) -> None:
    """A run with one benchmark of each fate reads as the golden file does."""
    golden("report/markdown_compared.md", render(full_run, compared))


def test_report_without_a_baseline(full_run: Run, alone: Comparison, golden: Golden) -> None:
    """Without a baseline the tables hold values alone."""
    golden("report/markdown_alone.md", render(full_run, alone))


def test_report_of_an_unchanged_run(base_run: Run, calm: Comparison, golden: Golden) -> None:
    """A run against itself is all folded away."""
    golden("report/markdown_unchanged.md", render(base_run, calm))


def test_regressed_benchmarks_come_before_the_fold(full_run: Run, compared: Comparison) -> None:
    """What regressed is in sight, what passed is folded."""
    shown, _, folded = render(full_run, compared).partition("<details>")
    assert "::slower[rows=10]`" in shown
    assert "::parse`" not in shown
    assert "::parse`" in folded


def test_nothing_compared_is_no_success(full_run: Run) -> None:
    """A run that shares no benchmark with its baseline is marked with a warning."""
    run = replace(full_run, benchmarks=full_run.benchmarks[1:2], failures=())
    text = render(run, compare(run, Run(""), limits=Limits(), base_name="main"))
    assert text.startswith("### ⚠️ 1 benchmark: 1 new\n")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a_b::c[rows=1]", "`a_b::c[rows=1]`"),
        ("<b>@team</b>", "`<b>@team</b>`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("`x` \\", "<code>&#96;x&#96; &#92;</code>"),
        ("two\nlines", "<code>two&#92;nlines</code>"),
        ("<i>|", "<code>&#60;i&#62;&#124;</code>"),
        ("", "<code></code>"),
    ],
)
def test_code_spans_show_the_text_as_it_is(text: str, span: str) -> None:
    """Nothing in a name can end its code span, its cell or its line."""
    assert code(text) == span


def test_output_with_fences_stays_in_its_block() -> None:
    """A failure's output that holds a fence is enclosed in a longer one."""
    run = Run("2026-01-01T00:00:00Z", failures=(Failure("a", "b", "x\n````\n<script>"),))
    text = render(run, compare(run, None, limits=Limits()))
    assert "\n`````text\nx\n````\n<script>\n`````\n" in text


def test_report_of_times(timed_run: Run, timed: Comparison, golden: Golden) -> None:
    """A timing of each fate, beside a benchmark that was counted, reads as the golden file does."""
    golden("report/markdown_times_compared.md", render(timed_run, timed))


def test_a_doubtful_machine_is_warned_of(timed_run: Run, timed_alone: Comparison) -> None:
    """Beside the machine, in the words of the run itself."""
    assert "⚠️ this" not in render(timed_run, timed_alone)
    busy = replace(timed_run.machine, notes={"load": "1.80"})
    text = render(replace(timed_run, machine=busy), timed_alone)
    assert "- ⚠️ this machine was busy before timing began (1.8 of 2 cores)" in text


def test_times_of_another_machine(timed_run: Run, timed: Comparison) -> None:
    """What differs is in a table, whether or not it kept the times from being compared."""
    elsewhere = replace(timed, machine_changes=(("cores", "4", "2"),))
    assert "\n| `cores` | `4` | `2` |\n" in render(timed_run, elsewhere)


def test_report_of_times_without_a_baseline(timed_run: Run, timed_alone: Comparison, golden: Golden) -> None:
    """The table then has the required columns and no others, and the notes say how they were made."""
    text = render(timed_run, timed_alone)
    golden("report/markdown_times_alone.md", text)
    assert "\n| Operation | Mean ± Stddev | Min | P50 | P95 | P99 | Max | n |\n" in text


@pytest.mark.parametrize(
    ("names", "mark"),
    [
        (["same"], "✅"),
        (["faster"], "✅"),
        (["same", "wobbly"], "✅"),
        (["same", "slower[rows=10]"], "⚠️"),
        (["wobbly"], "⚠️"),
        (["fresh"], "⚠️"),
        (["same", "broken"], "❌"),
    ],
)
def test_mark_of_times_alone(timed_run: Run, timed: Comparison, names: list[str], mark: str) -> None:
    """Slower times warn, since they don't gate; a run that compared nothing has shown nothing."""
    chosen = tuple(entry for entry in timed.timings if entry.id.partition("::")[2] in names)
    assert len(chosen) == len(names)
    text = render(timed_run, replace(timed, entries=(), timings=chosen))
    assert text.startswith(f"### {mark} ")


def test_regressions_are_explained_under_the_fold(
    full_run: Run, compared: Comparison, make_profile: MakeProfile
) -> None:
    """What explains a regression is folded away below the table, and nothing in it acts as Markdown."""
    name = "benchmarks/bench_config.py::slower[rows=10]"
    before, now = make_profile({"a|`<b>": (10, 1)}), make_profile({"a|`<b>": (20, 2)})
    explained = replace(compared, explanations=(Explanation(name, difference(before, now)),))
    text = render(full_run, explained)
    _, _, shown = text.partition(f"<summary>Why <code>{name}</code> regressed</summary>\n\n")
    assert shown.startswith("- <code>a&#124;&#96;&#60;b&#62; &#43;10 instructions ")
    assert text.index("Why") < text.index("others</summary>")
