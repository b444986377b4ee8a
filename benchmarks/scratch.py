"""Temporary folders that make a benchmark do the same whoever runs it.

The status of a file holds its owner's number. Python keeps objects of the numbers up to 256, root's among
them, and makes one of any other each time, so files of root would count less than anybody else's.
"""

import os
import tempfile
from pathlib import Path

# Numbers that Python has made anew, for root as for others.
OWNER, GROUP = (os.geteuid(), os.getegid()) if os.geteuid() else (int("1000"), int("1000"))


def folder() -> Path:
    """An empty folder."""
    path = Path(tempfile.mkdtemp(prefix="bench-"))
    give_away(path)
    return path


def give_away(path: Path) -> None:
    """Let a file belong to root no longer."""
    os.chown(path, OWNER, GROUP)
