"""Which files hold benchmarks, and which benchmarks of them were asked for."""

import difflib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from iaipy.errors import NothingToDoError, UsageError
from iaipy.model.benchmark import Benchmark

_SKIPPED = {"__pycache__", "node_modules", "site-packages"}


@dataclass(frozen=True)
class Target:
    """A place to look for benchmarks.

    Parameters:
        path: a file or folder, absolute.
        name: what stands behind "::": a benchmark, with or without its parameters; "" for all.
    """

    path: Path
    name: str = ""

    def covers(self, file: Path, name: str) -> bool:
        """Whether a benchmark of a file is meant."""
        if file != self.path and self.path not in file.parents:
            return False
        return self.name in ("", name, name.partition("[")[0])


def targets(words: Sequence[str], start: Path, root: Path) -> list[Target]:
    """What the words on a command line name, each `PATH` or `PATH::NAME`, from the folder `start`.

    Raises:
        UsageError: there is no such file or folder, or it is outside the project's root.
    """
    found = []
    for word in words:
        path, _, name = word.partition("::")
        place = Path(os.path.normpath(start / path))  # not resolved: a linked checkout keeps its own ids
        if not place.exists():
            raise UsageError(
                f"there is no file or folder {path}", "name a benchmark file, or FILE::BENCHMARK"
            )
        if not place.is_relative_to(root):
            raise UsageError(
                f"{path} is outside the project {root}", "run iaipy in the project it belongs to"
            )
        found.append(Target(place, name))
    return found


def files(places: Iterable[Target], patterns: Sequence[str]) -> list[Path]:
    """The files that may hold benchmarks: those named, and in folders those that match a pattern."""
    found: dict[Path, None] = {}
    for place in places:
        if place.path.is_file():
            found[place.path] = None
            continue
        for folder, folders, names in os.walk(place.path):
            folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
            for name in sorted(names):
                if any(fnmatch(name, pattern) for pattern in patterns):
                    found[Path(folder, name)] = None
    return list(found)


def covered(benchmark_id: str, places: Iterable[Target], root: Path) -> bool:
    """Whether one of the places covers a benchmark."""
    path, _, name = benchmark_id.partition("::")
    return any(place.covers(root / path, name) for place in places)


def require_known(benchmarks: Sequence[Benchmark], places: Iterable[Target], root: Path) -> None:
    """Check that every benchmark that is named exists.

    Raises:
        NothingToDoError: a place names a benchmark that its file does not have.
    """
    for place in places:
        if place.name and not any(covered(benchmark.id, (place,), root) for benchmark in benchmarks):
            near = difflib.get_close_matches(place.name, [b.name for b in benchmarks], n=3)
            hint = f"is one of these meant: {', '.join(near)}? " if near else ""
            raise NothingToDoError(
                f"{place.path.name} has no benchmark {place.name}", f"{hint}iaipy list shows them all"
            )
