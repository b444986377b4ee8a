"""How a worker is started: the words behind the interpreter."""

from contextlib import suppress
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_CODE = """\
import sys
imports = sys.modules["_frozen_importlib_external"]
def steady(path, stat=imports._path_stat, kept=[]):
    result = stat(path)
    spare = [None] * 16
    for n in range(1 + sum([-6 < value < 257 for value in result])):
        spare[n] = 1 << 40 | n
    kept.append((result, spare))
    return result
imports._path_stat = steady
sys.path.insert(0, sys.argv[1])
from {0} import main
main(*sys.argv[2:])
"""
"""Before anything is imported, imports are made to ask for the state of files in a way that leaves the
same mark on the heap for every owner of theirs: Python has the integers up to 256 at hand and makes an
object of any greater one, of user 1000 but not of root. So the answers are kept, each with so many
integers more that their number is always the same."""


def linked(folder: Path, root: Path) -> Path:
    """The project as a worker sees it: behind a link, whose path is the same wherever the checkout lies.

    The lengths of paths decide where an import leaves its objects, and that moves counts.

    Parameters:
        folder: where the link is put, by the first of a run's workers.
    """
    return _link(folder / "project", root)


def argv(worker: str, folder: Path, *arguments: str) -> tuple[str, ...]:
    """The words that run a module's `main` with these arguments.

    Not started as a script: that would be compiled anew at every start, where an imported module has
    been compiled before. The worker finds iaipy behind a link, first on its search path: so it is this
    one, the interpreter need not have one of its own, and its path is the same wherever it is installed.

    Parameters:
        worker: a module of `iaipy.workers`, or any other by its full name.
        folder: where the link is put, by the first of a run's workers.
    """
    module = worker if "." in worker else f"iaipy.workers.{worker}"
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    _link(packages / _PACKAGE.name, _PACKAGE)
    return ("-P", "-c", _CODE.format(module), str(packages), *arguments)


def _link(path: Path, target: Path) -> Path:
    with suppress(FileExistsError):
        path.symlink_to(target)
    return path
