"""What the workflows need to know of a project."""

import json
from pathlib import Path

import pytest

from iaipy import __version__
from iaipy.errors import UsageError
from iaipy.starter import project


class _Installed:
    def __init__(self, origin: object) -> None:
        self._origin = origin

    def read_text(self, name: str) -> str | None:
        """What pip noted."""
        return None if self._origin is None else json.dumps(self._origin)


COMMIT = "0123abc" * 5
GIT = {"vcs": "git", "commit_id": COMMIT}


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        (None, f"iaipy=={__version__}"),
        ({"url": "file:///home/me/iaipy", "dir_info": {}}, f"iaipy=={__version__}"),
        (
            {"url": "https://host.example/a/iaipy", "vcs_info": GIT},
            f"git+https://host.example/a/iaipy@{COMMIT}",
        ),
        ({"url": "https://host.example/a; rm", "vcs_info": GIT}, f"iaipy=={__version__}"),
        ({"url": "file:///home/me/iaipy", "vcs_info": GIT}, f"iaipy=={__version__}"),
    ],
)
def test_iaipy_comes_from_where_it_came(origin: object, wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was installed from a repository is installed from the same commit of it, all else by version."""
    monkeypatch.setattr("iaipy.starter.project.Distribution.from_name", lambda name: _Installed(origin))
    assert project.requirement() == wanted


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({}, ()),
        ({"requirements.txt": "x"}, ("-r", "requirements.txt")),
        ({"pyproject.toml": "[tool.x]", "requirements.txt": "x"}, ("-r", "requirements.txt")),
        ({"pyproject.toml": "[project]\nname='x'", "requirements.txt": "x"}, (".",)),
        ({"setup.py": ""}, (".",)),
    ],
)
def test_project_is_installed(files: dict[str, str], wanted: tuple[str, ...], tmp_path: Path) -> None:
    """A package is installed, of anything else its requirements."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert project.installed(tmp_path) == wanted


@pytest.mark.parametrize(
    ("branch", "iaipy"),
    [("a b", ""), ("x]\n", ""), ("$(id)", ""), ("main", "a b"), ("main", "x;id"), ("main", "-e.")],
)
def test_names_that_would_break_a_workflow_are_refused(branch: str, iaipy: str, tmp_path: Path) -> None:
    """Neither a branch nor a requirement can bring along anything that a shell or YAML reads."""
    with pytest.raises(UsageError, match="can't be"):
        project.workflows(tmp_path, branch, iaipy)
