"""Counts of revisions, kept so that a base is measured once."""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from iaipy.errors import IaipyError
from iaipy.model.run import Run
from iaipy.store import files
from iaipy.store.document import dumps, loads

_KEPT = 50
"""Runs that are kept for a project: those used last."""

_DIGITS = 16


def name(parts: Mapping[str, object]) -> str:
    """The name of the counts that come of these circumstances: all that decides what is counted and how."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def digest(files_by_name: Mapping[str, Path]) -> str:
    """A name for the content of files."""
    found = hashlib.sha256()
    for file, path in sorted(files_by_name.items()):
        data = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        found.update(f"{file}\0{len(data)}\0".encode() + data)
    return found.hexdigest()


def load(cache: Path, name: str) -> Run | None:
    """The counts of that name; None where there are none that can be read."""
    path = _path(cache, name)
    try:
        run = loads(path.read_text(encoding="utf-8"), str(path))
        os.utime(path)
    except (OSError, ValueError, IaipyError):
        return None
    return run


def save(cache: Path, name: str, run: Run) -> None:
    """Keep counts under a name; the oldest go.

    Raises:
        OSError: they can't be written.
    """
    files.replace(_path(cache, name), dumps(run), durable=False)
    kept = sorted((cache / "counts").glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[_KEPT:]:
        with contextlib.suppress(OSError):
            path.unlink()


def _path(cache: Path, name: str) -> Path:
    return cache / "counts" / f"{name}.json"
