"""Which files and benchmarks are asked for."""

from pathlib import Path

import pytest

from iaipy.collect.discover import Target, covered, files, require_known, targets
from iaipy.errors import NothingToDoError, UsageError
from iaipy.model.benchmark import Benchmark

PATTERNS = ("bench_*.py", "bench_*.yaml")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with benchmark files and others."""
    for name in (
        "benchmarks/bench_b.py",
        "benchmarks/bench_a.py",
        "benchmarks/bench_cli.yaml",
        "benchmarks/helpers.py",
        "benchmarks/deeper/bench_c.py",
        "benchmarks/__pycache__/bench_d.py",
        "benchmarks/.hidden/bench_e.py",
        "benchmarks/node_modules/bench_f.py",
        "other/special.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(tree: Path, *words: str) -> list[str]:
    """The files that these words find."""
    return [path.relative_to(tree).as_posix() for path in files(targets(words, tree, tree), PATTERNS)]


def test_folder(tree: Path) -> None:
    """In a folder and those below it the files that match a pattern are found in order, hidden ones not."""
    assert names(tree, "benchmarks") == [
        "benchmarks/bench_a.py",
        "benchmarks/bench_b.py",
        "benchmarks/bench_cli.yaml",
        "benchmarks/deeper/bench_c.py",
    ]


def test_named_file(tree: Path) -> None:
    """A file that is named is taken whatever it is called, and only once."""
    assert names(tree, "other/special.py", "other", "other/special.py::a") == ["other/special.py"]


def test_path_with_dots(tree: Path) -> None:
    """A path is taken in its shortest form, so that ids don't depend on how it was written."""
    assert targets(["other/../benchmarks/./bench_a.py::x"], tree, tree) == [
        Target(tree / "benchmarks/bench_a.py", "x")
    ]


def test_missing_path(tree: Path) -> None:
    """A path that leads nowhere is an error that names it."""
    with pytest.raises(UsageError, match=r"there is no file or folder nowhere\.py"):
        targets(["nowhere.py::a"], tree, tree)


def test_outside_the_project(tree: Path) -> None:
    """A path outside the project's root is an error: its benchmarks would have no id."""
    with pytest.raises(UsageError, match="outside the project"):
        targets(["other"], tree, tree / "benchmarks")


def benchmarks(*names: str) -> list[Benchmark]:
    """Benchmarks of one file."""
    return [Benchmark(f"b/bench_a.py::{name}", "function", "b/bench_a.py") for name in names]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ["parse", "load[rows=1]", "load[rows=2]"]),
        ("parse", ["parse"]),
        ("load", ["load[rows=1]", "load[rows=2]"]),
        ("load[rows=2]", ["load[rows=2]"]),
    ],
)
def test_name(name: str, expected: list[str]) -> None:
    """A name stands for the benchmark with it, with one set of parameters or with all."""
    places = [Target(Path("/p/b/bench_a.py"), name)]
    found = benchmarks("parse", "load[rows=1]", "load[rows=2]")
    require_known(found, places, Path("/p"))
    assert [b.name for b in found if covered(b.id, places, Path("/p"))] == expected


def test_unknown_name() -> None:
    """A name that no benchmark has is an error with the nearest names."""
    with pytest.raises(NothingToDoError, match=r"bench_a\.py has no benchmark prase") as caught:
        require_known(benchmarks("parse"), [Target(Path("/p/b/bench_a.py"), "prase")], Path("/p"))
    assert caught.value.remedy.startswith("is one of these meant: parse?")


def test_several_targets() -> None:
    """What several targets cover is wanted once, in the files' order."""
    places = [
        Target(Path("/p/b/bench_a.py"), "b"),
        Target(Path("/p/b/bench_a.py"), "a"),
        Target(Path("/p/b"), "b"),
    ]
    found = benchmarks("a", "b", "c")
    assert [b.name for b in found if covered(b.id, places, Path("/p"))] == ["a", "b"]
