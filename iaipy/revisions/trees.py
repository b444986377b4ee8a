"""Checkouts beside the user's own, of a revision or of the work tree as it is."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from iaipy.revisions import git
from iaipy.revisions.git import Repository

_WRITTEN_NS = 1_500_000_000_500_000_000

_Warned = Callable[[str], None]


@contextlib.contextmanager
def checked_out(repo: Repository, commit: str, folder: Path, warned: _Warned) -> Iterator[Path]:
    """A revision in a folder of its own while the block runs, submodules included where they are at hand.

    Parameters:
        folder: where; what an earlier iaipy has left there is removed.
        warned: told which submodules are missing, one sentence each.

    Raises:
        HostError: git can't do it.
    """
    with _worktree(repo, commit, folder):
        git.do(folder, "read-tree", "HEAD")
        git.do(folder, "checkout-index", "--all", "--force")
        _fill_submodules(repo.common, folder, commit, folder, warned)
        _settle_times(folder)
        yield folder


@contextlib.contextmanager
def copied(repo: Repository, folder: Path) -> Iterator[Path]:
    """The work tree as it is, but for what git ignores, in a folder of its own while the block runs.

    Raises:
        HostError: git can't do it, or a file can't be copied.
    """
    with _worktree(repo, "HEAD", folder):
        git.do(folder, "read-tree", "HEAD")
        _copy(repo.top, folder)
        _settle_times(folder)
        git.ask(folder, "update-index", "-q", "--refresh")
        yield folder


@contextlib.contextmanager
def _worktree(repo: Repository, commit: str, folder: Path) -> Iterator[None]:
    """A git work tree without files; git itself remembers nothing of it afterwards."""
    _remove(repo, folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        git.do(repo.top, "worktree", "add", "--force", "--detach", "--no-checkout", str(folder), commit)
        yield
    finally:
        _remove(repo, folder)


def _remove(repo: Repository, folder: Path) -> None:
    """Remove a checkout and what git knows of it; nothing else that git would prune."""
    git.ask(repo.top, "worktree", "remove", "--force", "--force", str(folder))
    shutil.rmtree(folder, ignore_errors=True)


def _settle_times(folder: Path) -> None:
    """Give all files one time: a Python that starts makes numbers of them, some of which take longer."""
    used_ns = time.time_ns() | 1
    for here, _, names in os.walk(folder):
        for name in names:
            os.utime(Path(here, name), ns=(used_ns, _WRITTEN_NS), follow_symlinks=False)


def _copy(source: Path, target: Path) -> None:
    """Copy the files of a work tree that git has or would take, those of its submodules too."""
    listed = git.do(source, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in dict.fromkeys(filter(None, listed.split("\0"))):
        from_, to = source / name, target / name
        if target.is_relative_to(from_) or "__pycache__" in from_.parts:
            continue
        if from_.is_dir() and not from_.is_symlink():  # a submodule
            to.mkdir(parents=True, exist_ok=True)
            if (from_ / ".git").exists():
                _copy(from_, to)
        elif os.path.lexists(from_):  # else it was deleted
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(from_, to, follow_symlinks=False)


def _fill_submodules(common: Path, folder: Path, commit: str, top: Path, warned: _Warned) -> None:
    """Put the submodules of a checkout in their places, from what the user's clone has of them.

    Nothing is fetched: a clone that git makes for another work tree would come over the network again.

    Parameters:
        common: git's folder of the module that `folder` holds.
        commit: of that module.
        top: the checkout that all is in.
    """
    if not (folder / ".gitmodules").is_file():
        return
    found = git.ask(folder, "config", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    for line in found.output.splitlines():
        key, _, path = line.partition(" ")
        place = folder / path
        if not place.resolve().is_relative_to(folder.resolve()):
            continue
        entry = git.ask(common, "--git-dir", str(common), "ls-tree", commit, "--", path).output.split()
        module = common / "modules" / key.removeprefix("submodule.").removesuffix(".path")
        if len(entry) < 3 or entry[1] != "commit":
            continue
        if not _put(module, entry[2], place):
            warned(
                f"the submodule {place.relative_to(top)} is left empty, because this clone lacks its commit "
                f"{entry[2][:12]}: git submodule update --init, or git fetch in it, gets that"
            )
            continue
        _fill_submodules(module, place, entry[2], top, warned)


def _put(module: Path, commit: str, place: Path) -> bool:
    """Write a module's files of a commit; False where they are not at hand."""
    if not module.is_dir():
        return False
    place.mkdir(parents=True, exist_ok=True)
    index = place.with_name(f".{place.name}.index")
    where = ("--git-dir", str(module), "--work-tree", str(place))
    try:
        return all(
            git.ask(place, *where, *words, env={"GIT_INDEX_FILE": str(index)}).status == 0
            for words in (("read-tree", commit), ("checkout-index", "--all", "--force"))
        )
    finally:
        index.unlink(missing_ok=True)
