"""Programs that run inside the measured process, each a module with a `main`; and how the host talks to them.

They import the interpreter's built-in modules, `_cffi_backend`, `iaipy.declare` and each other. Of these
modules the host imports only this one, `launcher`, which starts the others, and `ended`.

A request is five C ints (operation, work, ticket, warmup, iterations) on the server's standard input; a
reply is two (the answer, 0) on its standard output. For every ticket there is a named pipe through which
the measuring process answers with lines, the first of which is READY, RAISED or UNAWAITED, up to a NUL.
"""

import sys
from os import environ

FORK, WAIT, RUN_HERE, FORK_EMPTY = 1, 2, 3, 4
IMPORTED, IMPORT_FAILED = 1, 2
REQUEST_INTS, REPLY_INTS = 5, 2
INT_BYTES = 4

CALIBRATE_FUNCTION, CALIBRATE_COROUTINE = -1, -2

READY = "ok"
RAISED = "raised"
UNAWAITED = "unawaited"

HELLO = "hello"
IMPORT_ERROR = "import-error"
LOG = "log"
NAMES = "names"
VARIABLES = "variables"


def answer_name(ticket: int) -> str:
    """The pipe of a ticket."""
    return f"answer.{ticket}"


def output_name(ticket: int) -> str:
    """The file with what a benchmark printed."""
    return f"output.{ticket}"


def take_variables() -> None:
    """Take over the variables that the host has left for the workers, each as NAME=VALUE and NUL.

    The last of what makes a counted interpreter begin alike, whoever starts it and wherever. What Python
    allocates as it starts stays for the life of the process, and where it lies moves cache misses, and
    CPython's cache of attributes with it. So variables that hold paths, of other lengths for every user, are
    brought in as the very last before the heap is settled. They lie beside the folder through which the
    launcher has the worker find iaipy.
    """
    try:
        with open(
            f"{sys.argv[1].rpartition('/')[0]}/{VARIABLES}", encoding="utf-8", errors="surrogateescape"
        ) as file:
            text = file.read()
    except OSError:
        return
    for variable in text.split("\0")[:-1]:
        name, _, value = variable.partition("=")
        environ[name] = value
