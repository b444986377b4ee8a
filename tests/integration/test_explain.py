"""`iaipy explain`, `iaipy run --explain` and what a baseline keeps for them, over real valgrind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from iaipy.store.document import loads
from iaipy.store.profiles import load

if TYPE_CHECKING:
    from tests.integration.conftest import MakeProject, Project

pytestmark = pytest.mark.usefixtures("valgrind")

GOOD = """
    import json

    from iaipy import benchmark, keep

    TEXT = json.dumps([{"id": number} for number in range(20)])


    def size(orders):
        return sum(len(order) for order in orders)


    @benchmark
    def orders():
        keep(size(json.loads(TEXT)))


    @benchmark
    def steady():
        keep(size([{}] * 50))
"""
BAD = "\n\n    # moved\n" + GOOD.replace(
    "keep(size(json.loads(TEXT)))", "keep(size(json.loads(TEXT) + json.loads(TEXT)))"
)
CULPRIT = "called 1 → 2 times by bench_orders.orders"


@pytest.fixture(scope="module")
def project(make_project: MakeProject, named_python: str) -> Project:
    """A project with a baseline, its profiles, and a regression since."""
    project = make_project()
    (project.root / "iaipy.yaml").write_text(f"python: {named_python}\n")
    project.write("benchmarks/bench_orders.py", GOOD)
    project.write("benchmarks/bench_command.yaml", "commands:\n  nothing: /bin/true\n")
    done = project.iaipy("run", "--save-baseline", "main", "--with-profile")
    assert done.code == 0, done
    (project.root / "bare.json").write_bytes((project.root / ".iaipy/baselines/main.json").read_bytes())
    project.iaipy("baseline", "import", "bare", "bare.json")
    project.write("benchmarks/bench_orders.py", BAD)
    return project


def test_a_run_explains_its_regression(project: Project) -> None:
    """The first line names the function that is called more often; reports of all kinds have it."""
    reports = ("--report", "terminal", "--report", "markdown:out.md", "--report", "github:out.log")
    done = project.iaipy("run", "--baseline", "main", "--explain", *reports)
    assert done.code == 1, done
    lines = done.out.splitlines()
    answer = lines[lines.index("  Why:") + 1]
    assert answer.startswith("    json.loads +")
    assert answer.endswith(CULPRIT)
    assert done.out.count("  Why:") == 1
    for name in ("out.md", "out.log"):
        assert CULPRIT in (project.root / name).read_text()


def test_explain_profiles_what_regressed(project: Project) -> None:
    """It tells the same of the last run; of a benchmark that is named, also where nothing regressed."""
    project.iaipy("run")
    done = project.iaipy("explain", "main")
    assert done.code == 0, done
    assert done.out.splitlines()[2].endswith(CULPRIT)
    assert "steady" not in done.out
    done = project.iaipy("explain", "main", "steady")
    assert done.code == 0, done
    assert "bench_orders.py::steady: " in done.out
    assert "No function changed." in done.out


def test_profile_is_held_against_a_baseline(project: Project) -> None:
    """--diff takes a baseline's name."""
    done = project.iaipy("profile", "benchmarks/bench_orders.py::orders", "--diff", "main")
    assert done.code == 0, done
    assert done.out.splitlines()[2].endswith(CULPRIT)


def test_what_is_lacking_is_said(project: Project) -> None:
    """Without profiles, benchmarks, regressions or the options that belong together, one sentence says so."""
    project.iaipy("run")
    for words, code, said in (
        (("explain", "bare"), 5, "The baseline bare has no profile of it; make one"),
        (("explain", "none"), 5, "there is no baseline none"),
        (("explain", "main", "nothing"), 5, "A command has no call tree"),
        (("explain", "main", "absent"), 5, "no benchmark absent is both"),
        (("explain", "last"), 0, "Nothing regressed since last."),
        (("run", "--with-profile"), 2, "--with-profile needs --save-baseline NAME"),
        (("run", "--explain"), 2, "--explain needs --baseline NAME"),
        (("profile", "benchmarks/bench_orders.py::orders", "--diff", "bare"), 5, "has no profile of"),
    ):
        done = project.iaipy(*words)
        assert (done.code, said in done.out + done.err) == (code, True), done


def test_partial_runs_keep_the_other_profiles(project: Project) -> None:
    """A baseline that is saved in part has the new profiles, and the old ones of the rest."""
    copied = project.iaipy("baseline", "export", "main", "copy.json")
    assert copied.code == 0, copied
    assert (project.root / "copy.profiles.gz").exists()
    project.iaipy("baseline", "import", "copy", "copy.json")
    done = project.iaipy(
        "run", "benchmarks/bench_orders.py::orders", "--save-baseline", "copy", "--with-profile"
    )
    assert done.code == 0, done
    main, copy = (load(project.root / f".iaipy/baselines/{name}.json") for name in ("main", "copy"))
    orders, steady = (f"benchmarks/bench_orders.py::{name}" for name in ("orders", "steady"))
    assert copy[steady] == main[steady]
    assert copy[orders].total > main[orders].total


def test_a_damaged_file_of_profiles_is_told(project: Project) -> None:
    """One sentence, and no traceback."""
    project.iaipy("baseline", "import", "torn", "copy.json")
    file = project.root / ".iaipy/baselines/torn.profiles.gz"
    file.write_bytes(file.read_bytes()[:100])
    done = project.iaipy("explain", "torn", "orders")
    assert (done.code, "torn.profiles.gz can't be used as profiles: it is damaged" in done.err) == (4, True)


def test_c_functions_need_no_second_run(project: Project) -> None:
    """--native answers from the runs themselves, names the library, and works without Python names."""
    project.iaipy("run")
    done = project.iaipy("explain", "bare", "--native")
    assert done.code == 0, done
    assert done.out.startswith("benchmarks/bench_orders.py::orders\n")
    assert "scan_once_unicode in _json." in done.out
    assert "By program and library: " in done.out


def test_c_functions_add_up(project: Project) -> None:
    """What functions are told to have executed is what was counted, and what measuring takes."""
    for result in loads((project.root / ".iaipy/baselines/main.json").read_text(), "main").benchmarks:
        told = sum(sum(functions.values()) for functions in result.functions.values())
        assert 0 <= told - result.events["Ir"] < 10_000
