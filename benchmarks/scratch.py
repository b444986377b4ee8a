"""A temporary folder that makes a benchmark do the same whoever runs it, and every time.

The status of a file holds its owner's number. Python keeps objects of the numbers up to 256, root's among
them, and makes one of any other each time, so files of root would count less than anybody else's.

A temporary folder has a random name. Python's paths put each of their parts into a table, and where it goes
there moves a cache miss or two. So the folder becomes the current one, and no path holds its name.
"""

import os
import shutil
import tempfile
from pathlib import Path

# Numbers that Python has made anew, for root as for others.
OWNER, GROUP = (os.geteuid(), os.getegid()) if os.geteuid() else (int("1000"), int("1000"))

_folders: list[str] = []


def enter() -> Path:
    """Go into an empty folder, until `leave`; it is the current one, so its path has no parts."""
    folder = tempfile.mkdtemp(prefix="bench-")
    os.chown(folder, OWNER, GROUP)
    os.chdir(folder)
    _folders.append(folder)
    return Path()


def leave() -> None:
    """Remove the folder; the root is the current one then."""
    os.chdir("/")
    shutil.rmtree(_folders.pop())


def give_away(path: Path) -> None:
    """Let a file belong to root no longer."""
    os.chown(path, OWNER, GROUP)
