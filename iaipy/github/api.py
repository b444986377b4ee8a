"""GitHub's REST API, as far as a comment needs it."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from iaipy import __version__
from iaipy.errors import HostError

_TIMEOUT_S = 30
_PAGE = 100
_MOST_PAGES = 30
_LARGEST_ANSWER = 20_000_000


class Api:
    """A repository on GitHub, seen by a job of one of its workflows.

    Parameters:
        address: of the API, such as https://api.github.com.
        repository: OWNER/NAME.
        token: the job's.
    """

    def __init__(self, address: str, repository: str, token: str) -> None:
        self._root = f"{address.rstrip('/')}/repos/{repository}"
        self._token = token

    def get(self, path: str, **query: str) -> Any:
        """What is there.

        Raises:
            HostError: GitHub doesn't give it.
        """
        return self._asked("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path)

    def pages(self, path: str, key: str = "", **query: str) -> Iterator[Any]:
        """The items of a list that comes in pages.

        Parameters:
            key: under which an answer holds the list; "" where it is one.

        Raises:
            HostError: GitHub doesn't give them.
        """
        for page in range(1, _MOST_PAGES + 1):
            found = self.get(path, **query, per_page=str(_PAGE), page=str(page))
            items = found[key] if key else found
            yield from items
            if len(items) < _PAGE:
                return

    def send(self, method: str, path: str, body: Mapping[str, object]) -> Any:
        """Make or change something; what GitHub answers.

        Raises:
            HostError: GitHub refuses it.
        """
        return self._asked(method, path, json.dumps(body).encode())

    def download(self, path: str, most_bytes: int) -> bytes:
        """A file's content, at most so much of it and one byte.

        Raises:
            HostError: GitHub doesn't give it.
        """
        return self._answer("GET", path, None, most_bytes + 1)

    def _asked(self, method: str, path: str, body: bytes | None = None) -> Any:
        answer = self._answer(method, path, body, _LARGEST_ANSWER)
        try:
            return json.loads(answer)
        except ValueError as error:
            raise HostError(f"GitHub's answer to {method} {path} is no JSON") from error

    def _answer(self, method: str, path: str, body: bytes | None, most_bytes: int) -> bytes:
        request = urllib.request.Request(f"{self._root}{path}", body, method=method)
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("User-Agent", f"iaipy/{__version__}")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        # Downloads are redirected to another host, which must not be given the token.
        request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                content: bytes = answer.read(most_bytes)
                return content
        except urllib.error.HTTPError as error:
            error.close()
            raise HostError(
                f"GitHub refuses {method} {path}: {error.code} {error.reason}",
                "the job needs the permissions actions: read and pull-requests: write",
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise HostError(f"GitHub can't be asked for {path}: {error}", "run the job again") from error
