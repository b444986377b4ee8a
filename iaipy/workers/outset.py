"""The last of what makes a counted interpreter begin alike, whoever starts it and wherever.

What Python allocates as it starts stays for the life of the process, and where it lies moves cache misses,
and CPython's cache of attributes with it. So variables that hold paths, of other lengths for every user, are
brought in only when all of the worker has been imported, before the heap is settled.
"""

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
