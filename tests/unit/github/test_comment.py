"""The comment on a pull request, on a GitHub that answers from memory."""

from pathlib import Path
from typing import Any

import pytest

from iaipy.errors import HostError, IaipyError, UsageError
from iaipy.github.api import Api
from iaipy.github.comment import MOST_COMMENT_BYTES, comment
from iaipy.github.packet import Packet, pack
from tests.fake_github import FORK, REPOSITORY, SHA, FakeGitHub

from .conftest import zipped

ARTIFACT = "iaipy-pull-request"
MARKER = f"<!-- iaipy: {ARTIFACT} -->"


def event(**changes: Any) -> dict[str, Any]:
    """The event of a run for a fork's pull request."""
    repository = {"full_name": FORK, "owner": {"login": "stranger"}}
    run = {
        "id": 99,
        "event": "pull_request",
        "head_sha": SHA,
        "head_branch": "fix #1&x=y",
        "head_repository": repository,
    }
    return {"workflow_run": run | changes}


@pytest.fixture
def api(github: FakeGitHub, packet: Packet, tmp_path: Path) -> Api:
    """Its API, with the artifact of a pull request there."""
    pack(packet, tmp_path)
    github.artifact = zipped({path.name: path.read_bytes() for path in tmp_path.iterdir()})
    return Api(github.address, REPOSITORY, "secret")


def test_comments_once(api: Api, github: FakeGitHub) -> None:
    """The first run makes a comment, the next one changes it; it names what regressed."""
    for _ in range(2):
        assert comment(api, event(), ARTIFACT) == ["https://host/1"]
    (only,) = github.comments
    assert only["body"].startswith(MARKER)
    assert "`benchmarks/bench_a.py::parse`" in only["body"]
    assert "1 regressed" in only["body"]
    assert SHA in only["body"]
    assert len(only["body"]) < MOST_COMMENT_BYTES


def test_pull_request_is_looked_for_by_its_branch(api: Api, github: FakeGitHub) -> None:
    """The branch's name, which the pull request chose, is quoted in the address."""
    comment(api, event(), ARTIFACT)
    assert github.queries[f"/repos/{REPOSITORY}/pulls"]["head"] == ["stranger:fix #1&x=y"]


@pytest.mark.parametrize("user", [{"type": "User"}, None], ids=["person", "deleted account"])
def test_comment_of_a_person_is_left_alone(user: dict[str, str] | None, api: Api, github: FakeGitHub) -> None:
    """A person who writes the marker gets their comment neither changed nor taken for the report."""
    github.comments = [{"id": 3, "body": f"{MARKER}\nmine", "user": user}]
    comment(api, event(), ARTIFACT)
    assert [each["body"].partition("\n")[2][:4] for each in github.comments] == ["mine", "### "]


@pytest.mark.parametrize(
    "change", [{"head_sha": "0" * 40}, {"head_name": "else/where"}], ids=["other commit", "other repository"]
)
def test_moved_pull_request_is_left_alone(change: dict[str, str], api: Api, github: FakeGitHub) -> None:
    """A pull request whose head is another commit by now, or of another repository, gets no comment."""
    for name, value in change.items():
        setattr(github, name, value)
    assert comment(api, event(), ARTIFACT) == []
    assert comment(api, event(head_repository=None), ARTIFACT) == []
    assert github.comments == []


def test_hostile_artifact_is_refused(api: Api, github: FakeGitHub) -> None:
    """What is refused changes nothing on the pull request."""
    for content, size in ((b"no archive", None), (github.artifact, 50_000_000), (b"\0" * 10_000_001, 10)):
        github.artifact, github.size = content, size
        with pytest.raises(IaipyError, match="artifact is refused"):
            comment(api, event(), ARTIFACT)
    assert github.comments == []


def test_missing_artifact_is_said(api: Api, github: FakeGitHub) -> None:
    """A run that left no artifact is an error that names it."""
    github.artifact = None
    with pytest.raises(HostError, match=f"no artifact {ARTIFACT}"):
        comment(api, event(), ARTIFACT)


def test_token_goes_to_the_api_alone(api: Api, github: FakeGitHub) -> None:
    """The host that a download is redirected to isn't given the token."""
    comment(api, event(), ARTIFACT)
    assert github.tokens.pop("/elsewhere") is None
    assert set(github.tokens.values()) == {"Bearer secret"}


@pytest.mark.parametrize("given", [{}, {"workflow_run": 3}, event(event="push")])
def test_other_events_are_refused(given: dict[str, Any], api: Api) -> None:
    """Only a pull request's run is commented on."""
    with pytest.raises(UsageError, match="workflow_run"):
        comment(api, given, ARTIFACT)


def test_refusal_of_github_is_said(api: Api, github: FakeGitHub) -> None:
    """What GitHub refuses is an error with its code and the permissions that are needed."""
    github.status = 403
    with pytest.raises(HostError, match="403") as refused:
        comment(api, event(), ARTIFACT)
    assert "pull-requests: write" in refused.value.remedy


def test_silence_of_github_is_said() -> None:
    """A GitHub that can't be reached is an error."""
    with pytest.raises(HostError, match="can't be asked"):
        comment(Api("http://127.0.0.1:1", REPOSITORY, "secret"), event(), ARTIFACT)
