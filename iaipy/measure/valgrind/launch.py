"""Valgrind's command lines, by version."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iaipy.errors import HostError
from iaipy.process import ask

OLDEST = (3, 15)
INSTALL = (
    "install it (Debian and Ubuntu: apt-get install valgrind; Fedora: dnf install valgrind) "
    "or name it with --valgrind PATH"
)


@dataclass(frozen=True)
class Valgrind:
    """A valgrind that can be started.

    Parameters:
        path: of its executable.
        release: what it calls itself, e.g. "3.19.0".
        version: the first two numbers of that.
    """

    path: str
    release: str
    version: tuple[int, int]

    @property
    def can_start_late(self) -> bool:
        """Whether counting can be switched on from inside (3.22 and newer)."""
        return self.version >= (3, 22)


def find(name: str, env: Mapping[str, str], platform: str) -> Valgrind:
    """Look for valgrind and ask its version.

    Parameters:
        name: a name to look for on PATH, or a path.
        env: the environment it will be started with.
        platform: sys.platform.

    Raises:
        HostError: the system is not Linux, or valgrind is missing, not executable, broken or too old.
    """
    if platform != "linux":
        raise HostError(
            f"instruction counts need valgrind on Linux, and this is {platform}",
            "run iaipy in a Linux container or virtual machine",
        )
    path = shutil.which(name, path=env.get("PATH"))
    if path is None:
        there = Path(name).is_file()
        raise HostError(
            f"{name} is not executable" if there else f"{name} was not found",
            f"to count instructions iaipy needs valgrind: {INSTALL}",
        )
    try:
        finished = ask([path, "--version"], env=env, cwd=Path("/"))
    except OSError as error:
        raise HostError(
            f"{path} can't be started: {error.strerror}", f"reinstall valgrind: {INSTALL}"
        ) from error
    match = re.search(r"valgrind-(\d+)\.(\d+)(\S*)", finished.output)
    if finished.status != 0 or match is None:
        raise HostError(
            f"{path} is no working valgrind: --version printed {finished.output.strip()[:200]!r}",
            f"reinstall valgrind: {INSTALL}",
        )
    version = (int(match[1]), int(match[2]))
    if version < OLDEST:
        raise HostError(
            f"valgrind {match[1]}.{match[2]} at {path} is too old: iaipy needs 3.15 or newer",
            f"get a newer one: {INSTALL}",
        )
    return Valgrind(path, f"{match[1]}.{match[2]}{match[3]}", version)


def cachegrind_argv(
    valgrind: Valgrind, folder: Path, cache: Mapping[str, str], *, late: bool = False, children: bool = False
) -> list[str]:
    """The words before the program to be counted.

    Parameters:
        folder: gets counts.PID per process, and valgrind.PID with valgrind's own messages.
        cache: geometry of I1, D1 and LL as "size,associativity,line size", in bytes.
        late: count only after the program asks for it.
        children: also count the programs that the program starts.
    """
    files = str(folder).replace("%", "%%")
    chase = "--vex-guest-chase=no" if valgrind.version >= (3, 16) else "--vex-guest-chase-thresh=0"
    return [
        valgrind.path,
        "--command-line-only=yes",  # a .valgrindrc or VALGRIND_OPTS must not change counts
        "--tool=cachegrind",
        "--cache-sim=yes",
        *(f"--{name}={cache[name]}" for name in ("I1", "D1", "LL")),
        chase,
        "--main-stacksize=8388608",  # otherwise the shell's ulimit lays out the stack
        "--vgdb=no",
        f"--trace-children={'yes' if children else 'no'}",
        f"--cachegrind-out-file={files}/counts.%p",
        f"--log-file={files}/valgrind.%p",
        *(["--instr-at-start=no"] if late else []),
    ]
