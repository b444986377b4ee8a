"""Saving: full disks, closed folders, two runs at once, counter files cut short."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import MakeProject, Project

FILE = """
    from iaipy import benchmark


    @benchmark
    def work():
        sorted(range(100))
"""
SUITE = "commands: {nothing: /bin/true}\n"
"""Cheaper than a function where what is measured doesn't matter."""


@pytest.fixture(scope="module")
def template(valgrind: str, make_project: MakeProject) -> Project:
    """What `cheap` is a copy of."""
    project = make_project()
    project.write("iaipy.yaml", "repeats: 1\n")
    project.write("benchmarks/bench_cli.yaml", SUITE)
    done = project.iaipy("run", "--save-baseline", "main")
    assert done.code == 0, done
    return project


@pytest.fixture
def cheap(template: Project, tmp_path: Path) -> Project:
    """A project with one cheap benchmark and a baseline `main`."""
    return type(template)(shutil.copytree(template.root, tmp_path / "project"))


def test_saved_baseline(cheap: Project) -> None:
    """A baseline is the run's document, and can be listed, shown, exported, imported and deleted."""
    stored = json.loads((cheap.root / ".iaipy/baselines/main.json").read_text())
    assert stored == cheap.last()
    assert cheap.iaipy("baseline", "list").out.startswith("main ")
    assert "Instructions:" in cheap.iaipy("baseline", "show", "main").out
    assert cheap.iaipy("baseline", "export", "main", "copy.json").code == 0
    assert cheap.iaipy("baseline", "import", "again", "copy.json").code == 0
    assert cheap.iaipy("compare", "again", "main").code == 0
    assert cheap.iaipy("baseline", "delete", "main").code == 0
    assert cheap.iaipy("baseline", "show", "main").code == 5


def test_failures_keep_the_baseline(cheap: Project) -> None:
    """A run with failures leaves the baseline as it was, unless told to replace it."""
    path = cheap.root / ".iaipy/baselines/main.json"
    before = path.read_text()
    cheap.write("benchmarks/bench_cli.yaml", "commands: {nothing: /bin/true, broken: /bin/false}\n")
    done = cheap.iaipy("run", "--save-baseline", "main")
    assert done.code == 3
    assert (
        "the baseline main was left as it was, because benchmarks/bench_cli.yaml::broken failed" in done.err
    )
    assert path.read_text() == before
    assert cheap.iaipy("run", "--save-baseline", "main", "--allow-failures").code == 3
    assert path.read_text() != before


def test_selection_updates_part_of_a_baseline(cheap: Project) -> None:
    """A run of some benchmarks, saved, leaves the baseline's others in it."""
    cheap.write("benchmarks/bench_cli.yaml", "commands: {nothing: /bin/true, more: /bin/true}\n")
    assert cheap.iaipy("run", "-k", "more", "--save-baseline", "main").code == 0
    document = json.loads((cheap.root / ".iaipy/baselines/main.json").read_text())
    assert [entry["id"].partition("::")[2] for entry in document["benchmarks"]] == ["more", "nothing"]


def test_storage_that_cannot_be_made(cheap: Project) -> None:
    """Where a file is in the storage folder's place, the run ends with 4 and one message."""
    cheap.write("taken", "")
    done = cheap.iaipy("run", "--storage", "taken")
    assert done.code == 4
    assert "can't be kept" in done.err
    assert str(cheap.root / "taken") in done.err


@pytest.mark.skipif(os.geteuid() == 0, reason="the permissions of a folder don't hold root back")
def test_read_only_storage_for_a_person(cheap: Project) -> None:
    """A folder without write permission ends the run with 4 and one message."""
    (cheap.root / ".iaipy").chmod(0o555)
    done = cheap.iaipy("run")
    assert done.code == 4
    assert "Permission denied" in done.err


def test_read_only_storage(cheap: Project, tiny_disk: Path) -> None:
    """On a read-only file system the run ends with 4 and one message; the report is still printed."""
    subprocess.run(("mount", "-o", "remount,ro", str(tiny_disk)), check=True)
    done = cheap.iaipy("run", "--storage", str(tiny_disk / "storage"))
    assert done.code == 4
    assert "Read-only file system" in done.err
    assert done.err.count("\n") <= 2


def test_full_disk_while_saving(cheap: Project, tiny_disk: Path) -> None:
    """On a full disk the older baseline stays as it was, and the message says so."""
    storage = tiny_disk / "storage"
    assert cheap.iaipy("run", "--storage", str(storage), "--save-baseline", "main").code == 0
    before = (storage / "baselines/main.json").read_text()
    with pytest.raises(OSError, match="No space"), (tiny_disk / "filler").open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    done = cheap.iaipy("run", "--storage", str(storage), "--save-baseline", "main")
    assert done.code == 4
    assert "No space left on device" in done.err
    assert "free some space" in done.err
    assert (storage / "baselines/main.json").read_text() == before
    assert sorted(path.name for path in (storage / "baselines").iterdir()) == ["main.json"]


def test_full_temporary_disk(valgrind: str, project: Project, tiny_disk: Path) -> None:
    """Where valgrind's counter files don't fit, the benchmark fails and the message asks about the disk."""
    project.write("benchmarks/bench_work.py", FILE)
    done = project.iaipy("run", "--repeats", "1", env={"TMPDIR": str(tiny_disk)})
    assert done.code == 3, done
    assert "disk full" in done.out
    assert list(tiny_disk.iterdir()) == []


def test_counter_file_cut_short(cheap: Project, valgrind: str) -> None:
    """A counter file that breaks off is no measurement."""
    cheap.write(
        "valgrind",
        f"""
        #!/bin/sh
        [ "$1" = --version ] && exec {valgrind} --version
        for word in "$@"; do
            case $word in --cachegrind-out-file=*) folder=${{word#*=}}; folder=${{folder%/*}};; esac
        done
        {valgrind} "$@"
        for counts in "$folder"/counts.*; do head -c 400 "$counts" > "$folder/cut"; rm "$counts"; done
        mv "$folder/cut" "$folder/counts.$$"
        mv "$folder"/valgrind.* "$folder/valgrind.$$"
        """,
    ).chmod(0o755)
    done = cheap.iaipy("run", "--valgrind", "./valgrind")
    assert done.code == 3
    assert "is cut short" in done.out


def test_two_runs_save_the_same_baseline(cheap: Project) -> None:
    """Two runs at once both succeed, and leave one whole baseline."""
    both = [cheap.start("run", "--save-baseline", "main") for _ in range(2)]
    for process in both:
        done = cheap.finish(process)
        assert done.code == 0, done
    assert cheap.iaipy("baseline", "show", "main").code == 0
    assert [path.name for path in (cheap.root / ".iaipy/baselines").iterdir()] == ["main.json"]


def test_report_files(cheap: Project) -> None:
    """Every report can go to a file, and json is the document that is stored."""
    formats = ("terminal", "json", "markdown", "iai")
    words = [word for name in formats for word in ("--report", f"{name}:{name}.out")]
    done = cheap.iaipy("run", *words)
    assert done.code == 0
    assert done.out == ""
    assert all((cheap.root / f"{name}.out").read_text() for name in formats)
    assert json.loads((cheap.root / "json.out").read_text()) == cheap.last()
