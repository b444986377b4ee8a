"""The Markdown report that fits into a step's summary."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from iaipy.compare.gate import compare
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import Comparison
from iaipy.model.run import Failure, Run
from iaipy.report import markdown
from iaipy.report.github_summary import MOST_BYTES, fitted, render


def test_usual_report_is_the_markdown_one(full_run: Run, compared: Comparison) -> None:
    """What fits is not touched."""
    assert render(full_run, compared) == markdown.render(full_run, compared)


def test_enormous_report_is_cut_off(base_run: Run) -> None:
    """A report of many megabytes keeps what comes first, within the limit, and says that it was cut off."""
    many = tuple(Failure(f"b.py::f{n}", "x" * 400, "line\n" * 15) for n in range(5000))
    run = replace(base_run, failures=many)
    text = render(run, compare(run, None, limits=Limits()))
    assert MOST_BYTES - 2000 < len(text.encode()) <= MOST_BYTES
    assert text.startswith("### ❌ 5,011 benchmarks")
    assert text.endswith(f"and {MOST_BYTES:,} fit.\n")


LINES = st.lists(
    st.sampled_from(
        [
            "| a | b |",
            "",
            "````text\n```\n<details>\nüü\n````",
            "<details><summary>Remarks</summary>\n\n- a\n\n</details>",
            "`code`",
            "- é",
        ]
    ),
    max_size=60,
)


@given(LINES, st.integers(250, 900))
def test_cut_leaves_nothing_open(blocks: list[str], most_bytes: int) -> None:
    """However a report is cut, it fits, begins like the whole one, and every block and fold is closed."""
    text = "\n".join(blocks) + "\n"
    cut = fitted(text, most_bytes)
    assert len(cut.encode()) <= max(most_bytes, 0)
    if len(text.encode()) <= most_bytes:
        assert cut == text
        return
    assert cut.startswith(text[: min(40, most_bytes - 250)])
    outside = re.sub(r"^````text\n.*?^````$", "", cut, flags=re.MULTILINE | re.DOTALL)
    assert "````" not in outside
    assert outside.count("<details>") == outside.count("</details>")
    assert "This report was cut off here" in outside.rpartition("</details>")[2]
