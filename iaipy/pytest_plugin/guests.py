"""The other plugins in the same pytest, and what becomes of each under `--iaipy`. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from iaipy.pytest_plugin import OPTIONS

BENCHMARK_FLAGS = (
    "skip", "disable", "enable", "only", "autosave", "save-data", "disable-gc", "verbose", "quiet",
)  # fmt: skip
BENCHMARK_VALUES = (
    "min-time", "max-time", "min-rounds", "precision", "confidence", "timer", "calibration-precision",
    "warmup-iterations", "save", "json", "compare-fail", "cprofile", "cprofile-loops", "cprofile-top",
    "storage", "sort", "group-by", "columns", "name", "time-unit",
)  # fmt: skip
BENCHMARK_MAYBE = ("warmup", "compare", "cprofile-dump", "histogram", "csv", "netrc")
CODSPEED_VALUES = ("mode", "warmup-time", "max-time", "max-rounds")

REPLACED = ("benchmark", "pytest-benchmark")
"""Plugins whose hooks iaipy takes out for the run, pytest-benchmark's two: their table would be empty."""

ONLY, SKIP = "benchmark_only", "benchmark_skip"


@dataclass(frozen=True)
class Guest:
    """What a plugin is told in the pytest under valgrind.

    Parameters:
        plugin: the name it is registered by.
        arguments: options that keep it from disturbing.
        why: what it would do otherwise.
    """

    plugin: str
    arguments: tuple[str, ...]
    why: str


GUESTS = (
    Guest("xdist", ("-n0", "--dist=no"), "would start pytests of its own"),
    Guest("pytest_cov", ("--no-cov",), "would trace what is counted"),
    Guest("timeout", ("--timeout=0",), "measures time, of which valgrind takes fifty times as much"),
    Guest("faulthandler", ("-o", "faulthandler_timeout=0"), "would start a thread for each test"),
    Guest("logging-plugin", ("--log-file=/dev/null",), "would write its log over that of the other tests"),
    Guest("cacheprovider", ("-o", "cache_dir={folder}/cache"), "would write to the project"),
)
"""By plugin, what is added to the command line of the pytest under valgrind."""

_HOSTS_OWN = {
    "-n": True,
    "--numprocesses": True,
    **{f"--iaipy-{flag}": bool(metavar) for flag, _, metavar, _ in OPTIONS},
}
"""Options that say what the host does, and whether a value follows."""

_JOBS = re.compile(r"-n(\d+|auto|logical)")

_DROPPED = ("terminalreporter", *REPLACED, "timeout", "randomly")


def arguments(config: pytest.Config, folder: str) -> list[str]:
    """The options for the plugins that are here, for a pytest with that folder for its files."""
    there = [guest for guest in GUESTS if config.pluginmanager.hasplugin(guest.plugin)]
    return [word.format(folder=folder) for guest in there for word in guest.arguments]


def without_hosts_own(words: Sequence[str]) -> list[str]:
    """Options for the pytest under valgrind, in which the host's own would only take memory.

    What it is started with decides where its first objects lie: counts are to be the same whether they are
    saved or compared, and with whatever -n.
    """
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        name, has_value, _ = word.partition("=")
        if _HOSTS_OWN.get(name) and not has_value:
            next(rest, None)
        elif name not in _HOSTS_OWN and not _JOBS.fullmatch(word):
            kept.append(word)
    return kept


def accept_options(config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Take the options of pytest-benchmark and pytest-codspeed where these are not installed."""
    plugins = config.pluginmanager
    stood_in = []
    group = parser.getgroup("iaipy")
    if not plugins.hasplugin("benchmark") and any(each.startswith("--benchmark-") for each in args):
        stood_in.append("--benchmark-*")
        for name in BENCHMARK_FLAGS:
            group.addoption(f"--benchmark-{name}", action="store_true", help=_ACCEPTED_HELP)
        for name in BENCHMARK_VALUES:
            group.addoption(f"--benchmark-{name}", help=_ACCEPTED_HELP)
        for name in BENCHMARK_MAYBE:
            group.addoption(f"--benchmark-{name}", nargs="?", help=_ACCEPTED_HELP)
    if not plugins.hasplugin("codspeed") and any(each.startswith("--codspeed") for each in args):
        stood_in.append("--codspeed*")
        group.addoption("--codspeed", action="store_true", help=_ACCEPTED_HELP)
        for name in CODSPEED_VALUES:
            group.addoption(f"--codspeed-{name}", help=_ACCEPTED_HELP)
    config.stash[ACCEPTED] = stood_in


_ACCEPTED_HELP = "accepted by iaipy, without effect"
ACCEPTED: pytest.StashKey[list[str]] = pytest.StashKey()
"""Options of absent plugins that were accepted."""


def take_over_jobs(config: pytest.Config) -> int | None:
    """The number behind pytest-xdist's -n, which then starts no workers; None where it wasn't given."""
    number = getattr(config.option, "numprocesses", None)
    if not config.pluginmanager.hasplugin("xdist"):
        return None
    config.option.dist, config.option.tx = "no", []
    config.option.numprocesses = None
    return number if isinstance(number, int) and number > 0 else None


def replace_benchmark(config: pytest.Config) -> list[str]:
    """Take pytest-benchmark's hooks out; the names of the plugins whose fixture is taken over."""
    owners = [name for name in ("benchmark", "codspeed") if config.pluginmanager.hasplugin(name)]
    _drop(config, REPLACED)
    return [f"pytest-{name}" for name in owners]


def quieten(config: pytest.Config) -> None:
    """Take out what has no use in the pytest under valgrind."""
    _drop(config, _DROPPED)


def _drop(config: pytest.Config, names: tuple[str, ...]) -> None:
    for name in names:
        if config.pluginmanager.hasplugin(name):
            config.pluginmanager.unregister(name=name)
