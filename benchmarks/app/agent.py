"""An agent: initialises for a while, says that it is ready, and runs until it is ended.

    python agent.py MILLISECONDS

It waits while it initialises, as one does that connects to a model or a database: several of them can do that
at once on a single core. An interpreter's start comes on top.
"""

import signal
import sys
import time


def main(initialise_ms: float) -> None:
    """Initialise, and run on until a signal comes."""
    time.sleep(initialise_ms / 1000)
    print("ready", flush=True)
    signal.pause()


if __name__ == "__main__":
    main(float(sys.argv[1]))
