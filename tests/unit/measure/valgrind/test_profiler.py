"""How callgrind is started, and what its worker leaves behind."""

from pathlib import Path

import pytest

from iaipy import workers
from iaipy.errors import MeasurementError
from iaipy.measure.valgrind.launch import Valgrind
from iaipy.measure.valgrind.profiler import REGIONS, callgrind_argv, named
from iaipy.model.profile import Function
from iaipy.workers import nursery

ROOT = Path("/home/me/project")


def names(folder: Path, rows: list[tuple[int, str, str, str, int]], lacking: str = "") -> None:
    """Leave a worker's table of names."""
    told = {"lacking": lacking, "rows": rows, "modules": {f"{folder.parent}/project/app.py": "app"}}
    (folder / workers.NAMES).write_text(ascii(told))


def test_regions_are_called_so() -> None:
    """The functions by which a region is told from what leads to it are the worker's."""
    assert all(callable(getattr(nursery, name)) for name in REGIONS)


def test_files_go_to_the_folder() -> None:
    """Callgrind's files lie in the folder, also where its path has a sign that valgrind would replace."""
    argv = callgrind_argv(Valgrind("/usr/bin/valgrind", "3.19.0", (3, 19)), Path("/tmp/50%p"))
    assert "--callgrind-out-file=/tmp/50%%p/profile.%p" in argv
    assert "--log-file=/tmp/50%%p/valgrind.%p" in argv


def test_names_come_from_both_sources(tmp_path: Path) -> None:
    """The worker's table says most; what it lacks is in perf's map."""
    names(tmp_path, [(16, "app", "f", f"{tmp_path.parent}/project/app.py", 3)])
    (tmp_path / "map").write_text(f"10 b py::f:x\n1b b py::g:{tmp_path.parent}/project/app.py\n")
    assert named(tmp_path, ROOT, tmp_path / "map") == (
        {16: Function("app.f", "app.py", 3), 27: Function("app.g", "app.py")},
        (),
    )


def test_a_missing_perf_map_is_told(tmp_path: Path) -> None:
    """Without perf's map the worker's table is used, and the profile says so."""
    names(tmp_path, [(16, "app", "f", "app.py", 3)])
    functions, notes = named(tmp_path, ROOT, tmp_path / "none")
    assert list(functions) == [16]
    assert "perf's map is missing" in notes[0]


def test_why_there_are_no_names(tmp_path: Path) -> None:
    """The worker's reason is passed on."""
    names(tmp_path, [], "too old")
    assert named(tmp_path, ROOT, tmp_path / "none") == ({}, ("too old",))


def test_a_worker_that_left_no_names(tmp_path: Path) -> None:
    """A table that is missing or cut short is an error."""
    for text in (None, "{'lacking': ''"):
        if text:
            (tmp_path / workers.NAMES).write_text(text)
        with pytest.raises(MeasurementError, match="left no names"):
            named(tmp_path, ROOT, tmp_path / "none")
