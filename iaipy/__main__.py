"""The `iaipy` command, also as `python -m iaipy`; the modules that take a while are imported in `main`."""

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line; a Ctrl-C that comes while it is being imported ends it with one message too."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)

    from iaipy import cli

    cli.main()


def _leave(number: int, frame: FrameType | None) -> None:
    """End at once, since nothing has been begun: an exception would come out of a half-imported module."""
    try:
        os.write(2, b"iaipy: interrupted\n")
    finally:
        os._exit(128 + number)


if __name__ == "__main__":
    main()
