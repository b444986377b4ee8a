"""The last of what makes a counted interpreter begin alike, whoever starts it and wherever.

What Python allocates as it starts stays for the life of the process, and where it lies moves cache misses,
and CPython's cache of attributes with it. So variables that hold paths, of other lengths for every user, are
brought in only when all of the worker has been imported, before the heap is settled.
"""

import os
from os import environ

from iaipy.workers.protocol import VARIABLES


def take_variables(packages: str) -> None:
    """Take over the variables that the host has left, if any.

    Parameters:
        packages: the folder through which iaipy is found, in the worker's own.
    """
    try:
        with open(
            f"{packages.rpartition('/')[0]}/{VARIABLES}", encoding="utf-8", errors="surrogateescape"
        ) as file:
            text = file.read()
    except OSError:
        return
    for variable in text.split("\0")[:-1]:
        name, _, value = variable.partition("=")
        environ[name] = value


def work_behind(link: str) -> None:
    """Have the working directory go by its link's name, as in PWD, for `os.getcwd` and what rests on it.

    Some modules ask for it as they are imported and keep the answer, which is as long as the checkout's path.

    Parameters:
        link: a name of the working directory; wherever else the process goes, it is told as ever.
    """
    told = os.getcwd

    def getcwd() -> str:
        return link if _identity(".") == here else told()

    here = _identity(link)
    os.getcwd = getcwd


def _identity(path: str) -> str:
    status = os.stat(path)
    return f"{status.st_dev:20}{status.st_ino:20}"  # as long for every folder
