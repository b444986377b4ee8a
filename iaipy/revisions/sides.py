"""The two sides of a comparison: where each lies, how it is configured, what it declares."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iaipy import suite
from iaipy.collect import discover
from iaipy.config import Config
from iaipy.errors import UsageError
from iaipy.revisions.places import Places
from iaipy.suite import Collected


@dataclass(frozen=True)
class Side:
    """One side, built and collected.

    Parameters:
        label: what messages call it.
        config: of this side: its root is the checkout, its interpreter that of its virtual environment.
        collected: the benchmarks it declares.
    """

    label: str
    config: Config
    collected: Collected


def collected(config: Config, words: Sequence[str], start: Path, root: Path) -> Collected:
    """The benchmarks of a side.

    Parameters:
        config: of the side.
        words, start: targets and the folder they begin at, in the user's project.
        root: of the user's project.

    Raises:
        UsageError: a declaration is wrong.
    """
    return suite.collect(config, words, config.root / os.path.relpath(start, root))


def benchmark_files(config: Config, words: Sequence[str], start: Path) -> dict[str, Path]:
    """The files that benchmarks are made of, by their names from the root.

    The folders that the configuration names are taken whole, with helpers and data; where such a folder is
    the root itself, and for targets elsewhere, only the files that are benchmarks.
    """
    here = discover.targets(words, start, config.root) if words else []
    there = [config.root / entry for entry in config.benchmarks if (config.root / entry).exists()]
    found: dict[str, Path] = {}
    for place in (*there, *(target.path for target in here)):
        whole = place in there and not config.root.is_relative_to(place.resolve())
        target = discover.Target(place)
        paths = all_files(place) if whole else discover.files([target], config.pattern)
        found.update({path.relative_to(config.root).as_posix(): path for path in paths})
    return found


def all_files(place: Path) -> Iterator[Path]:
    """The file, or all files of a folder, but for compiled modules and what git keeps."""
    if place.is_file():
        yield place
    for folder, folders, names in os.walk(place):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", ".git"))
        yield from (Path(folder, name) for name in sorted(names) if name != ".git")


def overlay(files: dict[str, Path], config: Config, root: Path) -> None:
    """Put the benchmark files of one side into another, in place of its own.

    Parameters:
        root: of the side that gets them.
    """
    for entry in config.benchmarks:
        place = root / entry
        if place.is_dir() and not root.resolve().is_relative_to(place.resolve()):
            shutil.rmtree(place)
    for name, path in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)


def placed(config: Config, root: Path, places: Places) -> Config:
    """The configuration of a side whose project is in a folder.

    Parameters:
        root: of the project.
    """
    python, storage = str(places.python), places.cache
    return replace(
        config, root=root, python=python, storage=storage, baseline=None, save_baseline=None, shard=None
    )


def require_own_packages(top: Path) -> None:
    """See that PYTHONPATH doesn't make both sides import the work tree.

    Raises:
        UsageError: it names a folder in it by an absolute path.
    """
    for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        if Path(entry).is_absolute() and Path(entry).resolve().is_relative_to(top):
            raise UsageError(
                f"PYTHONPATH names {entry} in the work tree, which both sides would import",
                "unset PYTHONPATH, or name folders relative to the project's root",
            )
