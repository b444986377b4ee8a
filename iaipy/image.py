"""The same command inside the Docker image, which has CI's environment on any machine."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from iaipy.config import Config
from iaipy.errors import HostError, UsageError

DEFAULT = "iaipy"
MOUNT = PurePosixPath("/work")

_ENGINES = {"docker": ("--init",), "podman": ()}
"""Programs that run images, in the order in which they are looked for, and what only this one is told."""

PASSED = ("CI", "NO_COLOR", "IAIPY_TIMING")
"""Variables that are passed on: they say where iaipy runs and how it shows what it does."""


def find() -> str:
    """The program that runs images.

    Raises:
        HostError: there is none.
    """
    found = next(filter(shutil.which, _ENGINES), None)
    if found is None:
        raise HostError(
            "neither docker nor podman was found, and one of them runs the image",
            "install one of them, or run without --in-image",
        )
    return found


def command(
    engine: str, image: str, config: Config, words: Sequence[str], start: Path, *, terminal: bool
) -> tuple[str, ...]:
    """The command line that runs `iaipy run` with these words in the image.

    The project is mounted, with the whole repository around it so that git tells the commit.

    Parameters:
        engine: docker or podman.
        start: the folder to run in.
        terminal: whether a person is watching.

    Raises:
        UsageError: a file is to be written where the image doesn't reach.
    """
    top = next((f for f in (config.root, *config.root.parents) if (f / ".git").exists()), config.root)
    _require_inside(top, [config.storage, *(path for _, path in config.report if path)])
    passed = [name for name in (*PASSED, *config.pass_env) if name in os.environ]
    return (
        engine,
        "run",
        "--rm",
        *_ENGINES[engine],
        *(("--tty",) if terminal else ()),
        *(word for name in dict.fromkeys(passed) for word in ("--env", name)),
        *("--volume", f"{top}:{MOUNT}", "--workdir", str(MOUNT / start.relative_to(top))),
        image,
        "run",
        *words,
    )


def _require_inside(top: Path, paths: Iterable[Path]) -> None:
    for path in paths:
        if not Path(os.path.normpath(path)).is_relative_to(top):
            raise UsageError(
                f"{path} is outside {top}, which is all that the image sees",
                "name a place in the project",
            )
