"""A feature-flag daemon: loads its flags, listens on a socket, says so, and answers until it is ended.

    python daemon.py FLAGS.toml

A client sends the name of a flag and a newline, and gets the flag as one line of JSON. The socket has no
file: Linux picks a free name in the abstract namespace, which ends with the process however that ends.
"""

import json
import selectors
import socket
import sys
import tomllib
from pathlib import Path
from typing import Any

LONGEST_NAME_BYTES = 256


def loaded(path: Path) -> dict[str, dict[str, Any]]:
    """The flags of a file, each with the segments it names put in.

    Raises:
        SystemExit: a flag names a segment that is not there.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    segments = document.get("segments", {})
    flags: dict[str, dict[str, Any]] = document["flags"]
    for name, flag in flags.items():
        missing = set(flag.get("segments", ())) - set(segments)
        if missing:
            raise SystemExit(
                f"daemon: {path}: flag {name} names unknown segments: {', '.join(sorted(missing))}"
            )
        flag["segments"] = [segments[segment] for segment in flag.get("segments", ())]
    return flags


def listening() -> socket.socket:
    """A listening socket whose name has been chosen by the kernel."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind("")
    server.listen()
    return server


def answer(client: socket.socket, flags: dict[str, dict[str, Any]]) -> None:
    """Serve one request and hang up."""
    with client:
        name = client.recv(LONGEST_NAME_BYTES).decode(errors="replace").strip()
        client.sendall(json.dumps(flags.get(name, {"state": "unknown"}), default=str).encode() + b"\n")


def main(path: Path) -> None:
    """Load, listen, serve."""
    flags = loaded(path)
    with listening() as server, selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        print(f"ready on @{server.getsockname()[1:].decode()} with {len(flags)} flags", flush=True)
        while True:
            selector.select()
            answer(server.accept()[0], flags)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
