"""The configuration's file: a table added to pyproject.toml, or an iaipy.yaml."""

import tomllib
from pathlib import Path

from iaipy.config import TOML_NAME, YAML_NAME
from iaipy.errors import UsageError

TABLE = """\
[tool.iaipy]
benchmarks = ["benchmarks"]
limit = "10%"  # how far a counter may rise; narrower per counter: {all = "10%", instructions = "2%"}
build = "@BUILD@"  # makes the project importable, where two revisions are compared
"""
YAML = """\
benchmarks: [benchmarks]
limit: 10%  # how far a counter may rise; narrower per counter: {all: 10%, instructions: 2%}
build: "@BUILD@"  # makes the project importable, where two revisions are compared
"""


def configuration(root: Path, build: str) -> tuple[str, str]:
    """The name of the file that holds the configuration of a project, and what is to stand in it.

    A project that is configured already keeps what it has.

    Parameters:
        build: the command that installs what benchmarks need; "" for none.

    Raises:
        UsageError: the pyproject.toml can't be read, or a table can't be added to it.
    """
    yaml, toml = root / YAML_NAME, root / TOML_NAME
    if yaml.exists():
        return YAML_NAME, _text(yaml)
    if not toml.exists():
        return YAML_NAME, YAML.replace("@BUILD@", build)
    return TOML_NAME, with_table(_text(toml), TABLE.replace("@BUILD@", build))


def with_table(text: str, table: str) -> str:
    """A pyproject.toml's text with a table [tool.iaipy] behind it, unless it has one.

    Raises:
        UsageError: it is not valid TOML, or has `tool` in a form that nothing can be added to.
    """
    tools = _parsed(text).get("tool", {})
    if isinstance(tools, dict) and "iaipy" in tools:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else newline if text.endswith("\n") else 2 * newline
    added = text + gap + table.replace("\n", newline)
    try:
        tomllib.loads(added)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"a table [tool.iaipy] can't be added to {TOML_NAME}: {error}",
            f"add it by hand, or make an empty {YAML_NAME} and let that hold the configuration",
        ) from error
    return added


def _parsed(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{TOML_NAME} is not valid TOML: {error}", "mend it, then try again") from error


def _text(path: Path) -> str:
    """What stands in a file, with its line ends as they are."""
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise UsageError(f"{path.name} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name} is not UTF-8 text", "save it as UTF-8") from error
