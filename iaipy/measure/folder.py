"""A temporary folder of a run's own, at the same path in every run.

Workers see the project, and all else that is theirs, behind this path. Programs hash paths: they are keys of
dictionaries, and `pathlib` interns their parts. Behind a random name they would get other places in such
tables in every run, which moves cache misses and, where two collide, instructions.
"""

import fcntl
import os
import shutil
import tempfile
from itertools import count
from pathlib import Path

_PERIOD = 64


class RunFolder:
    """The first of the usual folders that no other run has, empty.

    Parameters:
        parent: where it is made; None for the system's folder of temporary files.

    Raises:
        OSError: nothing can be made there.
    """

    def __init__(self, parent: Path | None = None) -> None:
        place = (parent or Path(tempfile.gettempdir())).absolute()
        for number in count(1):
            self.path = place / name(place, number)
            try:
                self.path.mkdir(mode=0o700)
                made = True
            except FileExistsError:
                made = False
            lock = _locked(self.path, made=made)
            if lock is not None:
                self._lock = lock
                return

    def close(self) -> None:
        """Remove it and all that is in it, as far as that is possible."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def name(parent: Path, number: int) -> str:
    """A folder's name, such that its path is as long whatever it is in.

    The lengths of paths decide where an import leaves its objects.
    """
    start, end = "iaipy-", f"{number:08}"
    used = len(os.fsencode(parent)) + 1 + len(start) + len(end)
    return start + "-" * (-used % _PERIOD) + end


def _locked(path: Path, *, made: bool) -> int | None:
    """Take a folder that belongs to no other run, and clear it of what a run that died has left.

    Parameters:
        made: whether it has just been made here; then it is taken on file systems without locks too.

    Returns:
        A descriptor that holds its lock until it is closed; None where it isn't free, or isn't ours.
    """
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # another user's, or gone again
        return None
    try:
        if _lock(folder) or made:
            state = os.fstat(folder)
            if state.st_uid == os.geteuid() and os.path.samestat(state, path.lstat()):
                _clear(path)
                return folder
    except OSError:  # in use, removed meanwhile, or something in it can't be removed
        pass
    os.close(folder)
    return None


def _lock(folder: int) -> bool:
    """Lock it; False where the file system has no locks.

    Raises:
        BlockingIOError: another has it.
    """
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True


def _clear(path: Path) -> None:
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    path.chmod(0o700)
