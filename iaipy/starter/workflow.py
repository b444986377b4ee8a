"""The workflows for GitHub Actions, made from templates; iaipy's own are made from the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from textwrap import indent

ACTIONS: Mapping[str, str] = {
    "CHECKOUT": "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
    "PYTHON_ACTION": "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0",
    "RESTORE": "actions/cache/restore@0057852bfaa89a56745cba8c7296529d2fc39830 # v4.3.0",
    "SAVE": "actions/cache/save@0057852bfaa89a56745cba8c7296529d2fc39830 # v4.3.0",
    "UPLOAD": "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2",
}
"""The actions that the workflows use, by the commit of a release: a tag could be moved to other code."""

FOLDER = ".github/workflows"
NAMES = ("benchmarks.yml", "comment.yml")

_STEP = 6

_SET_UP = """\
- uses: @PYTHON_ACTION@
  with:
    python-version: "@PYTHON@"
    cache: pip
    cache-dependency-path: |
      .github/workflows/benchmarks.yml
      pyproject.toml
      requirements*.txt
- name: Install
  run: |
    sudo apt-get update -qq
    sudo apt-get install -qq --no-install-recommends valgrind
    python -m pip install --disable-pip-version-check @INSTALLED@
"""

_SOURCE = """\
- uses: @CHECKOUT@
  with:
    ref: ${{ github.event.repository.default_branch }}
    persist-credentials: false
"""
_SOURCE_PERMISSION = "contents: read # iaipy itself, from the default branch\n"


@dataclass(frozen=True)
class Workflows:
    """What differs between the workflows of one project and another's.

    Parameters:
        branch: pushes to it save the baseline.
        python: the version of CPython to measure with, such as 3.13; counts differ between versions.
        iaipy: what pip installs iaipy from: a requirement, or "." in iaipy's own repository.
        project: what else pip installs: the project itself, a file of requirements; words for a shell.
    """

    branch: str
    python: str
    iaipy: str
    project: tuple[str, ...] = ()

    def render(self, name: str) -> str:
        """The text of a workflow, by the name of its file."""
        own = self.iaipy == "."
        values = {
            "SET_UP": indent(_SET_UP, " " * _STEP).rstrip("\n"),
            "SOURCE": indent(_SOURCE, " " * _STEP).rstrip("\n") if own else "",
            "SOURCE_PERMISSION": " " * _STEP + _SOURCE_PERMISSION.rstrip("\n") if own else "",
            **ACTIONS,
            "BRANCH": self.branch,
            "PYTHON": self.python,
            "INSTALLED": " ".join(self.project if own else (self.iaipy, *self.project)),
            "IAIPY": self.iaipy,
        }
        return filled(template(name), values)


def template(name: str) -> str:
    """The text of a template."""
    return (files("iaipy.starter") / "templates" / name).read_text(encoding="utf-8")


def filled(text: str, values: Mapping[str, str]) -> str:
    """A template with `@NAME@` replaced, in the order of the values; a line with an empty one alone goes."""
    for name, value in values.items():
        mark = f"@{name}@"
        text = text.replace(mark, value) if value else text.replace(f"{mark}\n", "")
    return text
