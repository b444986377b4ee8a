"""How a worker is started: the words behind the interpreter."""

from pathlib import Path

_PACKAGES = str(Path(__file__).parents[2])
_CODE = "import sys; sys.path.append(sys.argv[1]); from iaipy.workers.{0} import main; main(*sys.argv[2:])"


def argv(worker: str, *arguments: str) -> tuple[str, ...]:
    """The words that run a worker module's `main` with these arguments.

    Not started as a script: that would be compiled anew at every start, where an imported module has
    been compiled before. The folder that holds iaipy comes last on the search path, in case the
    interpreter has no iaipy of its own.
    """
    return ("-P", "-c", _CODE.format(worker), _PACKAGES, *arguments)
