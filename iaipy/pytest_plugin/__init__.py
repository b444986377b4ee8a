"""The pytest plugin: `pytest --iaipy` counts the benchmarks of a test suite. PYTEST_DONT_REWRITE.

pytest imports this module at every start, so it imports nothing but pytest; what a run with the option
needs is imported then.
"""

from __future__ import annotations

import pytest

INNER = "iaipy-inner"
"""The plugin that marks the pytest that runs under valgrind."""

SESSION = "session.json"
"""In that pytest's folder, what its host wants: `args` for pytest, `items` to run, each with the name of a
folder for its temporary files, `path` to search first, all folders that are `searched` once the tests are
collected, when to count, how tests are to `capture`."""

# Flag behind --iaipy-, the setting it stands for, what its help shows for a value ("" for none), and help.
OPTIONS = (
    ("save-baseline", "save_baseline", "NAME", "Save the results as this baseline."),
    ("baseline", "baseline", "NAME", "Compare with this baseline; a regression fails the session."),
    ("limit", "limit", "[COUNTER=]LIMIT", "How far a counter may move: 2%%, instructions=2%%."),
    ("hard-limit", "hard_limit", "COUNTER=N", "How large a counter may get."),
    ("min-change", "min_change", "RATIO", "How far a change must move the estimated cycles to count."),
    ("report", "report", "FORMAT[:PATH]", "Write a report in this format, to a file if one is named."),
    ("repeats", "repeats", "N", "Separate measurements of each benchmark, which must agree."),
    ("jobs", "jobs", "N|auto", "Benchmarks at once; -n of pytest-xdist does the same."),
    ("timeout", "timeout", "DURATION", "What one benchmark's test may take."),
    ("valgrind", "valgrind", "PATH", "The valgrind to use."),
    ("cpu-profile", "cpu_profile", "avx2|any", "The CPUs among which counts are equal."),
    ("env", "env", "NAME=VALUE", "Set a variable in the environment that benchmarks run in."),
    ("pass-env", "pass_env", "NAME", "Let benchmarks see this variable of the environment outside."),
    ("storage", "storage", "FOLDER", "The folder for baselines and results."),
    ("fail-on-improvement", "fail_on_improvement", "", "Fail on an improvement too."),
    ("allow-environment-change", "allow_environment_change", "", "Compare although environments differ."),
    ("allow-failures", "allow_failures", "", "Save the baseline although benchmarks failed."),
)
REPEATABLE = ("limit", "hard_limit", "report", "env", "pass_env")

_MARKERS = (
    "benchmark(**options): count the test's body as a benchmark under --iaipy",
    "codspeed_benchmark(**options): count the test's body as a benchmark under --iaipy",
    "iaipy(limit=..., hard_limit=..., repeats=..., warmup=..., timeout=...): how iaipy measures and gates it",
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options."""
    group = parser.getgroup("iaipy", "iaipy: exact counts under valgrind")
    group.addoption("--iaipy", action="store_true", help="Count the benchmarks' instructions under valgrind.")
    for flag, key, metavar, text in OPTIONS:
        if not metavar:
            name = f"--iaipy-{flag}"
            group.addoption(name, dest=f"iaipy_{key}", action="store_true", default=None, help=text)
        else:
            action = "append" if key in REPEATABLE else "store"
            group.addoption(f"--iaipy-{flag}", dest=f"iaipy_{key}", action=action, metavar=metavar, help=text)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Before conftest files and options are read: know those of plugins that iaipy stands in for."""
    if any(argument.startswith(("--benchmark-", "--codspeed")) for argument in args):
        from iaipy.pytest_plugin import guests

        guests.accept_options(early_config, parser, args)
    if not early_config.pluginmanager.hasplugin("benchmark"):
        from iaipy.pytest_plugin import hooks

        early_config.pluginmanager.add_hookspecs(hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and with --iaipy become a host; in the pytest under valgrind, do nothing."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if config.getoption("iaipy") and not config.pluginmanager.hasplugin(INNER):
        from iaipy.pytest_plugin.host import Host

        config.pluginmanager.register(Host(config), "iaipy-host")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Offer the fixtures, unless another plugin does; with --iaipy ours come last and so go first."""
    plugins = session.config.pluginmanager
    taken = any(hasattr(each, "benchmark") for each in plugins.get_plugins())
    if session.config.getoption("iaipy") or not taken:
        from iaipy.pytest_plugin import fixtures

        plugins.register(fixtures, "iaipy-fixtures")
