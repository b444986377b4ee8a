"""`iaipy validate` on the command line, over the fake engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import FakeProject

SUITE = "benchmarks/bench_cli.yaml"
CLAIMS = f"""
claims:
  fewer: {{faster: "{SUITE}::fast", than: "{SUITE}::slow", by: 2, metric: instructions}}
  small: {{budget: "{SUITE}::slow", metric: instructions, below: 2_000}}
"""


@pytest.fixture
def project(fake: FakeProject) -> FakeProject:
    """A project with a claim that holds and one that fails."""
    fake.measures({"fast": 1000, "slow": 2500})
    (fake.root / "benchmarks/bench_claims.yaml").write_text(CLAIMS)
    return fake


def test_report_and_exit_code(project: FakeProject) -> None:
    """Every claim with its verdict; 1 where one fails, 0 where none does."""
    code, out, _ = project.iaipy("validate")
    assert code == 1
    assert "Verdict:  HOLDS" in out
    assert out.endswith("2 claims: 1 holds, 1 fails\nFailing: benchmarks/bench_claims.yaml::small\n")
    code, out, _ = project.iaipy("validate benchmarks/bench_claims.yaml::fewer")
    assert (code, out.splitlines()[-1]) == (0, "1 claim: 1 holds")


def test_stored_run_is_judged_without_measuring(project: FakeProject) -> None:
    """By name or by file."""
    project.iaipy("run --save-baseline main")
    project.measures({"fast": 1, "slow": 1})
    for run in ("main", ".iaipy/baselines/main.json"):
        code, out, _ = project.iaipy(f"validate --from {run}")
        assert (code, "1,000 (2 repeats) against 2,500 (2 repeats)" in out) == (1, True)


def test_reports_to_files(project: FakeProject) -> None:
    """Each format where it was wanted; the screen then has the summary alone, on standard error."""
    code, out, err = project.iaipy("validate --report markdown:claims.md --report json:claims.json")
    assert (code, out) == (1, "")
    assert err == "2 claims: 1 holds, 1 fails\nFailing: benchmarks/bench_claims.yaml::small\n"
    assert (project.root / "claims.md").read_text().startswith("### ❌ 2 claims: 1 holds, 1 fails\n")
    assert len(json.loads((project.root / "claims.json").read_text())["claims"]) == 2


def test_configured_reports_are_of_runs(project: FakeProject) -> None:
    """A report that `iaipy run` writes isn't replaced by one of claims."""
    (project.root / "iaipy.yaml").write_text("report: [iai, 'markdown:run.md']\n")
    code, out, _ = project.iaipy("validate")
    assert (code, "2 claims" in out) == (1, True)
    assert not (project.root / "run.md").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("--report iai", 2, "--report: unknown format for claims 'iai'"),
        ("--report markdown:none/claims.md", 4, "does not exist"),
        ("--from nowhere", 5, "there is no baseline nowhere"),
        ("benchmarks/bench_cli.yaml", 5, "no claims in benchmarks/bench_cli.yaml"),
        ("--baseline main", 2, "No such option"),
    ],
)
def test_what_cannot_be_done(project: FakeProject, words: str, code: int, message: str) -> None:
    """It is one message and its exit code, before anything is measured."""
    found, _, err = project.iaipy(f"validate {words}")
    assert (found, message in err) == (code, True), err
    assert not (project.root / ".iaipy").exists()


def test_strict(project: FakeProject) -> None:
    """A claim that isn't shown fails the command only if asked to."""
    (project.root / "benchmarks/bench_claims.yaml").write_text(
        f'claims: {{nothing: {{faster: "{SUITE}::a", than: "{SUITE}::b", metric: instructions}}}}\n'
    )
    project.measures({"a": 0, "b": 0})
    code, out, _ = project.iaipy("validate")
    assert (code, "NOT SHOWN (both count 0)" in out) == (0, True)
    assert project.iaipy("validate --strict")[0] == 1
