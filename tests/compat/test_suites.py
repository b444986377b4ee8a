"""Real projects' benchmark suites run unmodified with `pytest --iaipy`.

Their packages and source distributions come from PyPI. IAIPY_SUITES=propcache,yarl,multidict says which; one
small suite is the default.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

SUITES = os.environ.get("IAIPY_SUITES", "propcache").split(",")
MOST_PPM = 20


def pip(*words: str) -> None:
    """Run pip; what it says is shown if it fails."""
    finished = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def instructions(source: Path, packages: Path, files: list[str], *words: str) -> dict[str, int]:
    """The instructions of each benchmark of a run."""
    report = source / "report.json"
    options = ["--iaipy", "--iaipy-pass-env=PYTHONPATH", f"--iaipy-report=json:{report}", "-o", "addopts="]
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *words, *files],
        cwd=source,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(packages)},
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    document = json.loads(report.read_text())
    assert not document["failures"]
    return {entry["id"]: entry["counters"]["instructions"] for entry in document["benchmarks"]}


@pytest.mark.parametrize("name", SUITES)
def test_suite_gives_numbers_that_stay(tmp_path: Path, name: str) -> None:
    """All benchmarks of a project give a number, and the same with two at once."""
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed")
    packages = tmp_path / "packages"
    pip("install", "-q", "--target", str(packages), name)
    # The suites ask for pytest-codspeed; all that it needs is here.
    pip("install", "-q", "--target", str(packages), "--no-deps", "pytest-codspeed")
    pip("download", "-q", "--no-deps", "--no-binary", name, "--dest", str(tmp_path), name)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    source = next(path.parents[1] for path in tmp_path.glob("*/tests/test_*benchmarks.py"))
    files = sorted(str(path.relative_to(source)) for path in source.glob("tests/test_*benchmarks.py"))
    first = instructions(source, packages, files)
    second = instructions(source, packages, files, "--iaipy-jobs=2")
    assert first.keys() == second.keys()
    assert {id_: count for id_, count in first.items() if count <= 0} == {}
    moved = {id_: abs(second[id_] - count) for id_, count in first.items()}
    assert {id_: by for id_, by in moved.items() if by * 1e6 > MOST_PPM * first[id_]} == {}
