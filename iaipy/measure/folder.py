"""A temporary folder of a run's own, at the same path in every run.

Workers see the project, and all else that is theirs, behind this path. Programs hash paths: they are keys of
dictionaries, and `pathlib` interns their parts. Behind a random name they would get other places in such
tables in every run, which moves cache misses and, where two collide, instructions.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
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
        with suppress(OSError):
            if os.path.samestat(os.fstat(self._lock), self.path.lstat()):  # else it's another run's by now
                remove(self.path)
        os.close(self._lock)


def remove(path: Path) -> None:
    """Remove a folder of ours and all that is in it, folders that were made read-only too."""
    for folder, names, _ in os.walk(path):
        for each in names:
            inner = Path(folder, each)
            if not inner.is_symlink():
                with suppress(OSError):
                    inner.chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)


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
        made: whether it has just been made here. Then it is ours also where the file system has no locks, or
            gives files to another user.

    Returns:
        A descriptor that holds its lock until it is closed; None where it isn't free, or isn't ours.

    Raises:
        OSError: it has just been made, and can't be opened.
    """
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # another user's, or gone again
        if made:
            raise
        return None
    try:
        free = _lock(folder)
        state = os.fstat(folder)
        ours = made or (free and state.st_uid == os.geteuid() and not _is_in_use(path))
        if ours and os.path.samestat(state, path.lstat()):
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


def _is_in_use(path: Path) -> bool:
    """Whether a program that a run started still names it, although the run itself has died."""
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if os.fsencode(path) in words.read_bytes():
                return True
    return False


def _clear(path: Path) -> None:
    path.chmod(0o700)
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            remove(entry)
        else:
            entry.unlink()
