"""The log of a GitHub Actions step."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.compare.gate import compare
from iaipy.model.benchmark import Limits
from iaipy.model.comparison import Comparison, TimingEntry
from iaipy.model.difference import Explanation
from iaipy.model.metrics import COUNTER_KEYS, EVENTS
from iaipy.model.run import Failure, Result, Run
from iaipy.report.github import MOST_ANNOTATIONS, data, property_value, remark, render

Golden = Callable[[str, str], None]

REGISTERED = {"error", "warning", "stop-commands", "add-mask", "set-env"}


@dataclass(frozen=True)
class Processed:
    """A command as the runner understands it."""

    name: str
    properties: dict[str, str]
    data: str


def processed(log: str) -> list[Processed]:
    """The commands that GitHub's runner finds in a log, by the rules of its parser."""
    commands: list[Processed] = []
    token = ""
    for line in log.splitlines():
        command = _parsed(line, {*REGISTERED, token} - {""})
        if command is None:
            continue
        if token:
            token = "" if command.name == token else token
        elif command.name == "stop-commands":
            token = command.data
        else:
            commands.append(command)
    assert not token, "commands are still stopped at the end"
    return commands


def _parsed(line: str, registered: set[str]) -> Processed | None:
    """One line: `::name key=value,key=value::data` at its start, or `##[name key=value;...]data` anywhere."""
    text = line.lstrip()
    if text.startswith("::") and "::" in text[2:]:
        info, _, rest = text[2:].partition("::")
        name, _, listed = info.partition(" ")
        if name in registered:
            pairs = (item.split("=", 1) for item in listed.split(",") if "=" in item)
            return Processed(name, {key: _plain(value, ":,") for key, value in pairs}, _plain(rest, ""))
    if "##[" in line and "]" in line.partition("##[")[2]:
        info, _, rest = line.partition("##[")[2].partition("]")
        if info.partition(" ")[0] in registered:
            return Processed(info.partition(" ")[0], {}, rest)
    return None


def _plain(text: str, also: str) -> str:
    for character in ("\r", "\n", *also, "%"):
        text = text.replace(f"%{ord(character):02X}", character)
    return text


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token that can't be known is always the same."""
    monkeypatch.setattr(secrets, "token_hex", lambda size: "5ec4e7" * (size // 3))


def test_log_with_every_fate(full_run: Run, compared: Comparison, golden: Golden) -> None:
    """The report between the marks that stop commands, then the annotations."""
    golden("report/github.txt", render(full_run, compared))


def test_annotations_stand_at_the_declaration(full_run: Run, compared: Comparison) -> None:
    """A benchmark that regressed is an error at its file and line that says what moved, and how far."""
    command = next(c for c in processed(render(full_run, compared)) if "::slower[rows=10]" in c.data)
    assert command.name == "error"
    assert command.properties == {
        "file": "benchmarks/bench_config.py",
        "line": "12",
        "title": "Benchmark regressed",
    }
    assert command.data.startswith(
        "benchmarks/bench_config.py::slower[rows=10]: FAIL (exceeds 10% threshold); "
    )
    assert "Instructions 1,000,000 → 1,300,000 (+30.0%)" in command.data


def test_failures_name_their_file(full_run: Run, compared: Comparison) -> None:
    """A benchmark that failed is an error at its file; on which line it is declared isn't known."""
    failed = [c for c in processed(render(full_run, compared)) if c.properties["title"] == "Benchmark failed"]
    assert [(c.name, c.properties.get("file"), c.properties.get("line")) for c in failed] == [
        ("error", "benchmarks/bench_config.py", None),
        ("error", "benchmarks/bench_db.py", None),
    ]


def test_what_could_not_be_compared_is_a_warning(full_run: Run, compared: Comparison) -> None:
    """Missing and incomparable benchmarks are warnings; new ones, and those that pass, are nothing."""
    warnings = [c.data for c in processed(render(full_run, compared)) if c.name == "warning"]
    assert [data.partition(": ")[0].partition("::")[2] for data in warnings] == ["other_loop", "gone"]


def test_slower_times_are_warnings(full_run: Run, alone: Comparison) -> None:
    """A time that got slower doesn't fail a run unless asked to, so it is a warning."""
    entry = TimingEntry("b.py::sleep", "fail", why="+12.0%, p = 0.001", path="b.py", line=3)
    comparison = replace(alone, timings=(entry, replace(entry, status="inconclusive")))
    warnings = [c for c in processed(render(full_run, comparison)) if c.name == "warning"]
    assert [(c.properties["file"], c.properties["line"], c.data) for c in warnings] == [
        ("b.py", "3", "b.py::sleep: +12.0%, p = 0.001")
    ]


def test_nothing_compared_is_an_error(full_run: Run) -> None:
    """A baseline that holds none of the benchmarks is loud."""
    run = replace(full_run, benchmarks=full_run.benchmarks[:1], failures=())
    comparison = compare(run, Run(""), limits=Limits(), base_name="main")
    assert [(c.name, c.data) for c in processed(render(run, comparison))] == [
        ("error", "none of the benchmarks could be compared with the baseline main")
    ]


def test_calm_run_has_no_annotations(base_run: Run, calm: Comparison) -> None:
    """A run in which nothing regressed only has its report."""
    assert processed(render(base_run, calm)) == []


def test_no_more_annotations_than_are_shown(base_run: Run) -> None:
    """GitHub drops all but ten errors of a step, so the tenth names the benchmarks that are left."""
    failures = tuple(Failure(f"b.py::number{n}", "it raised ValueError") for n in range(25))
    run = replace(base_run, failures=failures)
    errors = processed(render(run, compare(run, None, limits=Limits())))
    assert len(errors) == MOST_ANNOTATIONS
    assert errors[-1].data.startswith("16 more: b.py::number9: it raised ValueError; b.py::number10: ")
    assert "file" not in errors[-1].properties


HOSTILE = (
    "::error::forged",
    "  ::add-mask::a",
    "text ##[set-env name=PATH]/tmp",
    "::stop-commands::mine",
    "5ec4e7\n::error::second line",
    "%0A::error::escaped",
    "::5ec4e75ec4e75ec4e75ec4e75ec4e7::",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_output_of_benchmarks_is_no_command(text: str) -> None:
    """Whatever a benchmark is called, fails with or prints, the runner sees only what iaipy says."""
    id_ = f"b.py::f[{text}]"
    nothing = dict.fromkeys(COUNTER_KEYS, 0)
    result = Result(id_, "function", nothing, dict.fromkeys(EVENTS, 0), nothing, path="b.py", notes=(text,))
    run = Run(
        "2026-01-01T00:00:00Z", benchmarks=(result,), failures=(Failure(f"{id_}2", text, f"{text}\n{text}"),)
    )
    commands = processed(render(run, compare(run, None, limits=Limits())))
    assert [(c.name, set(c.properties)) for c in commands] == [("error", {"file", "title"})]
    assert "\n" not in commands[0].data


@given(st.text(), st.text())
def test_escapes_are_undone_by_the_runner(value: str, message: str) -> None:
    """Any text reaches the runner as it is, and stays within its property or message."""
    line = f"::error title={property_value(f'a{value}')}::{data(message)}"
    assert len(line.split("\n")) == len(line.split("\r")) == 1
    info, _, rest = line[2:].partition("::")
    assert _plain(info.removeprefix("error title="), ":,") == f"a{value}"
    assert _plain(rest, "") == message


def test_token_differs_from_run_to_run(
    full_run: Run, compared: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends the fence can't be known beforehand."""
    monkeypatch.undo()
    first, second = (render(full_run, compared).partition("\n")[0] for _ in range(2))
    assert first != second
    assert len(first) > len("::stop-commands::") + 20


def test_annotations_say_why(full_run: Run, compared: Comparison) -> None:
    """The first sentence of an explanation is at the end of the benchmark's annotation."""
    explanation = Explanation(
        "benchmarks/bench_config.py::slower[rows=10]", None, "The baseline has no profile."
    )
    log = render(full_run, replace(compared, explanations=(explanation,)))
    (found,) = [each for each in processed(log) if "no profile" in each.data]
    assert found.data.endswith("; The baseline has no profile.")


@given(st.text(max_size=40, alphabet=st.sampled_from("ab:%,\r\n\x1b#[]=\u2028 ")))
def test_remark_is_one_command(text: str) -> None:
    """Whatever it says, a remark is one command of its level, on one line, with nothing else in it."""
    line = remark("warning", f"title {text}", text)
    assert len(line.splitlines()) == 1
    (command,) = processed(line)
    assert command.name == "warning"
    assert set(command.properties) == {"title"}
