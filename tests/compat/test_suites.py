"""Real projects' benchmark suites, and pytest-benchmark's own tests, run unmodified with `pytest --iaipy`.

Packages and source distributions come from PyPI. IAIPY_SUITES names those wanted, with commas between them:
any of SUITES, and pytest-benchmark; "all" are all. One small one is the default: the others take minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Suite:
    """Where a project keeps its benchmarks, and what they need besides the project.

    Parameters:
        files: pattern of their files in its source distribution.
        alone: packages that are installed without what they depend on.
    """

    files: str
    needs: Sequence[str] = ()
    alone: Sequence[str] = ()


_CODSPEED = ("pytest-codspeed",)  # imported for annotations; all that it needs is here
SUITES = {
    "propcache": Suite("tests/test_*benchmarks.py", alone=_CODSPEED),
    "yarl": Suite("tests/test_*benchmarks.py", alone=_CODSPEED),
    "multidict": Suite("tests/test_*benchmarks.py", alone=_CODSPEED),
    "cattrs": Suite("bench/test_*.py", needs=("hypothesis", "PyYAML", "msgspec", "orjson", "ujson")),
    "python-rapidjson": Suite("benchmarks/test_*.py", needs=("pytest-benchmark",)),
}
_PEER = "pytest-benchmark"
_ASKED = os.environ.get("IAIPY_SUITES", "propcache").replace("all", ",".join((*SUITES, _PEER))).split(",")
MOST_PPM = 20
OWN_TESTS = ("normal", "pedantic", "with_testcase", "with_weaver", "skip")
"""Those of pytest-benchmark's test files that are about its fixture."""

pytestmark = pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")


def pip(*words: str) -> None:
    """Run pip; what it says is shown if it fails."""
    finished = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def unpacked(name: str, folder: Path) -> Path:
    """The source distribution of a project."""
    pip("download", "-q", "--no-deps", "--no-binary", name, "--dest", str(folder), name)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (source,) = (path for path in folder.iterdir() if path.is_dir() and path.name != "packages")
    return source


def counted(source: Path, packages: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there, with these packages, which the folder of the same name there must not hide."""
    options = ["--iaipy", "--iaipy-pass-env=PYTHONPATH", "-o", "addopts="]
    return subprocess.run(
        [sys.executable, "-P", "-m", "pytest", *options, *words],
        cwd=source,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(packages)},
    )


def instructions(source: Path, packages: Path, *words: str) -> dict[str, int]:
    """The instructions of each benchmark of a run."""
    report = source / "report.json"
    finished = counted(source, packages, f"--iaipy-report=json:{report}", *words)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    document = json.loads(report.read_text())
    assert not document["failures"]
    return {entry["id"]: entry["counters"]["instructions"] for entry in document["benchmarks"]}


@pytest.mark.parametrize("name", [name for name in _ASKED if name != _PEER])
def test_suite_gives_numbers_that_stay(tmp_path: Path, name: str) -> None:
    """All benchmarks of a project give a number, and the same with two at once."""
    suite, packages = SUITES[name], tmp_path / "packages"
    pip("install", "-q", "--target", str(packages), name, *suite.needs)
    if suite.alone:
        pip("install", "-q", "--target", str(packages), "--no-deps", *suite.alone)
    source = unpacked(name, tmp_path)
    files = sorted(str(path.relative_to(source)) for path in source.glob(suite.files))
    first = instructions(source, packages, *files)
    second = instructions(source, packages, "--iaipy-jobs=2", *files)
    assert first.keys() == second.keys()
    assert {id_: count for id_, count in first.items() if count <= 0} == {}
    moved = {id_: abs(second[id_] - count) for id_, count in first.items()}
    assert {id_: by for id_, by in moved.items() if by * 1e6 > MOST_PPM * first[id_]} == {}


@pytest.mark.skipif(_PEER not in _ASKED, reason="takes a minute: IAIPY_SUITES asks for it")
def test_the_fixture_passes_the_tests_of_pytest_benchmark(tmp_path: Path) -> None:
    """Those for its fixture pass, where it isn't installed."""
    packages = tmp_path / "packages"
    pip("install", "-q", "--target", str(packages), "aspectlib")
    tests = unpacked(_PEER, tmp_path) / "tests"
    alone = tmp_path / "alone"  # without its conftest.py, which is for the tests of its own output
    alone.mkdir()
    (alone / "pytest.ini").write_text("[pytest]\n")
    for name in OWN_TESTS:
        shutil.copy(tests / f"test_{name}.py", alone)
    finished = counted(alone, packages, "--iaipy-jobs=2", "-q")
    assert finished.returncode == 0, finished.stdout
    assert " passed" in finished.stdout
