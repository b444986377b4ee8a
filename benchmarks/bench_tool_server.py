"""A tool server that speaks JSON-RPC over pipes, doing the storage and retrieval that bench_sqlite.py does.

It stands for agents and editors that reach a store through a helper process on its standard input and
output. Client and server are both in this process, and take turns: what a round trip costs the two of them
is counted, the kernel's share and the waiting are not.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from iaipy import benchmark, keep

ENTRIES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/log_entries.jsonl").read_text(encoding="utf-8").splitlines()
]
APPENDED_AT_ONCE = 5
METHOD_NOT_FOUND = -32601  # https://www.jsonrpc.org/specification, section 5.1


class Log:
    """What the server stores."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def append(
        self, previous_index: int, previous_term: int, entries: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """Append after an entry that must be there, as a follower does; entries that conflict give way."""
        if previous_index and (
            previous_index > len(self.entries) or self.entries[previous_index - 1]["term"] != previous_term
        ):
            return {"accepted": False, "last": len(self.entries)}
        self.entries[previous_index:] = entries
        return {"accepted": True, "last": len(self.entries)}

    def tail(self, after: int) -> dict[str, Any]:
        """The entries behind an index."""
        return {"entries": self.entries[after:]}


class Session(NamedTuple):
    """Both ends of the two pipes, and the server's tools."""

    to_server: BinaryIO
    requests: BinaryIO
    to_client: BinaryIO
    replies: BinaryIO
    tools: dict[str, Callable[..., dict[str, Any]]]


def connected() -> Session:
    """A client and a server whose log is empty."""
    request_end, to_server = os.pipe()
    reply_end, to_client = os.pipe()
    log = Log()
    return Session(
        os.fdopen(to_server, "wb", buffering=0),
        os.fdopen(request_end, "rb"),
        os.fdopen(to_client, "wb", buffering=0),
        os.fdopen(reply_end, "rb"),
        {"log.append": log.append, "log.tail": log.tail},
    )


def disconnected(session: Session) -> None:
    """Close the pipes."""
    for pipe in session[:4]:
        pipe.close()


def send(pipe: BinaryIO, message: dict[str, Any]) -> None:
    """Write one message, one line."""
    pipe.write(json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode() + b"\n")


def serve_one(session: Session) -> None:
    """Answer the next request."""
    request = json.loads(session.requests.readline())
    tool = session.tools.get(request["method"])
    if tool is None:
        outcome = {"error": {"code": METHOD_NOT_FOUND, "message": f"no tool {request['method']}"}}
    else:
        outcome = {"result": tool(**request["params"])}
    send(session.to_client, {"id": request["id"], **outcome})


def call(session: Session, number: int, method: str, **params: Any) -> dict[str, Any]:
    """One round trip."""
    send(session.to_server, {"id": number, "method": method, "params": params})
    serve_one(session)
    reply: dict[str, Any] = json.loads(session.replies.readline())
    assert reply["id"] == number
    result: dict[str, Any] = reply["result"]
    return result


def append_all(session: Session) -> int:
    previous_index, previous_term, last = 0, 0, 0
    for start in range(0, len(ENTRIES), APPENDED_AT_ONCE):
        entries = ENTRIES[start : start + APPENDED_AT_ONCE]
        reply = call(
            session,
            start,
            "log.append",
            previous_index=previous_index,
            previous_term=previous_term,
            entries=entries,
        )
        previous_index, previous_term, last = entries[-1]["index"], entries[-1]["term"], reply["last"]
    return last


def connected_and_filled() -> Session:
    session = connected()
    append_all(session)
    return session


@benchmark(setup=connected, teardown=disconnected, tags="storage")
def append_log(session: Session) -> None:
    """Store fifty log entries with term and index, five to a request."""
    assert keep(append_all(session)) == len(ENTRIES)


@benchmark(setup=connected_and_filled, teardown=disconnected, tags="storage")
def read_log_tail(session: Session) -> None:
    """Read the log's last entries back ten times, for followers that are further and further behind."""
    tails = [call(session, behind, "log.tail", after=50 - behind)["entries"] for behind in range(5, 55, 5)]
    assert keep(tails)[-1] == ENTRIES
