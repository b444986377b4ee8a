"""What git is asked: which repository this is, what a revision names, and files of it put elsewhere."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iaipy import process
from iaipy.errors import HostError, NothingToDoError

_TIMEOUT_S = 600.0
_LINES = 10
# A hook of the user's must not run for a checkout of ours.
_SETTINGS = ("-c", f"core.hooksPath={os.devnull}", "-c", "advice.detachedHead=false")
_SHORT = 7


@dataclass(frozen=True)
class Repository:
    """A repository and the project in it.

    Parameters:
        top: the work tree's root, absolute.
        common: the folder that all its work trees share, absolute.
        project: the project's root, from `top`; "." where they are the same.
    """

    top: Path
    common: Path
    project: Path


@dataclass(frozen=True)
class Revision:
    """What a revision names.

    Parameters:
        name: as a person wrote it.
        commit, tree: their full names.
    """

    name: str
    commit: str
    tree: str

    @property
    def label(self) -> str:
        """What reports call it: the name and the first digits of the commit."""
        short = self.commit[:_SHORT]
        return short if self.commit.startswith(self.name) else f"{self.name} ({short})"


def ask(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> process.Finished:
    """Run git in a folder and keep what it prints, errors too.

    Raises:
        HostError: there is no git.
    """
    # A hook that starts iaipy has these set, and they go before the folder.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept = {name: value for name, value in os.environ.items() if name.startswith("GIT_CONFIG_")}
    try:
        return process.ask(
            ("git", *_SETTINGS, *words),
            env={**inherited, **kept, **(env or {})},
            cwd=folder,
            timeout_s=_TIMEOUT_S,
        )
    except OSError as error:
        raise HostError(f"git can't be started: {error.strerror}", "install git") from error


def do(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> str:
    """Run git, which must succeed; what it prints.

    Raises:
        HostError: it failed, with the last lines that it printed.
    """
    done = ask(folder, *words, env=env)
    if done.status != 0:
        said = "\n".join(done.output.strip().splitlines()[-_LINES:])
        raise HostError(f"git {' '.join(words[:2])} failed in {folder}: {said}")
    return done.output


def repository(root: Path) -> Repository:
    """The repository that a project is in.

    Raises:
        HostError: it is in none, or git doesn't trust it.
    """
    found = ask(root, "rev-parse", "--show-toplevel", "--git-common-dir")
    if found.status != 0:
        last = found.output.strip().splitlines()[:1]
        if last and "not a git repository" not in last[0]:
            raise HostError(f"git can't be used in {root}: {last[0]}")
        raise HostError(
            f"{root} is not in a git repository, so there are no revisions to compare",
            "run it in a clone of the project, or compare stored runs: iaipy compare BASE HEAD",
        )
    top, common = found.output.splitlines()
    return Repository(Path(top), (root / common).resolve(), Path(os.path.relpath(root.resolve(), top)))


def revision(repo: Repository, name: str) -> Revision:
    """The commit that a name stands for.

    Raises:
        NothingToDoError: there is none, with what may help: a clone that is shallow, a branch of the remote.
    """
    # With --end-of-options a name that begins with a dash can't be an option.
    found = ask(repo.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if found.status != 0 or ask(repo.top, "cat-file", "-e", found.output.strip()).status != 0:
        raise NothingToDoError(f"there is no revision {name} in {repo.top}", _remedy(repo, name))
    commit = found.output.strip()
    return Revision(name, commit, do(repo.top, "rev-parse", f"{commit}^{{tree}}").strip())


def _remedy(repo: Repository, name: str) -> str:
    if ask(repo.top, "rev-parse", "--is-shallow-repository").output.strip() == "true":
        wanted = name.removeprefix("origin/")
        if not set("~^@:").isdisjoint(name):
            return "this clone is shallow and lacks older commits: git fetch --unshallow"
        return (
            f"this clone is shallow: git fetch --depth=1 origin {wanted}, then --base FETCH_HEAD; "
            "or fetch all of it: git fetch --unshallow"
        )
    listed = ask(repo.top, "for-each-ref", "--format=%(refname:short)", f"refs/remotes/*/{name}")
    if listed.status == 0 and listed.output.strip():
        return f"did you mean {listed.output.split()[0]}?"
    return "git branch --all lists the branches; git fetch gets those of the remote"
