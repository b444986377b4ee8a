"""Which files a project gets, and what becomes of those that are there already."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from iaipy.config import TOML_NAME, YAML_NAME
from iaipy.errors import HostError
from iaipy.starter.configuration import configuration
from iaipy.starter.project import installed
from iaipy.starter.workflow import FOLDER, NAMES, Workflows, template

BENCHMARK = "benchmarks/bench_example.py"

Effect = Literal["new", "same", "extended", "replaced"]


@dataclass(frozen=True)
class Written:
    """A file to be written.

    Parameters:
        name: its path from the project's root.
        text: what is to stand in it.
        effect: what that does to the project: the file is new, or as it is already, or gets more, or other,
            content than it has.
    """

    name: str
    text: str
    effect: Effect


def plan(root: Path, workflows: Workflows | None) -> list[Written]:
    """What is to be written; no starter where there are benchmarks already.

    Parameters:
        workflows: None for none.

    Raises:
        UsageError: the configuration's file can't be extended.
        HostError: a file that is there can't be read.
    """
    build = installed(root)
    wanted = [configuration(root, " ".join(("pip", "install", *build)) if build else "")]
    if not any((root / "benchmarks").glob("bench_*")):
        wanted.insert(0, (BENCHMARK, template("bench_example.py.txt")))
    if workflows is not None:
        wanted += [(f"{FOLDER}/{name}", workflows.render(name)) for name in NAMES]
    return [Written(name, text, _effect(root / name, text)) for name, text in wanted]


def write(root: Path, files: Iterable[Written]) -> None:
    """Write the files.

    Raises:
        HostError: the system refuses it.
    """
    for file in files:
        path = root / file.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.text.encode())
        except OSError as error:
            raise HostError(f"{file.name} can't be written: {error.strerror}") from error


def _effect(path: Path, text: str) -> Effect:
    try:
        present = path.read_bytes()
    except FileNotFoundError:
        return "new"
    except OSError as error:
        raise HostError(f"{path} can't be read: {error.strerror}") from error
    if present == text.encode():
        return "same"
    return "extended" if path.name in (TOML_NAME, YAML_NAME) else "replaced"
