"""Files, suites and options that are wrong: one clear message each, the right exit code, and no traceback.

Few of these get as far as valgrind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Project

GOOD = """
    from iaipy import benchmark


    @benchmark
    def work():
        sorted(range(100))
"""


def test_files_that_cannot_be_imported(valgrind: str, project: Project) -> None:
    """Each file that can't be imported is one failure, exit code 3, and the other files are measured."""
    project.write("benchmarks/bench_good.py", GOOD)
    project.write("benchmarks/bench_missing_module.py", "import no_such_module\n")
    project.write("benchmarks/bench_syntax.py", "def broken(:\n")
    project.write("benchmarks/bench_exits.py", "raise SystemExit('not on this machine')\n")
    project.write("benchmarks/bench_ends.py", "import os\nos._exit(9)\n")
    project.write("benchmarks/bench_crashes.py", "import ctypes\nctypes.string_at(0)\n")
    project.write("benchmarks/bench_interrupts.py", "raise KeyboardInterrupt\n")
    done = project.iaipy("run", "--repeats", "1")
    assert done.code == 3
    assert project.counters().keys() == {"work"}
    reasons = {path.removeprefix("benchmarks/bench_"): f["reason"] for path, f in project.failures().items()}
    assert "No module named 'no_such_module'" in reasons.pop("missing_module.py")
    assert "SyntaxError" in reasons.pop("syntax.py")
    assert "SystemExit: not on this machine" in reasons.pop("exits.py")
    assert "exit status 9" in reasons.pop("ends.py")
    assert "SIGSEGV" in reasons.pop("crashes.py")
    assert "KeyboardInterrupt" in reasons.pop("interrupts.py")
    assert reasons == {}
    assert "line 1" in project.failures()["benchmarks/bench_syntax.py"]["details"]


def test_list_of_files_that_cannot_be_imported(project: Project) -> None:
    """`iaipy list` names the good ones, and the bad one with its reason."""
    project.write("benchmarks/bench_good.py", GOOD)
    project.write("benchmarks/bench_bad.py", "import no_such_module\n")
    done = project.iaipy("list")
    assert done.code == 3
    assert done.out == "benchmarks/bench_good.py::work\n"
    assert done.err.startswith("benchmarks/bench_bad.py: ")


def test_import_that_never_ends(project: Project) -> None:
    """An import runs under the timeout as well."""
    project.write("benchmarks/bench_endless.py", "while True:\n    pass\n")
    done = project.iaipy("run", "--timeout", "1s")
    assert done.code == 3
    assert "importing benchmarks/bench_endless.py took longer than 1 s" in done.out


def test_valgrind_that_dies_at_once(project: Project) -> None:
    """A valgrind that can't start the interpreter is the machine's fault, not the file's."""
    project.write("benchmarks/bench_good.py", GOOD)
    broken = project.write(
        "valgrind",
        """
        #!/bin/sh
        [ "$1" = --version ] && exec echo valgrind-3.19.0
        echo "valgrind: no tool for this platform" >&2
        exit 1
        """,
    )
    broken.chmod(0o755)
    done = project.iaipy("run", "--valgrind", str(broken))
    assert done.code == 4
    assert "it ended with exit status 1 (valgrind: no tool for this platform)" in done.err
    assert "reinstall valgrind" in done.err


DECLARATIONS = {
    "twice": (
        "@benchmark\ndef work(): pass\n\n@benchmark\ndef work(): pass\n",
        "benchmarks/bench_bad.py::work is declared twice, in lines 3 and 6",
    ),
    "generator": (
        "@benchmark\ndef work():\n    yield\n",
        "benchmarks/bench_bad.py:3: @benchmark on the generator function work",
    ),
    "builtin": ("benchmark(len)\n", "benchmarks/bench_bad.py:3: @benchmark takes a Python function"),
    "option": (
        "@benchmark(round=3)\ndef work(): pass\n",
        "benchmarks/bench_bad.py:3: @benchmark has no option round",
    ),
    "parameter": (
        "@benchmark(params={'rows': [1]})\ndef work(): pass\n",
        "benchmarks/bench_bad.py:3: @benchmark on work: neither it nor its setup takes the parameter 'rows'",
    ),
    "no_values": (
        "\n\n@benchmark(params={'rows': []})\ndef work(rows): pass\n",
        "benchmarks/bench_bad.py:5: @benchmark on work: params['rows'] is empty",
    ),
    "processes": (
        "@benchmark(processes=0)\ndef work(): pass\n",
        "benchmarks/bench_bad.py:3: @benchmark(processes=0): a whole number of at least 1",
    ),
    "too_many": (
        "@benchmark(processes=10**9)\ndef work(): pass\n",
        "benchmarks/bench_bad.py:3: work: processes must be a whole number from 1 to 1000",
    ),
    "no_time": (
        "@benchmark(measurement_time=0)\ndef work(): pass\n",
        "benchmarks/bench_bad.py:3: work: measurement_time must be seconds",
    ),
    "no_mode": (
        "@benchmark(mode=())\ndef work(): pass\n",
        "benchmarks/bench_bad.py:3: @benchmark(mode=()) on work: the modes are",
    ),
    "loop": (
        "@benchmark(loop=5)\nasync def work(): pass\n",
        "benchmarks/bench_bad.py:3: work: loop must be asyncio, or",
    ),
    "counter": (
        "@benchmark(limits={'instruction': '2%'})\ndef work(): pass\n",
        "benchmarks/bench_bad.py:3: work: limits: unknown counter 'instruction'",
    ),
    "limit": (
        "@benchmark(limits={'instructions': 2})\ndef work(): pass\n",
        "benchmarks/bench_bad.py:3: work: limits: instructions: 2 would mean 200%",
    ),
    "timeout": (
        "@benchmark(timeout='soon')\ndef work(): pass\n",
        "benchmarks/bench_bad.py:3: work: timeout must be seconds",
    ),
}


@pytest.mark.parametrize("case", DECLARATIONS)
def test_wrong_declaration(project: Project, case: str) -> None:
    """A declaration that makes no sense is refused in one message with its place and what is wrong."""
    text, message = DECLARATIONS[case]
    project.write("benchmarks/bench_bad.py", "from iaipy import benchmark\n\n" + text)
    done = project.iaipy("run")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"iaipy: error: {message}")
    assert "Traceback" not in done.err


def test_name_of_a_standard_module(project: Project) -> None:
    """A benchmark file called like a module that is there already is told to be renamed."""
    project.write("benchmarks/os.py", GOOD)
    done = project.iaipy("run", "benchmarks/os.py")
    assert done.code == 3
    assert "its name is taken" in done.out
    assert "rename the file" in done.out


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdef", "bcdefg", strict=True)
)
SUITES = {
    "not_a_mapping": ("- help\n- version\n", "must be a mapping"),
    "empty": ("", "bench_cli.yaml"),
    "tabs": ("commands:\n\thelp: true\n", "bench_cli.yaml:2: YAML doesn't allow tabs"),
    "bomb": (BOMB, "more than 10,000 values"),
    "unknown_key": ("commands: {help: {run: x, stdinn: y}}\n", "did you mean stdin?"),
    "unknown_section": ("command: {help: x}\n", "did you mean commands?"),
    "duplicate": (
        "commands:\n  help: a\n  help: b\n",
        "bench_cli.yaml:3: the key 'help' is already in line 2",
    ),
    "no_program": ("commands: {help: {env: {A: b}}}\n", "doesn't say what to run"),
    "object": ("commands: !!python/object/apply:os.system [id]\n", "could not determine a constructor"),
    "not_utf8": ("commands: {help: \udcff}\n", "this is not UTF-8 text"),
    "no_stdin": ("commands: {help: {run: x, stdin: nowhere.txt}}\n", "there is no file nowhere.txt"),
    "minus_nothing": ("commands: {help: {run: x, minus: hepl}, hello: x}\n", "unknown command 'hepl'"),
}


@pytest.mark.parametrize("case", SUITES)
def test_wrong_suite(project: Project, case: str) -> None:
    """A suite that is no valid one ends the run with 2 and one message that names the file."""
    text, message = SUITES[case]
    path = project.write("benchmarks/bench_cli.yaml", "")
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    done = project.iaipy("run")
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("iaipy: error: benchmarks/bench_cli.yaml")
    assert message in done.err


OPTIONS = {
    "configuration": ("timeouts: 3\n", (), 2, "did you mean timeout?"),
    "configured_value": ("repeats: none\n", (), 2, "iaipy.yaml: repeats must be a whole number"),
    "option": ("", ("--basline", "main"), 2, "--baseline"),
    "value": ("", ("--jobs", "many"), 2, "--jobs must be auto, or a whole number"),
    "limit": ("", ("--limit", "instruction=2%"), 2, "did you mean instructions?"),
    "report": ("", ("--report", "jsn"), 2, "did you mean json?"),
    "keyword": ("", ("-k", "a and"), 2, "the keyword expression 'a and' is malformed"),
    "baseline_name": ("", ("--save-baseline", "../main"), 2, "can't be the name of a baseline"),
    "report_folder": ("", ("--report", "json:nowhere/run.json"), 4, "nowhere/run.json does not exist"),
    "no_baseline": ("", ("--baseline", "main"), 5, "there is no baseline main"),
    "no_file": (
        "",
        ("benchmarks/bench_nothing.py",),
        2,
        "there is no file or folder benchmarks/bench_nothing.py",
    ),
    "no_benchmark": ("", ("benchmarks/bench_good.py::wrok",), 5, "work"),
    "nothing_matches": ("", ("-k", "nothing"), 5, "no benchmarks that match the selection"),
    "no_tag": ("", ("--tag", "slow"), 5, "no benchmarks that match the selection"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_wrong_option(project: Project, case: str) -> None:
    """What can't be done as asked is refused before anything is measured, with a hint at what is meant."""
    configuration, words, code, message = OPTIONS[case]
    project.write("iaipy.yaml", configuration)
    project.write("benchmarks/bench_good.py", GOOD)
    done = project.iaipy("run", *words)
    assert done.code == code
    assert done.out == ""
    assert message in done.err
    assert not (project.root / ".iaipy").exists()


def test_no_benchmark_found(project: Project) -> None:
    """A folder without benchmarks is a failure of its own, for `run` and for `list`."""
    project.write("benchmarks/helpers.py", "VALUE = 3\n")
    for verb in ("run", "list"):
        done = project.iaipy(verb)
        assert done.code == 5
        assert "no benchmarks in benchmarks" in done.err


def test_no_benchmarks_folder(project: Project) -> None:
    """Without a folder of benchmarks the message names it."""
    done = project.iaipy("run")
    assert done.code in (2, 5)
    assert "benchmarks" in done.err


BASELINES = {
    "not_json": ("{", "not readable as JSON"),
    "empty": ("", "not readable as JSON"),
    "other_format": ('{"format": "pytest-benchmark", "version": 1}', 'its format is not "iaipy.run"'),
    "a_list": ("[]", 'its format is not "iaipy.run"'),
    "newer": ('{"format": "iaipy.run", "version": 99}', "is of format version 99"),
    "cut": ('{"format": "iaipy.run", "version": 1, "created_utc": "x"}', "is missing"),
}


@pytest.mark.parametrize("case", BASELINES)
def test_damaged_baseline(project: Project, case: str) -> None:
    """A baseline that can't be read ends the run with 4, and the message names its file."""
    text, message = BASELINES[case]
    project.write(".iaipy/baselines/main.json", "").write_text(text)
    project.write("benchmarks/bench_good.py", GOOD)
    done = project.iaipy("run", "--baseline", "main")
    assert done.code == 4
    assert done.out == ""
    assert ".iaipy/baselines/main.json" in done.err
    assert message in done.err


@pytest.mark.parametrize(
    "words", [("compare", "main"), ("compare", "a.json", "b.json"), ("baseline", "show", "main")]
)
def test_no_such_run(project: Project, words: tuple[str, ...]) -> None:
    """A stored run that isn't there ends the command with 5."""
    done = project.iaipy(*words)
    assert done.code == 5
    assert done.out == ""
    assert "there is no" in done.err
