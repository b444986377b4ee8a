"""What the command line prints and ends with, word for word: each transcript is a golden file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from iaipy import __version__, pipeline
from iaipy.commands import COMMANDS
from iaipy.config import Config
from iaipy.errors import ExitCode
from iaipy.settings import SETTINGS

if TYPE_CHECKING:
    from tests.conftest import Golden
    from tests.unit.conftest import FakeProject

COUNTS = {"help": 100_000, "version": 20_000, "convert": 3_000_000}


def saved(fake: FakeProject) -> None:
    """Save a baseline `main` of these counts."""
    fake.measures(COUNTS)
    assert fake.iaipy("run --save-baseline main")[0] == 0


def test_run_without_baseline(fake: FakeProject, golden: Golden) -> None:
    """A run without a baseline prints every counter."""
    fake.measures(COUNTS)
    golden("cli/run.txt", fake.transcript("run"))


def test_run_saves_a_baseline(fake: FakeProject, golden: Golden) -> None:
    """A run that saves says where."""
    fake.measures({"help": 100_000})
    golden("cli/run_saves.txt", fake.transcript("run --save-baseline main"))


def test_run_passes(fake: FakeProject, golden: Golden) -> None:
    """Unchanged, or changed within the limit, is a pass: exit code 0."""
    saved(fake)
    fake.measures({**COUNTS, "help": 104_900})
    golden("cli/run_passes.txt", fake.transcript("run --baseline main"))


def test_run_regresses(fake: FakeProject, golden: Golden) -> None:
    """Beyond the limit is a regression: exit code 1, and the benchmark's name on the last line."""
    saved(fake)
    fake.measures({**COUNTS, "help": 115_000})
    text = fake.transcript("run --baseline main")
    golden("cli/run_regresses.txt", text)
    assert "\nRegressed: benchmarks/bench_cli.yaml::help\n--- exit code 1\n" in text


def test_run_improves(fake: FakeProject, golden: Golden) -> None:
    """An improvement is shown, and fails only where that is asked for."""
    saved(fake)
    fake.measures({**COUNTS, "help": 80_000})
    golden(
        "cli/run_improves.txt",
        fake.transcript("run --baseline main", "run --baseline main --fail-on-improvement"),
    )


def test_run_with_new_and_missing(fake: FakeProject, golden: Golden) -> None:
    """Benchmarks that only one side has are listed and fail nothing."""
    saved(fake)
    fake.measures({"help": 100_000, "convert": 3_000_000, "fresh": 5_000})
    golden("cli/run_new_and_missing.txt", fake.transcript("run --baseline main"))


def test_run_with_a_failure(fake: FakeProject, golden: Golden) -> None:
    """A failed benchmark is exit code 3, and a baseline is not replaced by such a run."""
    saved(fake)
    failure = fake.fails(
        "help", "raised ValueError: no such row", "Traceback\n  File\nValueError: no such row"
    )
    fake.measures({**COUNTS, "help": failure})
    golden("cli/run_fails.txt", fake.transcript("run --baseline main", "run --save-baseline main"))


def test_run_elsewhere(fake: FakeProject, golden: Golden) -> None:
    """A baseline of another environment is refused with a table: exit code 4; it can be allowed."""
    saved(fake)
    fake.measures({"help": 100_000}, {"python": "CPython 3.14.0", "valgrind": "3.24.0"})
    lines = ("run --baseline main", "run --baseline main --allow-environment-change")
    golden("cli/run_elsewhere.txt", fake.transcript(*lines))


def test_hard_limit(fake: FakeProject, golden: Golden) -> None:
    """A hard limit holds without a baseline."""
    fake.measures({"help": 100_000})
    golden("cli/run_hard_limit.txt", fake.transcript("run --hard-limit instructions=50_000"))


def test_nothing_found(fake: FakeProject, golden: Golden) -> None:
    """Nothing to run is exit code 5."""
    fake.measures({"help": 100_000})
    lines = ("run -k nothing", "list -k nothing", "run benchmarks/bench_cli.yaml::hepl", "run nowhere.py")
    golden("cli/nothing_found.txt", fake.transcript(*lines))


def test_nothing_to_compare_with(fake: FakeProject, golden: Golden) -> None:
    """No such baseline, or none that fits, is exit code 5."""
    saved(fake)
    fake.measures({"renamed": 100_000})
    golden("cli/nothing_to_compare_with.txt", fake.transcript("run --baseline mian", "run --baseline main"))


def test_usage_errors(fake: FakeProject, golden: Golden) -> None:
    """What is mistyped is exit code 2 with the nearest right word."""
    fake.measures({"help": 100_000})
    lines = (
        "run --limit instruction=2%",
        "run --jobs many",
        "run --report jsn",
        "run --save-baseline last",
    )
    golden("cli/usage_errors.txt", fake.transcript(*lines))


def test_configuration_errors(fake: FakeProject, golden: Golden) -> None:
    """A mistake in the configuration is exit code 2 and names file and key."""
    fake.measures({"help": 100_000})
    (fake.root / "iaipy.yaml").write_text("timeouts: 3\n")
    golden("cli/configuration_errors.txt", fake.transcript("run", "list", "baseline list"))


def test_list(fake: FakeProject, golden: Golden) -> None:
    """`list` prints the ids, all or those chosen."""
    fake.measures(COUNTS)
    golden(
        "cli/list.txt",
        fake.transcript("list", "list -k 'help or version'", "list benchmarks/bench_cli.yaml::help"),
    )


def test_baseline(fake: FakeProject, golden: Golden) -> None:
    """Baselines are listed, shown, exported, imported and deleted."""
    saved(fake)
    lines = (
        "baseline list",
        "baseline show main",
        "baseline export main copy.json",
        "baseline import again copy.json",
        "baseline delete main",
        "baseline show main",
        "baseline list",
        "baseline delete again",
        "baseline list",
    )
    golden("cli/baseline.txt", fake.transcript(*lines))


def test_compare(fake: FakeProject, golden: Golden) -> None:
    """Two stored runs are held against each other by name or by file, gate and all."""
    saved(fake)
    fake.measures({**COUNTS, "help": 115_000})
    assert fake.iaipy("run --save-baseline head")[0] == 0
    lines = (
        "compare main head",
        "compare main head --limit 20%",
        "compare main .iaipy/baselines/main.json --report iai",
        "compare main",
        "compare main mian",
    )
    golden("cli/compare.txt", fake.transcript(*lines))


@pytest.mark.parametrize("line", ["run --basline main", "rnu", "baseline", "compare", "list --repeats 3"])
def test_what_click_refuses(fake: FakeProject, line: str) -> None:
    """An unknown option or verb, and a missing argument, are exit code 2 with the usage."""
    code, out, err = fake.iaipy(line)
    assert (code, out) == (2, "")
    assert err.startswith("Usage: iaipy ")


def test_help(fake: FakeProject) -> None:
    """The help names every verb and every exit code, and that of `run` every setting."""
    code, out, err = fake.iaipy("--help")
    assert (code, err) == (0, "")
    assert all(f"  {command.name} " in out for command in COMMANDS)
    assert all(str(code.value) in out for code in ExitCode)
    out = fake.iaipy("run --help")[1]
    assert all(setting.flags[-1].partition("/")[0] in out for setting in SETTINGS if setting.flags)


def test_version(fake: FakeProject) -> None:
    """The version is printed."""
    assert fake.iaipy("--version") == (0, f"iaipy, version {__version__}\n", "")


def test_interruption(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C outside of measuring ends with 130 and one line."""

    def interrupted(config: Config, *_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run", interrupted)
    code, out, err = fake.iaipy("run")
    assert (code, out, err.strip()) == (130, "", "iaipy: interrupted")


def test_reports_to_files(fake: FakeProject) -> None:
    """A report with a path goes there, and the screen keeps one line; the json report is the run itself."""
    fake.measures(COUNTS)
    code, out, err = fake.iaipy("run --report json:run.json --report iai:iai.txt")
    assert (code, out, err) == (0, "", "3 benchmarks: 3 measured\n")
    assert (fake.root / "run.json").read_text() == (fake.root / ".iaipy/last-run.json").read_text()
    assert (fake.root / "iai.txt").read_text().startswith("benchmarks/bench_cli.yaml::help\n  Instructions:")
    assert sorted(path.name for path in fake.root.iterdir()) == [
        ".iaipy",
        "benchmarks",
        "iai.txt",
        "iaipy.yaml",
        "run.json",
    ]


def test_report_that_cannot_be_written(fake: FakeProject) -> None:
    """A report's folder is looked for before anything is measured."""
    fake.measures(COUNTS)
    code, out, err = fake.iaipy("run --report json:nowhere/run.json")
    assert (code, out) == (4, "")
    assert "the folder of the report PROJECT/nowhere/run.json does not exist" in err
    assert not (fake.root / ".iaipy").exists()


@pytest.mark.parametrize(("option", "colored"), [("always", True), ("never", False), ("auto", False)])
def test_color(fake: FakeProject, option: str, colored: bool) -> None:
    """Output is coloured on demand, and never by itself where it goes to no terminal."""
    fake.measures(COUNTS)
    assert ("\x1b[" in fake.iaipy(f"run --color {option}")[1]) is colored
