"""What the README and the pages in docs/ show is run for real.

Each page has a scratch project of its own, and its fenced blocks are followed from top to bottom:

- A block whose first line is a comment with nothing but a path (`# benchmarks/bench_x.py`) is a file of the
  project. The rest of the block is written there, over what an earlier block wrote.
- A `console` block holds commands behind `$ `, and under each what it prints. The command must end with
  status 0, or with the N of `# exit N` behind it. Every line shown must be in what it prints, in any order,
  where a number stands for any number, a duration for one in any unit, and `…` for anything; a line `...`
  and blank lines are passed over.
- A `bash` block is one command per line, nothing of what it prints being shown.
- A line that ends in a backslash is continued. Any other block is only to be read.

`iaipy` and `python` are those that run the tests. Two kinds of commands are not run: those that install
something, and SCRIPTS of the repository, which must exist.
"""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from iaipy.config import Config, load_config
from iaipy.settings import SETTINGS

ROOT = Path(__file__).parents[2]
PAGES = {page.relative_to(ROOT).as_posix(): page for page in (ROOT / "README.md", *ROOT.glob("docs/*.md"))}

WITH_NAMES = ("docs/profiling.md",)
"""Pages whose benchmarks are measured by an interpreter that gives Python functions names in profiles."""

INSTALLATIONS = ("pip install ", "apt-get install ", "sudo apt-get install ")
SCRIPTS = (
    "ci/",  # CI itself runs these
    "python benchmarks/peers/",  # take minutes, and show figures rather than behaviour
    "python benchmarks/calibration/",
)

_TIMEOUT_S = 120
_BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# ([\w./-]+\.\w+)\n")
_EXIT = re.compile(r"# exit (\d+)$")
_STANDS_FOR_ANY = (
    re.compile(r"\(baseline: .*\)"),
    re.compile(r"[+-]?\d[\d,.]*\s+(?:ns|µs|ms|s)\b"),
    re.compile(r"[+-]?\d[\d,.]*%?"),
)
"""What a page shows one example of: the first that matches a place decides what may be printed there."""
_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")


@dataclass
class Command:
    """A command of a page, and the lines shown under it."""

    line: str
    shown: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        """What it must end with."""
        match = _EXIT.search(self.line)
        return int(match[1]) if match else 0


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of each fenced block of a page."""
    return _BLOCK.findall(PAGES[page].read_text(encoding="utf-8"))


def commands(language: str, text: str) -> Iterator[Command]:
    """The commands in a block of that language."""
    prompt = {"console": "$ ", "bash": ""}.get(language)
    command: Command | None = None
    for line in text.replace("\\\n", "").splitlines():
        if prompt is None or not line or (language == "bash" and line.startswith("#")):
            continue
        if line.startswith(prompt):
            if command:
                yield command
            command = Command(line.removeprefix(prompt))
        elif command:
            command.shown.append(line)
    if command:
        yield command


def run(command: Command, folder: Path) -> None:
    """Run a command of a page in its project, and hold what comes of it against what the page says."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    cache = folder.with_name(f"{folder.name}-cache")
    env = {**os.environ, "PATH": path, "NO_COLOR": "1", "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        ["bash", "-c", command.line],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == command.status, f"$ {command.line}\n{printed}"
    lines = printed.splitlines()
    for shown in command.shown:
        pattern = re.compile(_pattern(shown))
        assert any(pattern.fullmatch(line.rstrip()) for line in lines), (
            f"$ {command.line}\nshown: {shown}\nprinted:\n{printed}"
        )


def _pattern(shown: str) -> str:
    """A regular expression for what a shown line stands for."""
    if shown.strip() == "...":
        return ".*"
    text = " ".join(shown.split())
    for number, example in enumerate(_STANDS_FOR_ANY):
        text = example.sub(f"\0{chr(number + 1)}", text)
    pattern = re.escape(text)
    for number, example in enumerate(_STANDS_FOR_ANY):
        pattern = pattern.replace(re.escape(f"\0{chr(number + 1)}"), example.pattern)
    return r"\s*" + pattern.replace("…", ".*").replace(r"\ ", r"\s+")


@pytest.mark.parametrize("page", PAGES)
def test_commands_do_what_the_page_says(page: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every command of a page ends as it says and prints the lines it shows."""
    settings = ""
    if page in WITH_NAMES:
        settings = f'[tool.iaipy]\npython = "{request.getfixturevalue("named_python")}"\n'
    (tmp_path / "pyproject.toml").write_text(settings)  # the root, wherever pytest keeps its folders
    for language, text in blocks(page):
        if match := _FILE.match(text):
            path = tmp_path / match[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text[match.end() :], encoding="utf-8")
        for command in commands(language, text):
            if not command.line.startswith((*INSTALLATIONS, *SCRIPTS)):
                run(command, tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_scripts_of_the_repository_exist(page: str) -> None:
    """A page tells to run no script of the repository that isn't there."""
    for language, text in blocks(page):
        for command in commands(language, text):
            if command.line.startswith(SCRIPTS):
                script = command.line.removeprefix("python ").split()[0]
                assert (ROOT / script).is_file(), command.line


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of a page leads to a file, and to a heading where it names one."""
    for path, heading in _LINK.findall(PAGES[page].read_text(encoding="utf-8")):
        target = PAGES[page].parent / path if path else PAGES[page]
        assert target.exists(), path
        if heading:
            assert heading in _headings(target), f"{path}#{heading}"


def _headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


CONFIGURATION = "docs/configuration.md"
FORMS = {"pyproject.toml": lambda text: tomllib.loads(text)["tool"]["iaipy"], "iaipy.yaml": yaml.safe_load}


def _form(name: str) -> str:
    """The block of the configuration page that is this file."""
    return next(text for _, text in blocks(CONFIGURATION) if text.startswith(f"# {name}\n"))


def _settings(config: Config) -> dict[str, Any]:
    return {key: value for key, value in vars(config).items() if key not in ("root", "storage")}


def test_configuration_page_has_a_row_for_every_setting() -> None:
    """Each key has one row in the page's tables, with all of its options in it."""
    rows = re.findall(r"^\| `(\w+)` \|(.*)$", PAGES[CONFIGURATION].read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(key for key, _ in rows) == sorted(setting.key for setting in SETTINGS)
    for setting in SETTINGS:
        for flag in "/".join(setting.flags).split("/"):
            assert f"`{flag}" in dict(rows)[setting.key], flag


@pytest.mark.parametrize("name", FORMS)
def test_configuration_page_shows_every_key_at_its_default(name: str, tmp_path: Path) -> None:
    """Either form of the file, as shown, has every key that has a default, and changes nothing."""
    text = _form(name)
    with_default = {setting.key for setting in SETTINGS if setting.default is not None}
    assert set(FORMS[name](text)) == with_default
    (tmp_path / "empty").mkdir()
    (tmp_path / "given").mkdir()
    (tmp_path / "empty" / "iaipy.yaml").touch()
    (tmp_path / "given" / name).write_text(text, encoding="utf-8")
    given = load_config(tmp_path / "given", {})
    assert given.storage == tmp_path / "given" / ".iaipy"
    assert _settings(given) == _settings(load_config(tmp_path / "empty", {}))
