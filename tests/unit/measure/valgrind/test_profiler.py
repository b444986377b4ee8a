"""How callgrind is started, and what its worker leaves behind."""

from pathlib import Path

import pytest

from iaipy.errors import MeasurementError
from iaipy.measure.valgrind.launch import Valgrind
from iaipy.measure.valgrind.profiler import TICKET, Said, callgrind_argv
from iaipy.model.profile import Function
from iaipy.workers import protocol

ROOT = Path("/home/me/project")


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """What a worker has left in a folder, which is empty at first."""
    return Said(tmp_path, tmp_path / "project", ROOT)


def answer(folder: Path, text: str) -> None:
    """Leave a worker's answer."""
    (folder / protocol.answer_name(TICKET)).write_text(text)


def names(folder: Path, rows: list[tuple[int, str, str, str, int]], lacking: str = "") -> None:
    """Leave a worker's table of names."""
    told = {"lacking": lacking, "rows": rows, "modules": {f"{folder}/project/app.py": "app"}}
    (folder / protocol.NAMES).write_text(ascii(told))


def test_files_go_to_the_folder() -> None:
    """Callgrind's files lie in the folder, also where its path has a sign that valgrind would replace."""
    argv = callgrind_argv(Valgrind("/usr/bin/valgrind", "3.19.0", (3, 19)), Path("/tmp/50%p"))
    assert "--callgrind-out-file=/tmp/50%%p/profile.%p" in argv
    assert "--log-file=/tmp/50%%p/valgrind.%p" in argv


def test_remarks_follow_the_readings(said: Said, tmp_path: Path) -> None:
    """A good answer has two numbers, of no use here, and remarks."""
    answer(tmp_path, "ok\n0\n0\nleft 1 thread running\0")
    assert said.notes(-9, 1, 10) == ("left 1 thread running",)


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("", 3, "its process ended with exit status 3"),
        ("ok\n0", -11, "its process was killed by SIGSEGV"),
        ("raised\nValueError: no\n\0", -9, "raised ValueError: no"),
        ("unawaited\0", -9, "is a plain function that returned a coroutine"),
        ("", None, "took longer than 10 s under callgrind"),
    ],
)
def test_failures_are_told(said: Said, tmp_path: Path, text: str, status: int | None, message: str) -> None:
    """An answer that is none, or tells of a failure, becomes an error."""
    answer(tmp_path, text)
    with pytest.raises(MeasurementError, match=message):
        said.notes(status, 1, 10)


def test_an_import_error_is_told_with_the_projects_paths(said: Said, tmp_path: Path) -> None:
    """What the worker saw behind its link is where a person knows it to be."""
    (tmp_path / protocol.IMPORT_ERROR).write_text(f"ValueError: no\nin {tmp_path}/project/app.py")
    with pytest.raises(MeasurementError) as caught:
        said.notes(0, 1, 10)
    assert caught.value.details == f"in {ROOT}/app.py"


def test_names_come_from_both_sources(said: Said, tmp_path: Path) -> None:
    """The worker's table says most; what it lacks is in perf's map."""
    names(tmp_path, [(16, "app", "f", f"{tmp_path}/project/app.py", 3)])
    (tmp_path / "map").write_text(f"10 b py::f:x\n1b b py::g:{tmp_path}/project/app.py\n")
    assert said.functions(tmp_path / "map") == (
        {16: Function("app.f", "app.py", 3), 27: Function("app.g", "app.py")},
        (),
    )


def test_a_missing_perf_map_is_told(said: Said, tmp_path: Path) -> None:
    """Without perf's map the worker's table is used, and the profile says so."""
    names(tmp_path, [(16, "app", "f", "app.py", 3)])
    functions, notes = said.functions(tmp_path / "none")
    assert list(functions) == [16]
    assert "perf's map is missing" in notes[0]


def test_why_there_are_no_names(said: Said, tmp_path: Path) -> None:
    """The worker's reason is passed on."""
    names(tmp_path, [], "too old")
    assert said.functions(tmp_path / "none") == ({}, ("too old",))


def test_a_worker_that_left_no_names(said: Said, tmp_path: Path) -> None:
    """A table that is missing or cut short is an error."""
    for text in (None, "{'lacking': ''"):
        if text:
            (tmp_path / protocol.NAMES).write_text(text)
        with pytest.raises(MeasurementError, match="left no names"):
            said.functions(tmp_path / "none")
