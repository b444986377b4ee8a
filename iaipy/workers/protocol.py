"""What the host and the fork server say to each other; the one module here that both sides import.

A request is five C ints (operation, work, ticket, warmup, iterations) on the server's standard input; a
reply is two (the answer, 0) on its standard output. For every ticket there is a named pipe through which
the measuring process answers with lines, the first of which is READY, RAISED or UNAWAITED, up to a NUL.
"""

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
NAMES = "names"


def answer_name(ticket: int) -> str:
    """The pipe of a ticket."""
    return f"answer.{ticket}"


def output_name(ticket: int) -> str:
    """The file with what a benchmark printed."""
    return f"output.{ticket}"


VARIABLES = "variables"
"""In the worker's folder: variables that it is to have, each as NAME=VALUE and NUL."""
