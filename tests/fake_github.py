"""A GitHub that answers from memory, at an address of this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SHA = "a1b2c3d4" * 5
REPOSITORY, FORK = "someone/project", "stranger/project"


@dataclass
class FakeGitHub:
    """What there is on it, and what was done to it.

    Parameters:
        address: of its API.
        artifact: the content of the artifact; None for none.
        size: what is said of its size; None for the truth.
        comments: those of pull request 7.
        tokens: the Authorization of each request, by its path.
    """

    address: str = ""
    artifact: bytes | None = None
    size: int | None = None
    head_sha: str = SHA
    head_name: str = FORK
    status: int = 200
    comments: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, str | None] = field(default_factory=dict)
    queries: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        """The answer to a request; a text is an address to go to."""
        self.queries[path] = query
        number = int(query.get("page", ["1"])[0])
        match method, path.removeprefix(f"/repos/{REPOSITORY}"):
            case "GET", "/pulls":
                head = {"sha": self.head_sha, "repo": {"full_name": self.head_name}}
                others = [{"number": n, "head": {"sha": "0" * 40, "repo": None}} for n in range(100)]
                return others if number == 1 else [{"number": 7, "head": head}]
            case "GET", "/actions/runs/99/artifacts":
                size = self.size if self.size is not None else len(self.artifact or b"")
                one = {"id": 5, "name": "iaipy-pull-request", "expired": False, "size_in_bytes": size}
                return {"artifacts": [one] if self.artifact is not None else []}
            case "GET", "/actions/artifacts/5/zip":
                return f"{self.address}/elsewhere"
            case "GET", "/elsewhere":
                return self.artifact
            case "GET", "/issues/7/comments":
                return self.comments
            case "POST", "/issues/7/comments":
                self.comments.append({"id": 1, "user": {"type": "Bot"}, "html_url": "https://host/1", **body})
                return self.comments[-1]
            case "PATCH", changed if changed.startswith("/issues/comments/"):
                found = next(each for each in self.comments if each["id"] == int(changed.rpartition("/")[2]))
                return _updated(found, body)
        raise AssertionError(f"{method} {path} is not expected")


def _updated(comment: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    comment.update(body)
    return comment


@contextmanager
def serving() -> Iterator[FakeGitHub]:
    """Such a GitHub while the block runs."""
    fake = FakeGitHub()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            url = urlsplit(self.path)
            fake.tokens[url.path] = self.headers.get("Authorization")
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if fake.status != 200:
                self.send_response(fake.status)
                self.end_headers()
                return
            found = fake.answer(self.command, url.path, parse_qs(url.query), body)
            if isinstance(found, str):
                self.send_response(302)
                self.send_header("Location", found)
                self.end_headers()
                return
            content = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _handle  # noqa: N815

        def log_message(self, format: str, *values: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()
