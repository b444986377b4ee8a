"""What a step of a job gets from GitHub Actions and gives to it: files named in the environment."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iaipy.errors import HostError, UsageError

_DELIMITER_BYTES = 16


def set_outputs(outputs: Mapping[str, str]) -> None:
    """Give the step's outputs; outside GitHub Actions nobody takes them.

    Raises:
        HostError: they can't be written.
    """
    for name, value in outputs.items():
        # A delimiter that nothing can know keeps a line feed in the value from beginning another output.
        delimiter = secrets.token_hex(_DELIMITER_BYTES)
        _append("GITHUB_OUTPUT", f"{name}<<{delimiter}\n{value}\n{delimiter}\n")


def add_summary(markdown: str) -> None:
    """Add to the step's summary; outside GitHub Actions nobody takes it.

    Raises:
        HostError: it can't be written.
    """
    _append("GITHUB_STEP_SUMMARY", markdown)


def in_actions() -> bool:
    """Whether this is a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def event() -> dict[str, Any]:
    """What set the workflow off.

    Raises:
        UsageError: this is no job of GitHub Actions, or not the right one.
    """
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        found = json.loads(Path(path).read_bytes()) if path else None
    except (OSError, ValueError) as error:
        raise UsageError(f"the event that GITHUB_EVENT_PATH names can't be read: {error}") from error
    if not isinstance(found, dict):
        raise UsageError(
            "there is no event to act on: GITHUB_EVENT_PATH names none",
            "this is for jobs of GitHub Actions; iaipy init writes the workflow",
        )
    return found


def variable(name: str) -> str:
    """A variable that GitHub Actions sets, or the workflow.

    Raises:
        UsageError: it isn't set.
    """
    value = os.environ.get(name, "")
    if not value:
        raise UsageError(
            f"{name} is not set", "this is for jobs of GitHub Actions; iaipy init writes the workflow"
        )
    return value


def _append(name: str, text: str) -> None:
    path = os.environ.get(name, "")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise HostError(f"the file that {name} names can't be written: {error.strerror}") from error
