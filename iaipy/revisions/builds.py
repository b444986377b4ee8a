"""Virtual environments with a revision's packages, built by the project's own command and kept."""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from iaipy import process
from iaipy.errors import HostError
from iaipy.measure import environment
from iaipy.revisions.places import KEY, Places

_LINES = 20
_NAME_DIGITS = 12
_KEPT = 6
"""Environments that are kept for a project: those used last."""

_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "requirements*.txt", "*.lock", "Pipfile")
_PRODUCTS = ("build", "dist", "__pycache__")
_IDENTITY = "import sys; print(sys.base_prefix, *sys.version.split())"
_HAS_CFFI = "import _cffi_backend"
_SHELL = "/bin/sh"
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "__PYVENV_LAUNCHER__")


@dataclass(frozen=True)
class Recipe:
    """How a side is built.

    Parameters:
        command: for the shell, in the checkout; "" where there is nothing to build.
        timeout_s: seconds that each of its steps may take.
        python: the interpreter that environments are made from.
        counts: whether instructions will be counted, which takes cffi.
        fresh: build anew what was built before.
    """

    command: str
    timeout_s: float
    python: str
    counts: bool
    fresh: bool = False


def build(recipe: Recipe, label: str, root: Path, source: str, places: Places) -> None:
    """Put the packages of the side whose turn it is into its virtual environment.

    There is one for each side, interpreter, command and content of the files that say what is to be
    installed, so that dependencies are installed once.

    Parameters:
        label: what messages call the side.
        root: of the project in the checkout; building may write there.
        source: a name for all of the checkout's content; with another one the command is run again.

    Raises:
        HostError: it can't be built, or not in time; the message ends in the last lines of output.
    """
    log = places.cache / "build.log"
    env = _environment(places.venv)
    key = _name(recipe, places.side, root)
    if recipe.fresh:
        shutil.rmtree(places.parked_venv(key), ignore_errors=True)
    _forget_old(places.parked_venv(key).parent)
    places.take(key)
    marker = places.venv / "built"
    if not marker.exists():
        shutil.rmtree(places.venv, ignore_errors=True)
        step = _Step(recipe, label, log, Path("/"), env)
        step.run((recipe.python, "-m", "venv", str(places.venv)))
        (places.venv / KEY).write_text(key, encoding="utf-8")
        if recipe.counts:
            cffi = f"cffi=={metadata.version('cffi')}"
            step.run((str(places.python), "-m", "pip", "install", "--quiet", cffi))
    elif marker.read_text(encoding="utf-8") == source:
        os.utime(marker)
        return
    # What isn't marked as built is made anew from its beginning.
    marker.unlink(missing_ok=True)
    before = set(_files(root))
    if recipe.command:
        _Step(recipe, label, log, root, env).run((_SHELL, "-c", recipe.command))
    asked = process.ask((str(places.python), "-c", _HAS_CFFI), env=env, cwd=Path("/"))
    if recipe.counts and asked.status != 0:
        raise HostError(f"the build of {label} removed cffi, without which nothing can be counted")
    # What is built in place is gone with the checkout, so that it has to be built again.
    lasting = not _in_place(set(_files(root)) - before)
    marker.write_text(source if lasting else "", encoding="utf-8")


@dataclass(frozen=True)
class _Step:
    recipe: Recipe
    label: str
    log: Path
    folder: Path
    env: Mapping[str, str]

    def run(self, argv: tuple[str, ...]) -> None:
        """Run a part of a build, which must succeed in time."""
        command = argv[-1] if argv[0] == _SHELL else " ".join(argv)
        with self.log.open("wb") as output:
            try:
                status = process.run(
                    argv, env=self.env, cwd=self.folder, timeout_s=self.recipe.timeout_s, output=output
                )
            except OSError as error:
                raise HostError(f"{argv[0]} can't be started: {error.strerror}") from error
        if status == 0:
            return
        if status is None:
            how = f"took longer than {self.recipe.timeout_s:g} s"
            remedy = "give it longer, with build_timeout in [tool.iaipy]"
        else:
            how = process.described(status)
            remedy = (
                "the setting build in [tool.iaipy] is the command that installs the project; "
                'where there is nothing to install, let it be ""'
            )
        said = process.last_lines(self.log, _LINES)
        lines = "".join(f"\n    {line}" for line in said.splitlines())
        raise HostError(f"{self.label} can't be built: `{command}` {how}{lines}", remedy)


def _environment(folder: Path) -> dict[str, str]:
    """The environment of a build: the user's, with the virtual environment active."""
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return {
        **kept,
        "PATH": f"{folder / 'bin'}:{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(folder),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }


def _name(recipe: Recipe, side: str, root: Path) -> str:
    asked = process.ask((recipe.python, "-c", _IDENTITY), env=os.environ, cwd=Path("/"))
    digest = hashlib.sha256("\0".join((side, asked.output, recipe.command, str(recipe.counts))).encode())
    for path in sorted({path for pattern in _BUILD_FILES for path in root.glob(pattern) if path.is_file()}):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:_NAME_DIGITS]


def _files(tree: Path) -> Iterable[str]:
    for folder, folders, names in os.walk(tree):
        here = Path(folder).relative_to(tree)
        folders[:] = [name for name in folders if name != ".git"]
        yield from ((here / name).as_posix() for name in names)


def _in_place(products: Iterable[str]) -> bool:
    """Whether files that a build has made are of use where they are."""
    return any(
        not any(part in _PRODUCTS or part.endswith(".egg-info") for part in Path(path).parts)
        for path in products
    )


def _forget_old(folder: Path) -> None:
    """Remove all environments but those used last."""
    if not folder.is_dir():
        return

    def used(each: Path) -> float:
        marker = each / "built"
        return marker.stat().st_mtime if marker.exists() else 0.0

    for old in sorted(folder.iterdir(), key=used, reverse=True)[_KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def interpreter(name: str) -> str:
    """The interpreter that environments are made from: the configured one, or the one that runs this.

    Raises:
        HostError: there is no such program.
    """
    return environment.find_python(name, os.environ) if name else sys.executable
