"""Temporary folders that make a benchmark do the same whoever runs it.

The status of a file holds its owner's number. Python keeps objects of the numbers up to 256, root's among
them, and makes one of any other each time, so files of root would count less than anybody else's.
"""

import os
import tempfile
from pathlib import Path

OWNER = 1000 if os.geteuid() == 0 else -1  # -1 leaves it as it is, by the same instructions


def folder() -> Path:
    """An empty folder."""
    path = Path(tempfile.mkdtemp(prefix="bench-"))
    give_away(path)
    return path


def give_away(path: Path) -> None:
    """Let a file belong to root no longer."""
    os.chown(path, OWNER, OWNER)
