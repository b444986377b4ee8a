"""The workflows that a project gets."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from iaipy.starter.workflow import ACTIONS, NAMES, Workflows, filled

ROOT = Path(__file__).parents[3]
OWN = Workflows(branch="main", python="3.13", iaipy=".", project=('".[bench]"',))
THEIRS = Workflows(branch="trunk", python="3.12", iaipy="iaipy==1.2.3", project=("-r", "requirements.txt"))


def steps(text: str) -> list[dict[str, Any]]:
    """All steps of all jobs of a workflow."""
    return [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("name", NAMES)
def test_own_workflows_are_made_of_the_templates(name: str) -> None:
    """The repository's own workflows are what the templates give: what users get is used here."""
    assert (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8") == OWN.render(name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("workflows", [OWN, THEIRS])
def test_nothing_is_left_to_fill_in(name: str, workflows: Workflows) -> None:
    """A workflow has no mark of a template in it, and no expression inside a script."""
    text = workflows.render(name)
    assert not re.findall(r"@[A-Z_]+@", text)
    assert all("${{" not in step.get("run", "") for step in steps(text))


@pytest.mark.parametrize("name", NAMES)
def test_actions_are_pinned(name: str) -> None:
    """Every action is used by a full commit, with its version behind it, and is one of the table."""
    used = re.findall(r"uses: (.*)", THEIRS.render(name))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
        assert action in ACTIONS.values()


def test_project_is_installed_beside_iaipy() -> None:
    """The jobs that count install iaipy and what the project needs; the one that comments iaipy alone."""
    scripts = "\n".join(step.get("run", "") for step in steps(THEIRS.render("benchmarks.yml")))
    assert "pip-version-check iaipy==1.2.3 -r requirements.txt" in scripts
    assert "requirements.txt" not in THEIRS.render("comment.yml")


def test_comment_checks_out_nothing_of_a_pull_request() -> None:
    """The job that may write comments checks out nothing, or in iaipy's own repository the default branch."""
    assert "checkout" not in THEIRS.render("comment.yml")
    (checkout,) = (step for step in steps(OWN.render("comment.yml")) if "checkout" in step.get("uses", ""))
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"


def test_empty_value_takes_its_line_away() -> None:
    """A mark that stands for nothing leaves no empty line."""
    assert filled("a\n@B@\nc @D@\n", {"B": "", "D": "d"}) == "a\nc d\n"
