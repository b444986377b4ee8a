"""Suites of commands."""

from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iaipy.collect.suite_files import read_suite
from iaipy.errors import UsageError
from iaipy.model.benchmark import Benchmark, Command, Limits, Pace


def suite(root: Path, text: str) -> tuple[Benchmark, ...]:
    """Read a suite with this text."""
    path = root / "benchmarks" / "bench_cli.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text))
    return read_suite(path, root)


def refusal(root: Path, text: str) -> UsageError:
    """The error that a suite with this text ends in."""
    with pytest.raises(UsageError) as caught:
        suite(root, text)
    return caught.value


def test_a_command_can_be_a_text(tmp_path: Path) -> None:
    """It is split as a shell would, and the benchmark has its id, line and defaults."""
    assert suite(tmp_path, "commands:\n\n  help: python -m app 'a b'\n") == (
        Benchmark(
            id="benchmarks/bench_cli.yaml::help",
            kind="command",
            path="benchmarks/bench_cli.yaml",
            line=3,
            index=0,
            warmup=1,
            command=Command(("python", "-m", "app", "a b")),
        ),
    )


def test_every_key_has_its_place(tmp_path: Path) -> None:
    """All that can be said of a command arrives in its record."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "in.txt").touch()
    _, found = suite(
        tmp_path,
        """
        commands:
          native: app --help
          shim:
            run: [shim, app, "--help me"]
            stdin: data/in.txt
            env: {LEVEL: "1"}
            cwd: data
            setup: mkdir -p x
            teardown: [rm, -r, x]
            expect_exit: 3
            timeout: 60s
            ready: ^listening on \\d+$
            minus: native
            shell: false
            warmup: 2
            repeats: 3
            limits: {all: 5%, ram_accesses: off}
            hard_limits: {instructions: 1_000_000}
            tags: [cli, start]
        """,
    )
    assert found == Benchmark(
        id="benchmarks/bench_cli.yaml::shim",
        kind="command",
        path="benchmarks/bench_cli.yaml",
        line=4,
        index=1,
        warmup=2,
        repeats=3,
        timeout_s=60.0,
        limits=Limits(
            {
                "instructions": 0.05,
                "l1_accesses": 0.05,
                "l2_accesses": 0.05,
                "ram_accesses": None,
                "estimated_cycles": 0.05,
            },
            {"instructions": 1_000_000},
        ),
        tags=("cli", "start"),
        command=Command(
            argv=("shim", "app", "--help me"),
            stdin="data/in.txt",
            env={"LEVEL": "1"},
            cwd="data",
            setup=("mkdir", "-p", "x"),
            teardown=("rm", "-r", "x"),
            expect_exit=3,
            ready=r"^listening on \d+$",
            minus="benchmarks/bench_cli.yaml::native",
        ),
    )


def test_keys_of_timing(tmp_path: Path) -> None:
    """How a command is timed, and in which modes it is measured at all."""
    timed, both = suite(
        tmp_path,
        """
        commands:
          timed:
            {run: x, mode: walltime, processes: 4, rounds: 5, warmup_time: 10ms, measurement_time: 2,
             elements: 2.5}
          both: {run: x, mode: [instructions, walltime]}
        """,
    )
    assert (timed.modes, both.modes) == (("walltime",), ("instructions", "walltime"))
    assert timed.pace == Pace(4, 5, None, 0.01, 2.0, "asyncio", 2.5)
    assert both.pace == Pace()


def test_a_shell_is_used_only_when_asked_for(tmp_path: Path) -> None:
    """Then for set-up and tear-down too, and the text reaches it as it is."""
    plain, shell = suite(
        tmp_path,
        """
        commands:
          plain: echo $HOME | wc
          shell: {shell: true, run: "echo $HOME | wc", setup: "a && b", teardown: "c; d"}
        """,
    )
    assert plain.command == Command(("echo", "$HOME", "|", "wc"))
    assert shell.command == Command(
        ("/bin/sh", "-c", "echo $HOME | wc"),
        setup=("/bin/sh", "-c", "a && b"),
        teardown=("/bin/sh", "-c", "c; d"),
    )


def test_commands_may_share_keys_by_a_merge(tmp_path: Path) -> None:
    """Each keeps the line of its own key."""
    first, second = suite(tmp_path, "commands:\n  a: &a {run: x, repeats: 5}\n  b:\n    <<: *a\n    run: y\n")
    assert (first.line, second.line) == (2, 3)
    assert second.repeats == 5
    assert second.command == Command(("y",))


def test_no_commands_are_no_benchmarks(tmp_path: Path) -> None:
    """An empty mapping is a suite without benchmarks."""
    assert suite(tmp_path, "commands: {}") == ()


def test_claims_alone_are_a_suite_without_benchmarks(tmp_path: Path) -> None:
    """What they say is read elsewhere."""
    assert suite(tmp_path, "claims: {a: {budget: b}}") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "benchmarks/bench_cli.yaml must be a mapping"),
        ("- a", "benchmarks/bench_cli.yaml must be a mapping"),
        ("{}", "benchmarks/bench_cli.yaml has no commands"),
        ("command: {a: b}", "benchmarks/bench_cli.yaml: unknown key 'command'"),
        ("commands:", "benchmarks/bench_cli.yaml:1: commands must be a mapping"),
        ("commands: [a]", "benchmarks/bench_cli.yaml:1: commands must be a mapping"),
        ("commands:\n\ta: b", "benchmarks/bench_cli.yaml:2: YAML doesn't allow tabs"),
        ("commands:\n  a: b\n  a: c", "benchmarks/bench_cli.yaml:3: the key 'a' is already in line 2"),
    ],
)
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """The message names the file, and the line where there is one."""
    assert refusal(tmp_path, text).message.startswith(message)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "must be a program to run, or a mapping with the key run, not nothing"),
        ("5", "must be a program to run"),
        ("''", ": run names no program"),
        ('"it\'s"', ": run can't be split into words: No closing quotation"),
        ("{timeout: 5}", "doesn't say what to run"),
        ("{run: }", ": run has no value"),
        ("{run: []}", ": run names no program"),
        ("{run: ['', a]}", ": run names no program"),
        ("{run: [sleep, 1]}", ": run[1] must be text, not 1"),
        ("{run: {a: b}}", ": run must be text, or a list of texts"),
        ('{run: "a\\0b"}', ": run must be text without NUL"),
        ("{run: x, shell: 'yes'}", ": shell must be true or false"),
        ("{run: [x], shell: true}", ": run must be text, because of shell: true"),
        ("{run: x, setup: [x], shell: true}", ": setup must be text, because of shell: true"),
        ("{run: x, stdin: nowhere.txt}", ": stdin: there is no file nowhere.txt"),
        ("{run: x, stdin: benchmarks}", ": stdin: there is no file benchmarks"),
        (f"{{run: x, stdin: {'a' * 300}}}", ": stdin: there is no file aaa"),
        ("{run: x, cwd: nowhere}", ": cwd: there is no folder nowhere"),
        ("{run: x, cwd: benchmarks/bench_cli.yaml}", ": cwd: there is no folder"),
        ("{run: x, env: [A]}", ": env must be of the form NAME=VALUE, not 'A'"),
        ("{run: x, env: {A: 1}}", ": env.A must be text, not 1"),
        ("{run: x, expect_exit: 256}", ": expect_exit must be a whole number from 0 to 255"),
        ("{run: x, timeout: never}", ": timeout must be seconds"),
        ("{run: x, ready: '('}", ": ready: '(' is no regular expression"),
        ("{run: x, ready: 'a{99999999999999999999}'}", ": ready: "),
        ("{run: x, warmup: -1}", ": warmup must be a whole number of at least 0"),
        ("{run: x, repeats: 0}", ": repeats must be a whole number of at least 1"),
        ("{run: x, limits: {ram: 1%}}", ": limits: unknown counter 'ram'"),
        ("{run: x, limits: {instructions: -1%}}", ": limits: instructions must be"),
        ("{run: x, hard_limits: {instructions: -1}}", ": hard_limits: instructions must be"),
        ("{run: x, tags: 5}", ": tags must be text, or a list of texts"),
        ("{run: x, mode: all}", ": mode: unknown mode 'all'"),
        ("{run: x, mode: [walltime, cycles]}", ": mode: unknown mode 'cycles'"),
        ("{run: x, mode: 5}", ": mode must be text, or a list of texts"),
        ("{run: x, rounds: -1}", ": rounds must be a whole number from 1 to 1000000"),
        ("{run: x, warmup_time: 0}", ": warmup_time must be seconds"),
        ("{run: x, measurement_time: soon}", ": measurement_time must be seconds"),
        ("{run: x, elements: 0}", ": elements must be a number above 0"),
        ("{run: x, elements: rows}", ": elements must be a number above 0"),
        ("{run: x, elements: .nan}", ": elements must be a number above 0"),
        ("{run: x, elements: .inf}", ": elements must be a number above 0"),
        ("{run: x, processes: 0}", ": processes must be a whole number from 1 to 1000, not 0"),
        ("{run: x, processes: 1000000000}", ": processes must be a whole number from 1 to 1000, not"),
        ("{run: x, rounds: 100000000000000000}", ": rounds must be a whole number from 1 to 1000000, not"),
        ("{run: x, measurement_time: 0}", ": measurement_time must be seconds"),
        ("{run: x, mode: []}", ": mode must not be empty"),
        ("{run: x, loop: uvloop}", ": unknown key 'loop'"),
        ("{run: x, time_out: 5}", ": unknown key 'time_out'"),
        ("{run: x, minus: a}", ": minus names the command itself"),
        ("{run: x, minus: b}", ": minus: b has a minus of its own"),
        ("{run: x, minus: nobody}", ": minus: unknown command 'nobody'"),
    ],
)
def test_a_wrong_command_is_refused(tmp_path: Path, given: str, message: str) -> None:
    """The message names the file, the line of the command, its name and the key."""
    text = f"commands:\n  a: {given}\n  b: {{run: x, minus: z}}\n  z: x\n"
    found = refusal(tmp_path, text).message
    assert found.startswith("benchmarks/bench_cli.yaml:2: a")
    assert message in found


@pytest.mark.parametrize("name", ["''", "' a'", "a::b", '"a\\tb"', '"a\\nb"'])
def test_a_name_that_makes_no_id_is_refused(tmp_path: Path, name: str) -> None:
    """Ids stay on one line, and have one separator."""
    assert "can't name a command" in refusal(tmp_path, f"commands: {{{name}: x}}").message


def test_the_nearest_key_is_offered(tmp_path: Path) -> None:
    """At the top and in a command."""
    assert refusal(tmp_path, "comands: {}").remedy == "did you mean commands?"
    assert refusal(tmp_path, "commands: {a: {run: x, expect-exti: 1}}").remedy == "did you mean expect_exit?"
    assert refusal(tmp_path, "commands: {help: {run: x, minus: halp}}").remedy == "did you mean help?"


def test_a_suite_outside_the_project_is_refused(tmp_path: Path) -> None:
    """Its ids would have no meaning in the project."""
    with pytest.raises(UsageError, match="is outside the project's root"):
        read_suite(tmp_path / "bench_cli.yaml", tmp_path / "project")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    [
        *("run", "stdin", "env", "cwd", "setup", "teardown", "expect_exit", "timeout", "ready", "minus"),
        *("shell", "warmup", "repeats", "limits", "hard_limits", "tags"),
        *("mode", "processes", "rounds", "warmup_time", "measurement_time", "elements"),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(KEYS, VALUES).map(lambda keys: {"run": "x", **keys}))
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of re, about odd patterns
def test_any_value_is_taken_or_refused(tmp_path: Path, keys: dict[str, object]) -> None:
    """No value of any key ends in another exception."""
    try:
        suite(tmp_path, yaml.safe_dump({"commands": {"a": keys}}, allow_unicode=True))
    except UsageError as error:
        assert error.message.startswith("benchmarks/bench_cli.yaml")
