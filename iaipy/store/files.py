"""Files in iaipy's folder: written whole or not at all, by one iaipy at a time."""

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from iaipy.errors import HostError

LOCK_TIMEOUT_S = 30.0


@contextlib.contextmanager
def writing(outcome: str) -> Iterator[None]:
    """Turn what the system refuses into one sentence that says what became of it.

    Parameters:
        outcome: how that sentence begins, such as "the baseline main was left as it was".

    Raises:
        HostError: the system refused something in the block.
    """
    try:
        yield
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        raise HostError(
            f"{outcome}: {error.strerror or error}{place}",
            "free some space, let this user write there, or name another folder with --storage",
        ) from error


@contextlib.contextmanager
def locked(storage: Path) -> Iterator[None]:
    """Keep other iaipys from writing to the folder, which is made where it isn't there.

    Raises:
        HostError: another one does not let go of it.
        OSError: it can't be made or written.
    """
    make(storage)
    lock = FileLock(storage / "lock", timeout=LOCK_TIMEOUT_S)
    try:
        lock.acquire()
    except Timeout as error:
        raise HostError(
            f"another iaipy has been holding {storage / 'lock'} for {LOCK_TIMEOUT_S:g} s",
            "let it finish, then try again",
        ) from error
    try:
        yield
    finally:
        lock.release()


def make(storage: Path) -> None:
    """Make iaipy's folder, set up so that git sees nothing in it but what is to be committed."""
    storage.mkdir(parents=True, exist_ok=True)
    ignore = storage / ".gitignore"
    if not ignore.exists():
        ignore.write_text("last-run.json\nlock\n*.tmp\n", encoding="utf-8")


def replace(target: Path, text: str, *, durable: bool) -> None:
    """Write a file so that at every instant either the old or the new one is there, whole.

    Parameters:
        durable: wait until the disk has it.
    """
    replace_all({target: text.encode()}, durable=durable)


def replace_all(contents: Mapping[Path, bytes | None], *, durable: bool) -> None:
    """Write or remove files, each as `replace` does; none is touched before all have found room on the disk.

    A device or a pipe can't be replaced: it is written to.

    Parameters:
        contents: by file; None to remove it.
        durable: wait until the disk has them.
    """
    written: dict[Path, Path] = {}
    try:
        for target, content in contents.items():
            if content is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                if is_special(target):
                    target.write_bytes(content)
                    continue
                written[target] = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
                _write(written[target], content, durable=durable)
        for target in contents:
            if target in written:
                written[target].replace(target)
            elif not is_special(target):
                target.unlink(missing_ok=True)
    except BaseException:
        for temporary in written.values():
            with contextlib.suppress(OSError):
                temporary.unlink()
        raise
    if durable:
        for folder in {target.parent for target in contents}:
            _sync_folder(folder)


def is_special(path: Path) -> bool:
    """Whether something is there that a file can't take the place of: a device, a pipe, a folder."""
    return path.exists() and not path.is_file()


def _write(file: Path, content: bytes, *, durable: bool) -> None:
    with file.open("xb") as opened:
        opened.write(content)
        if durable:
            opened.flush()
            os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    # Some file systems can't sync a folder; the new file is in place by now, so that is no failure.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
