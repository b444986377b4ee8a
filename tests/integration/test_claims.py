"""Claims judged by real measurements: on the clock, on counters, and of memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Done, MakeProject, Project

QUICK = ("--processes", "5", "--rounds", "5", "--warmup-time", "10ms", "--measurement-time", "50ms")
CODE = "benchmarks/bench_work.py"

WORK = """
    from iaipy import benchmark, keep


    @benchmark(elements=100)
    def little():
        keep(sum(range(100)))


    @benchmark
    def much():
        keep(sum(range(100_000)))


    @benchmark
    def broken():
        raise ValueError("no such row")
"""

CLAIMS = """
    commands:
      nothing: [python, -S, -c, pass]
      large: [python, -S, -c, "keep = b'x' * 80_000_000"]

    claims:
      twenty times as fast:
        faster: benchmarks/bench_work.py::little
        than: benchmarks/bench_work.py::much
        by: 20
      and the other way round:
        faster: benchmarks/bench_work.py::much
        than: benchmarks/bench_work.py::little
      a hundredth of the instructions:
        faster: benchmarks/bench_work.py::little
        than: benchmarks/bench_work.py::much
        by: 100
        metric: instructions
      mean: {budget: nothing, metric: mean_ns, below: 100s}
      per element: {budget: "benchmarks/bench_work.py::little", metric: per_element_ns, below: 1s}
      too few for p99: {budget: nothing, metric: p99_ns, below: 100s}
      small: {budget: nothing, metric: peak_rss, below: 60MB}
      large: {budget: large, metric: peak_rss, below: 60MB}
      counted: {budget: "benchmarks/bench_work.py::little", metric: instructions, below: 50}
"""

WANTED = {
    "twenty times as fast": "holds",
    "and the other way round": "fails",
    "a hundredth of the instructions": "holds",
    "mean": "holds",
    "per element": "holds",
    "too few for p99": "not shown",
    "small": "holds",
    "large": "fails",
    "counted": "fails",
}


@pytest.fixture(scope="module")
def judged(make_project: MakeProject, valgrind: str) -> tuple[Project, Done]:
    """A project whose claims have been judged once."""
    project = make_project()
    project.write(CODE, WORK)
    project.write("benchmarks/bench_claims.yaml", CLAIMS)
    return project, project.iaipy("validate", *QUICK, "--report", "terminal", "--report", "json:claims.json")


def findings(project: Project) -> dict[str, dict[str, Any]]:
    """Name → finding, of the report in claims.json."""
    document = json.loads((project.root / "claims.json").read_text(encoding="utf-8"))
    return {claim["id"].partition("::")[2]: claim for claim in document["claims"]}


def test_verdicts(judged: tuple[Project, Done]) -> None:
    """Each is what anybody would say of such code, and 1 is the exit code where claims fail."""
    project, done = judged
    assert {name: claim["verdict"] for name, claim in findings(project).items()} == WANTED, done
    assert done.code == 1
    assert "9 claims: 5 hold, 3 fail, 1 not shown\n" in done.out
    assert done.last_line.startswith("Failing: benchmarks/bench_claims.yaml::and the other way round, ")


def test_figures(judged: tuple[Project, Done]) -> None:
    """A speed-up has an interval and a test, and its reverse is its inverse; a count is exact."""
    found = findings(judged[0])
    there, back = found["twenty times as fast"], found["and the other way round"]
    assert there["low"] <= there["measured"] <= there["high"]
    assert there["measured"] * back["measured"] == pytest.approx(1)
    assert there["test"]["t"] == pytest.approx(-back["test"]["t"])
    assert 0 <= there["test"]["p"] <= 1
    assert (found["counted"]["basis"], found["counted"]["confidence"]) == ("exact", None)
    assert found["too few for p99"]["high"] is None
    assert found["large"]["measured"] > 80_000_000


def test_only_what_claims_name_is_measured(judged: tuple[Project, Done]) -> None:
    """In the ways they need it; the benchmark that would fail isn't among them."""
    measured = {(entry["id"].partition("::")[2], entry["mode"]) for entry in judged[0].last()["benchmarks"]}
    assert measured == {
        *((name, "walltime") for name in ("little", "much", "nothing", "large")),
        *((name, "instructions") for name in ("little", "much")),
    }
    assert judged[0].last()["failures"] == []


def test_stored_run_gives_the_same(judged: tuple[Project, Done]) -> None:
    """Nothing is measured again, and the reports agree to the last digit."""
    project, done = judged
    again = project.iaipy("validate", "--from", "last")
    assert (again.code, again.out) == (1, done.out)


def test_before_and_after(judged: tuple[Project, Done]) -> None:
    """A benchmark is held against itself in a baseline, on the clock and on counters."""
    project, _ = judged
    saved = project.iaipy("run", f"{CODE}::much", "--mode", "walltime", *QUICK, "--save-baseline", "before")
    assert saved.code == 0, saved
    project.write("after/bench_work.py", WORK)
    project.write(
        "after/bench_after.yaml",
        f"""
        claims:
          since then:
            faster: after/bench_work.py::little
            than: {{baseline: before, benchmark: "{CODE}::much"}}
            by: 50
        """,
    )
    done = project.iaipy("validate", "after/bench_after.yaml", *QUICK)
    assert done.code == 0, done
    assert "Note: the baseline before was not measured in turns with this run" in done.out


def test_failing_benchmark(project: Project) -> None:
    """Its claim isn't judged, and what it raised is shown; the other claim is."""
    project.write(CODE, WORK)
    project.write(
        "benchmarks/bench_claims.yaml",
        """
        claims:
          broken: {budget: "benchmarks/bench_work.py::broken", metric: mean_ns, below: 1s}
          little: {budget: "benchmarks/bench_work.py::little", metric: mean_ns, below: 1s}
        """,
    )
    done = project.iaipy("validate", *QUICK)
    assert done.code == 3, done
    assert (
        "Verdict:  NOT MEASURED (benchmarks/bench_work.py::broken: raised ValueError: no such row)"
        in done.out
    )
    assert "2 claims: 1 holds, 1 not measured" in done.out


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            "{faster: 'benchmarks/bench_work.py::litle', than: x}",
            "did you mean benchmarks/bench_work.py::little?",
        ),
        ("{faster: 'benchmarks/bench_wrok.py::little', than: x}", "did you mean benchmarks/bench_work.py?"),
        (
            "{budget: x, metric: p95_ns, below: 50MB}",
            "benchmarks/bench_claims.yaml:3: odd: below must be a duration",
        ),
        ("{budget: x, metric: p95, below: 50ms}", "did you mean p95_ns?"),
    ],
)
def test_mistaken_claims(project: Project, claim: str, message: str) -> None:
    """They are refused with the line and the nearest name, and nothing is measured."""
    project.write(CODE, WORK)
    project.write("benchmarks/bench_claims.yaml", f"commands: {{x: /bin/true}}\nclaims:\n  odd: {claim}\n")
    done = project.iaipy("validate")
    assert (done.code, message in done.err) == (2, True), done
    assert not (project.root / ".iaipy/last-run.json").exists()
