"""How a worker is started: the words behind the interpreter."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from {0} import main; main(*sys.argv[2:])"


def linked(folder: Path, root: Path) -> Path:
    """The project as a worker sees it: behind a link, whose path is as long wherever the checkout lies.

    The lengths of paths decide where an import leaves its objects, and that moves counts.

    Parameters:
        folder: where the link is put; it must not have one yet.
    """
    link = folder / "project"
    link.symlink_to(root)
    return link


def argv(worker: str, folder: Path, *arguments: str) -> tuple[str, ...]:
    """The words that run a module's `main` with these arguments.

    Not started as a script: that would be compiled anew at every start, where an imported module has
    been compiled before. The worker finds iaipy behind a link, first on its search path: so it is this
    one, the interpreter need not have one of its own, and its path is as long wherever it is installed.

    Parameters:
        worker: a module of `iaipy.workers`, or any other by its full name.
        folder: where the link is put; it must not have one yet.
    """
    module = worker if "." in worker else f"iaipy.workers.{worker}"
    packages = folder / "packages"
    packages.mkdir()
    (packages / _PACKAGE.name).symlink_to(_PACKAGE)
    return ("-P", "-c", _CODE.format(module), str(packages), *arguments)
