"""Adding the configuration to a project."""

import tomllib
from pathlib import Path

import pytest

from iaipy.config import load_config
from iaipy.errors import UsageError
from iaipy.starter.configuration import TABLE, configuration, with_table

PYPROJECT = """\
# a comment
[project]
name = "x"   # another

[tool.ruff]
line-length = 100
"""


@pytest.mark.parametrize("text", ["", PYPROJECT, PYPROJECT.rstrip("\n"), PYPROJECT.replace("\n", "\r\n")])
def test_table_is_added_behind_all_else(text: str) -> None:
    """What stands in a pyproject.toml stays to the letter, and the table comes behind it."""
    added = with_table(text, TABLE)
    assert added.startswith(text)
    parsed = tomllib.loads(added)
    assert parsed["tool"].pop("iaipy") == {"benchmarks": ["benchmarks"], "limit": "10%", "build": "@BUILD@"}
    assert parsed.get("tool") == tomllib.loads(text).get("tool", {})
    assert added.count("\r\n") in (0, added.count("\n"))


def test_configured_project_keeps_what_it_has() -> None:
    """A table that is there already stays as it is."""
    text = PYPROJECT + "[tool.iaipy]\nlimit = '2%'\n"
    assert with_table(text, TABLE) == text


@pytest.mark.parametrize("text", ["tool = {ruff = {}}\n", "[tool\n", "tool = 3\n"])
def test_table_that_would_break_the_file_is_refused(text: str) -> None:
    """Where a table can't be added, the file is left and the message says so."""
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        with_table(text, TABLE)


@pytest.mark.parametrize("name", ["pyproject.toml", "iaipy.yaml"])
def test_what_is_written_configures(name: str, tmp_path: Path) -> None:
    """Both forms are read as a configuration."""
    if name == "pyproject.toml":
        (tmp_path / name).write_text(PYPROJECT)
    chosen, text = configuration(tmp_path, "pip install .")
    assert chosen == name
    (tmp_path / name).write_text(text)
    assert load_config(tmp_path, {}).limit["instructions"] == 0.1


def test_yaml_goes_before_toml(tmp_path: Path) -> None:
    """A project with an iaipy.yaml gets no second configuration in its pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "iaipy.yaml").write_text("limit: 3%\n")
    assert configuration(tmp_path, "pip install .") == ("iaipy.yaml", "limit: 3%\n")
