"""What a project is like, as far as its workflows depend on it."""

import json
import os
import re
import sys
import tomllib
from collections.abc import Sequence
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

from iaipy import __version__
from iaipy.errors import UsageError
from iaipy.process import ask
from iaipy.starter.workflow import Workflows

_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_REQUIREMENT = re.compile(r"[A-Za-z0-9.][\w.~:/@%+=,\[\]-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_ADDRESS = re.compile(r"(?:https?|ssh)://[\w.~:/@%+-]+", re.ASCII)


def workflows(root: Path, branch: str = "", iaipy: str = "") -> Workflows:
    """The workflows that suit a project.

    Parameters:
        branch: the one that pull requests are merged into; "" to find it out.
        iaipy: what pip installs iaipy from; "" for where this iaipy came from.

    Raises:
        UsageError: the branch's name or the requirement can't be written into a workflow.
    """
    branch, iaipy = branch or main_branch(root), iaipy or requirement()
    if not _BRANCH.fullmatch(branch):
        raise UsageError(f"{branch!r} can't be the branch of a workflow", "name it with --branch")
    if not _REQUIREMENT.fullmatch(iaipy):
        raise UsageError(
            f"{iaipy!r} can't be what a workflow installs iaipy from",
            "a version (iaipy==1.2) or an address (git+https://…@COMMIT), without spaces and quotes, can",
        )
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Workflows(branch, python, iaipy, installed(root))


def requirement() -> str:
    """What pip installs this iaipy from: the repository and commit that it came from, or its version."""
    try:
        text = Distribution.from_name("iaipy").read_text("direct_url.json") or "{}"
    except PackageNotFoundError:
        text = "{}"
    origin = json.loads(text)
    source, address = origin.get("vcs_info", {}), origin.get("url", "")
    commit = source.get("commit_id", "")
    if source.get("vcs") == "git" and _COMMIT.fullmatch(commit) and _ADDRESS.fullmatch(address):
        return f"git+{address}@{commit}"
    return f"iaipy=={__version__}"


def installed(root: Path) -> tuple[str, ...]:
    """What pip has to install so that benchmarks can import the project: itself, or what it requires."""
    if (root / "setup.py").exists() or _is_package(root / "pyproject.toml"):
        return (".",)
    return ("-r", "requirements.txt") if (root / "requirements.txt").exists() else ()


def main_branch(root: Path) -> str:
    """The branch that pull requests are merged into: the remote's, main, master or the current one."""
    remote = _git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    if remote:
        return remote
    local = _git(root, "for-each-ref", "--format=%(refname:short)", "refs/heads/main", "refs/heads/master")
    return next(iter(local.split()), "") or _git(root, "symbolic-ref", "--short", "HEAD") or "main"


def top(root: Path) -> Path | None:
    """The folder that the repository begins at; None where there is none."""
    found = _git(root, "rev-parse", "--show-toplevel")
    return Path(found) if found else None


def _git(root: Path, *words: str) -> str:
    """What git answers; "" where it knows nothing, or isn't there."""
    command: Sequence[str] = ("git", *words)
    try:
        done = ask(command, env=os.environ, cwd=root, errors=False)
    except OSError:
        return ""
    return done.output.strip() if done.status == 0 else ""


def _is_package(path: Path) -> bool:
    """Whether a pyproject.toml describes something that pip can install."""
    try:
        return not {"project", "build-system"}.isdisjoint(tomllib.loads(path.read_bytes().decode()))
    except (OSError, ValueError):
        return False
