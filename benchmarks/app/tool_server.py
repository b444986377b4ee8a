"""A tool server: keeps a log, and answers JSON-RPC on its standard input and output, one message to a line.

    python tool_server.py LOG.jsonl

Its tools are `log.append` and `log.tail`. What it accepts it holds in memory and has appended to its file
before it answers; like SQLite with synchronous=NORMAL it leaves it to the system when the disk gets it.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

Tool = Callable[..., dict[str, Any]]
METHOD_NOT_FOUND = -32601  # https://www.jsonrpc.org/specification, section 5.1


class Log:
    """Entries in the order of their index, which counts from 1.

    Parameters:
        file: where each is written, too.
    """

    def __init__(self, file: IO[str]) -> None:
        self.file = file
        self.entries: list[dict[str, Any]] = []

    def append(self, previous_index: int, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Append behind the entry that must be the last."""
        if previous_index != len(self.entries):
            return {"accepted": False, "last": len(self.entries)}
        self.entries += entries
        self.file.writelines(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)
        self.file.flush()
        return {"accepted": True, "last": len(self.entries)}

    def tail(self, after: int) -> dict[str, Any]:
        """The entries behind an index."""
        return {"entries": self.entries[after:]}


def answer(tools: dict[str, Tool], line: str) -> dict[str, Any]:
    """The reply to one request."""
    request = json.loads(line)
    tool = tools.get(request["method"])
    if tool is None:
        error = {"code": METHOD_NOT_FOUND, "message": f"no tool {request['method']}"}
        return {"jsonrpc": "2.0", "id": request["id"], "error": error}
    return {"jsonrpc": "2.0", "id": request["id"], "result": tool(**request["params"])}


def main(path: Path) -> None:
    """Answer until the input ends."""
    with path.open("w", encoding="utf-8") as file:
        log = Log(file)
        tools: dict[str, Tool] = {"log.append": log.append, "log.tail": log.tail}
        for line in sys.stdin:
            print(json.dumps(answer(tools, line), separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
