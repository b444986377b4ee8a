"""Trends as text and as Markdown."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.model.history import TIME, Point, Step, Trend
from iaipy.report.trend import FORMATS, sparkline, summary

Golden = Callable[[str, str], None]


def points(*values: float, month: int = 1, commit: str = "0123456789abcdef") -> tuple[Point, ...]:
    """A point a day."""
    return tuple(
        Point(f"2026-{month:02}-{day:02}T10:00:00Z", f"{commit[:14]}{day:02}", value)
        for day, value in enumerate(values, 1)
    )


TRENDS = [
    Trend(
        "benchmarks/bench_a.py::parse",
        "instructions",
        points(145_234, 145_234, 152_345, 152_345, 140_000),
        (Step(2, 145_234, 152_345, 152_345 / 145_234 - 1), Step(4, 152_345, 140_000, 140_000 / 152_345 - 1)),
    ),
    Trend(
        "benchmarks/bench_a.py::parse",
        TIME,
        points(1.5e6, 1.52e6, 1.49e6, 1.8e6),
        (Step(3, 1.5e6, 1.8e6, 0.2, 0.002),),
        3,
        (("cpu", "one|two", "three"),),
    ),
    Trend("benchmarks/bench_a.py::steady", "instructions", points(7, 7, 7, month=2, commit="abc+dirty")),
    Trend("benchmarks/bench_b.yaml::`new`\n", "instructions", points(0), (), 1),
    Trend("benchmarks/bench_c.py::grown", "ram_accesses", points(0, 3), (Step(1, 0, 3, float("inf")),)),
]


def test_trends_as_text(golden: Golden) -> None:
    """Each benchmark with its figures: a sparkline, the latest, the change, and every step under it."""
    golden("report/trend.txt", FORMATS["terminal"](TRENDS))


def test_trends_as_markdown(golden: Golden) -> None:
    """A table of the figures, one of the steps, and what isn't shown."""
    golden("report/trend.md", FORMATS["markdown"](TRENDS))


def test_color_adds_escape_sequences_alone() -> None:
    """Steps up are red and those down green, and the words are the same."""
    colored = FORMATS["terminal"](TRENDS, color=True)
    assert "\x1b[1;31m    Step: 2026-01-03" in colored
    assert "\x1b[32m    Step: 2026-01-05" in colored


def test_table_without_steps_has_no_second_table() -> None:
    """Where nothing changed there is only the table of the figures."""
    text = FORMATS["markdown"](TRENDS[2:3])
    assert text.count("| Benchmark |") == 1
    assert "no steps" in text


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([5], "▁"),
        ([0, 0], "▁▁"),
        ([1, 1, 1], "▁▁▁"),
        ([0, 7], "▁█"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([1000, 1001], "▁▂"),
        ([1000, 1010], "▁█"),
        ([9] * 50, "▁" * 40),
    ],
)
def test_sparkline(values: list[float], line: str) -> None:
    """Bars lie between the least and the largest value, but a movement under a percent stays low."""
    assert sparkline(values) == line


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=60))
def test_sparkline_of_anything(values: list[float]) -> None:
    """Every value has a bar, up to forty of them; the least of these is the lowest."""
    line = sparkline(values)
    assert len(line) == min(len(values), 40)
    latest = values[-40:]
    assert line[latest.index(min(latest))] == "▁"


def test_summary_counts_runs_once() -> None:
    """Figures of one run are one run."""
    assert summary(TRENDS[:2]) == "1 benchmark in 5 runs from 2026-01-01 to 2026-01-05: 3 steps"
    assert summary(TRENDS[2:3]) == "1 benchmark in 3 runs from 2026-02-01 to 2026-02-03: no steps"
