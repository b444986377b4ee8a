"""Options made from the table of settings."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from iaipy.commands.options import config_from, settings_options
from iaipy.config import Config
from iaipy.settings import SETTINGS


def parsed(*words: str, keys: tuple[str, ...] = ()) -> Config:
    """The configuration that these words make."""
    found: list[Config] = []

    @click.command()
    @settings_options(*keys)
    def command(**options: object) -> None:
        found.append(config_from(options))

    CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)
    return found[0]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, with a folder one stands in."""
    (tmp_path / "iaipy.yaml").touch()
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    return tmp_path


def test_nothing_given() -> None:
    """Without options all settings have their defaults."""
    config = parsed()
    assert (config.repeats, config.fork, config.fail_on_improvement) == (2, True, False)


def test_every_kind_of_option(here: Path) -> None:
    """Values, repeated values, flags and switches arrive; paths are taken from where one stands."""
    words = "-j 3 -k help --tag a --tag b --no-fork --fail-on-improvement --limit 5% --limit instructions=2%"
    config = parsed(*words.split(), "--storage", "store", "--report", "json:run.json", "--report", "iai")
    assert (config.jobs, config.keyword, config.tag) == (3, "help", ("a", "b"))
    assert (config.fork, config.fail_on_improvement) == (False, True)
    assert (config.limit["instructions"], config.limit["ram_accesses"]) == (0.02, 0.05)
    assert config.storage == here / "deeper/store"
    assert config.report == (("json", here / "deeper/run.json"), ("iai", None))


def test_options_go_before_the_file(here: Path) -> None:
    """What the command line says counts more than the project's file; a switch can turn back on."""
    (here / "iaipy.yaml").write_text("repeats: 5\nfork: false\nkeyword: help\n")
    assert (parsed().repeats, parsed().fork, parsed().keyword) == (5, False, "help")
    config = parsed("--repeats", "3", "--fork")
    assert (config.repeats, config.fork) == (3, True)


def test_some_settings_only() -> None:
    """A command takes the options it names and refuses the others."""
    assert parsed("--repeats", "3", keys=("repeats",)).repeats == 3
    with pytest.raises(click.NoSuchOption):
        parsed("--jobs", "3", keys=("repeats",))


def test_every_setting_has_an_option() -> None:
    """Each setting can be given on the command line, but for the places to look in, which are arguments, and
    how the project is built, which belongs to the project."""
    without = [setting.key for setting in SETTINGS if not setting.flags]
    assert without == ["benchmarks", "build", "build_timeout"]
