"""The one comment on a pull request: which one, of what, and where."""

from collections.abc import Mapping
from typing import Any

from iaipy.errors import HostError, UsageError
from iaipy.github.api import Api
from iaipy.github.packet import MOST_BYTES, Packet, render, unpack

MOST_COMMENT_BYTES = 60_000
"""GitHub takes 65,536 characters."""

Event = Mapping[str, Any]


def comment(api: Api, event: Event, artifact: str) -> list[str]:
    """Put a run's results on the pull requests that it was for; the addresses of the comments.

    Parameters:
        event: a `workflow_run`.
        artifact: the name of the artifact that holds the packet.

    Raises:
        UsageError: the event is none of a pull request's run.
        HostError: the artifact is refused, or GitHub refuses something.
    """
    run = event.get("workflow_run")
    if not isinstance(run, dict) or run.get("event") != "pull_request":
        raise UsageError(
            "the event is no workflow_run of a pull request",
            "start this on workflow_run, if github.event.workflow_run.event == 'pull_request'",
        )
    numbers = pull_requests(api, run)
    if not numbers:
        return []
    packet = _packet(api, run["id"], artifact)
    return [_put(api, number, artifact, packet, str(run["head_sha"])) for number in numbers]


def pull_requests(api: Api, run: Event) -> list[int]:
    """The open pull requests whose head is the commit that was run; none where it has moved on.

    GitHub lists no pull requests in a run of a fork, so they are found by repository, branch and commit.
    """
    repository = run.get("head_repository")
    if not isinstance(repository, dict):
        return []  # the fork is gone
    owner, name = repository["owner"]["login"], repository["full_name"]
    found = api.pages("/pulls", state="open", head=f"{owner}:{run['head_branch']}")
    return [
        int(each["number"])
        for each in found
        if each["head"]["sha"] == run["head_sha"] and (each["head"]["repo"] or {}).get("full_name") == name
    ]


def _packet(api: Api, run_id: int, name: str) -> Packet:
    listed = api.pages(f"/actions/runs/{int(run_id)}/artifacts", "artifacts", name=name)
    found = [each for each in listed if each["name"] == name and not each["expired"]]
    if not found:
        raise HostError(
            f"the run has left no artifact {name}",
            "its log says why",
        )
    newest = max(found, key=lambda each: int(each["id"]))
    size = int(newest["size_in_bytes"])
    if size > MOST_BYTES:
        raise HostError(f"the artifact is refused: it has {size:,} bytes, and {MOST_BYTES:,} are allowed")
    return unpack(api.download(f"/actions/artifacts/{int(newest['id'])}/zip", MOST_BYTES))


def _put(api: Api, number: int, artifact: str, packet: Packet, sha: str) -> str:
    """Make the comment, or change the one that is there; its address."""
    marker = f"<!-- iaipy: {artifact} -->"
    text = f"{marker}\n{render(packet, MOST_COMMENT_BYTES)}\n<sub>iaipy, for {sha}</sub>\n"
    for each in api.pages(f"/issues/{number}/comments"):
        # Anybody can write the marker; only what a workflow wrote is changed.
        by = each["user"] or {}  # whose account is gone may be null
        if (each["body"] or "").startswith(marker) and by.get("type") == "Bot":
            return str(api.send("PATCH", f"/issues/comments/{int(each['id'])}", {"body": text})["html_url"])
    return str(api.send("POST", f"/issues/{number}/comments", {"body": text})["html_url"])
