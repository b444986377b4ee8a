"""What else runs in a session moves no count of `pytest --iaipy`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

pytestmark = pytest.mark.usefixtures("valgrind")

SUITE = """
    import asyncio
    import json

    ROWS = [{"id": number, "name": f"row {number}", "value": number * 1.5} for number in range(100)]
    TEXT = json.dumps(ROWS)


    def test_json(benchmark):
        benchmark(json.loads, TEXT)


    def test_dict(benchmark):
        @benchmark
        def build():
            return {f"key {number}": [number] for number in range(500)}


    def test_sort(benchmark):
        words = [str(number * 7919 % 1009) for number in range(1000)]
        assert benchmark(lambda: sorted(words))[0] == "0"


    def test_gather(benchmark):
        async def one(number):
            await asyncio.sleep(0)
            return number

        async def work():
            return sum(await asyncio.gather(*(one(number) for number in range(50))))

        assert benchmark(work) == 1225


    def test_format(benchmark):
        benchmark(lambda: "".join("{:>8} {!r}".format(n, str(n)) for n in range(300)))
"""
PATHS = """
def test_read(benchmark, tmp_path):
    (tmp_path / "made").write_text("some text")
    benchmark(lambda: (tmp_path / "made").read_text())


def test_write(benchmark, tmp_path):
    benchmark(lambda: (tmp_path / "made").write_text("some text"))
"""
REVERSED = """
    import pytest


    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(items):
        items.reverse()
"""
WAYS: Mapping[str, tuple[str, ...]] = {
    "two alone": ("-k", "json or gather"),
    "another option": ("--durations=3",),
    "reversed": ("-p", "backwards"),
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with these tests, whose runs share their temporary folder with no other."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (folder / "test_small.py").write_text(dedent(SUITE))
    (folder / "backwards.py").write_text(dedent(REVERSED))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
        yield folder


def counted(folder: Path, *words: str) -> dict[str, dict[str, int]]:
    """The counters of each benchmark of a run."""
    report = folder / "report.json"
    argv = [sys.executable, "-m", "pytest", "-q", "--iaipy", f"--iaipy-report=json:{report}", *words]
    finished = subprocess.run(argv, cwd=folder, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    entries = json.loads(report.read_text())["benchmarks"]
    assert not any(entry["spread"]["instructions"] for entry in entries)
    return {entry["id"]: entry["counters"] for entry in entries}


def instructions(counters: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The instructions of each benchmark."""
    return {id_: each["instructions"] for id_, each in counters.items()}


@pytest.fixture(scope="module")
def first(suite: Path) -> dict[str, dict[str, int]]:
    """The counters of the whole suite."""
    return counted(suite)


@pytest.mark.parametrize("way", WAYS)
def test_instructions_are_the_same_in_any_session(
    suite: Path, first: Mapping[str, Mapping[str, int]], way: str
) -> None:
    """Whatever else runs, in whatever order and however many at once, a test counts the same."""
    found = instructions(counted(suite, *WAYS[way]))
    assert found == {id_: count for id_, count in instructions(first).items() if id_ in found}


def test_what_lies_beside_the_tests_moves_no_instructions(tmp_path: Path) -> None:
    """Pytest looks through all that lies in the tests' folder, as reports; a test counts the same."""
    (tmp_path / "test_paths.py").write_text(PATHS)
    words = ("-p", "no:cacheprovider", "test_paths.py")
    before = counted(tmp_path, *words)
    for number in range(40):
        (tmp_path / f"data {number}.json").touch()
    assert instructions(counted(tmp_path, *words)) == instructions(before)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--iaipy-jobs=2",),
        ("--iaipy-save-baseline=main", "--iaipy-limit", "2%"),
        ("--iaipy-repeats=1",),
        ("--iaipy-repeats=7",),
    ],
)
def test_all_counters_are_the_same_in_the_same_session(
    suite: Path, first: Mapping[str, Mapping[str, int]], words: tuple[str, ...]
) -> None:
    """The misses agree as well, however many run at once and whatever is done with the counts."""
    assert counted(suite, *words) == first
