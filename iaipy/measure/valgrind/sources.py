"""Read the sources of modules before anything is counted, so that nobody reads them for the first time later.

A Python that starts asks for the times of every source file whose compiled form it loads. A time with a
fraction of a second takes some 125 instructions more than a whole second, because it becomes a number of
its own. Files from a package or an image were written at whole seconds; when some program reads such a
source (a traceback, a type checker), its time of access gains a fraction, and from then on every command
that imports the module counts more. Under `relatime`, how Linux mounts by default, that happens once in a
day at most, so reading a byte of each beforehand settles it.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from iaipy.process import ask

_NS_PER_S = 1_000_000_000
_FOLDERS = """
import sysconfig
print(*sorted({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")}), sep="\\n")
"""


def settle_times(python: str, env: Mapping[str, str]) -> None:
    """Read from every source file that an interpreter could import from where it is installed.

    Those whose time of access has a fraction already are left alone.
    """
    for installed in ask([python, "-c", _FOLDERS], env=env, cwd=Path("/")).output.splitlines():
        for folder, _, names in os.walk(installed):
            for name in names:
                if name.endswith(".py"):
                    with contextlib.suppress(OSError):
                        _settle_time(Path(folder, name))


def _settle_time(source: Path) -> None:
    if source.stat().st_atime_ns % _NS_PER_S == 0:
        with source.open("rb", buffering=0) as file:
            file.read(1)
