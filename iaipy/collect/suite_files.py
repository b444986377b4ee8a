"""YAML suites, and the commands that they declare."""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from iaipy import values, yaml_text
from iaipy.durations import parse_duration
from iaipy.errors import UsageError
from iaipy.limits import parse_hard_limits, parse_limits
from iaipy.model.benchmark import MODES, Benchmark, Command, Limits, Pace

_SECTIONS = ("commands", "claims")
_SHELL = ("/bin/sh", "-c")
_LARGEST_STATUS = 255

Parse = Callable[[object, str], Any]


@dataclass(frozen=True)
class Suite:
    """A suite as it is written.

    Parameters:
        file: its path from the project's root, with forward slashes.
        sections: its keys.
        lines: of its keys.
    """

    file: str
    sections: Mapping[str, object]
    lines: yaml_text.Lines


def load(path: Path, root: Path) -> Suite:
    """Read a suite's file; what its sections hold isn't looked into.

    Parameters:
        path: of the file, absolute.
        root: the project's root.

    Raises:
        UsageError: the file can't be read or is no suite; the message names the line.
    """
    if not path.is_relative_to(root):
        raise UsageError(
            f"{path} is outside the project's root {root}", "run iaipy in the suite's own project"
        )
    file = path.relative_to(root).as_posix()
    document, lines = yaml_text.load_with_lines(yaml_text.read(path, file), file)
    sections = values.table(document, file)
    values.require_known(sections, _SECTIONS, file, "key")
    if not sections:
        raise UsageError(f"{file} has no commands", "declare them under the key commands:, as NAME: PROGRAM")
    return Suite(file, sections, lines)


def read_suite(path: Path, root: Path) -> tuple[Benchmark, ...]:
    """The benchmarks of a suite, in its order; none where it only makes claims.

    Parameters:
        path: of the file, absolute.
        root: the project's root; ids, and the paths in the suite, are relative to it.

    Raises:
        UsageError: the file can't be read or is no valid suite; the message names the line.
    """
    suite = load(path, root)
    file, sections, lines = suite.file, suite.sections, suite.lines
    if "commands" not in sections:
        return ()
    commands = values.table(sections["commands"], f"{file}:{lines['commands',]}: commands")
    benchmarks = []
    for index, (name, given) in enumerate(commands.items()):
        line = lines["commands", name]
        where = f"{file}:{line}: {name}"
        check_name(name, where, "a command")
        benchmark = _benchmark(given, where, root)
        benchmarks.append(replace(benchmark, id=f"{file}::{name}", path=file, line=line, index=index))
    return _with_partners(benchmarks)


def check_name(name: str, where: str, what: str) -> None:
    """See that a name stays on one line and can stand behind "::".

    Parameters:
        what: what it is to name: "a command".

    Raises:
        UsageError: it can't.
    """
    if not name.strip() or name != name.strip() or "::" in name or not name.isprintable():
        raise UsageError(
            f"{where}: {values.shown(name)} can't name {what}",
            "use a name without ::, control characters and blanks around it",
        )


def _benchmark(given: object, where: str, root: Path) -> Benchmark:
    """One command, still without an id, and with the plain name in `minus`."""
    if not isinstance(given, str | list | Mapping):
        raise values.wrong(where, "a program to run, or a mapping with the key run", given)
    keys = {"run": given} if isinstance(given, str | list) else values.table(given, where)
    shell = values.boolean(keys.get("shell", False), f"{where}: shell")
    of_command, of_benchmark = _parsers(shell, root)
    values.require_known(keys, (*of_command, *of_benchmark, *_OF_PACE, "shell"), where, "key")
    if "run" not in keys:
        raise UsageError(f"{where} doesn't say what to run", "add run: PROGRAM")

    def parsed(parsers: Mapping[str, tuple[str, Parse]]) -> dict[str, Any]:
        return {
            field: parse(_present(keys[key], f"{where}: {key}"), f"{where}: {key}")
            for key, (field, parse) in parsers.items()
            if key in keys
        }

    options = parsed(of_benchmark)
    limits = Limits(options.pop("soft", {}), options.pop("hard", {}))
    return Benchmark(
        "",
        "command",
        "",
        command=Command(**parsed(of_command)),
        limits=limits,
        pace=Pace(**parsed(_OF_PACE)),
        **options,
    )


def _modes(given: object, where: str) -> tuple[str, ...]:
    modes = values.texts(given, where)
    if not modes:
        raise UsageError(f"{where} must not be empty", f"the modes are {' and '.join(MODES)}")
    values.require_known(modes, MODES, where, "mode")
    return modes


_OF_PACE: dict[str, tuple[str, Parse]] = {
    "processes": ("processes", values.processes),
    "rounds": ("rounds", values.rounds),
    "warmup_time": ("warmup_s", parse_duration),
    "measurement_time": ("measurement_s", parse_duration),
    "elements": ("elements", values.positive),
}
"""Key → field and parser: how a command is timed."""


def _parsers(shell: bool, root: Path) -> tuple[dict[str, tuple[str, Parse]], dict[str, tuple[str, Parse]]]:
    """Key → field and parser: the keys that describe the command, and those that describe the benchmark."""
    program = _shell_words if shell else _words
    of_command: dict[str, tuple[str, Parse]] = {
        "run": ("argv", program),
        "stdin": ("stdin", partial(_existing, root, "file", Path.is_file)),
        "env": ("env", values.variables),
        "cwd": ("cwd", partial(_existing, root, "folder", Path.is_dir)),
        "setup": ("setup", program),
        "teardown": ("teardown", program),
        "expect_exit": ("expect_exit", partial(values.whole, least=0, most=_LARGEST_STATUS)),
        "ready": ("ready", _pattern),
        "minus": ("minus", values.filled),
    }
    of_benchmark: dict[str, tuple[str, Parse]] = {
        "warmup": ("warmup", partial(values.whole, least=0)),
        "repeats": ("repeats", partial(values.whole, least=1)),
        "timeout": ("timeout_s", parse_duration),
        "limits": ("soft", parse_limits),
        "hard_limits": ("hard", parse_hard_limits),
        "tags": ("tags", values.texts),
        "mode": ("modes", _modes),
    }
    return of_command, of_benchmark


def _present(given: object, where: str) -> object:
    if given is None:
        raise UsageError(f"{where} has no value", "give it one, or leave the key out")
    return given


def _words(given: object, where: str) -> tuple[str, ...]:
    """A program and its arguments: a list, or text that is split as a shell splits it."""
    if isinstance(given, list):
        words = [values.text(word, f"{where}[{position}]") for position, word in enumerate(given)]
    elif isinstance(given, str):
        try:
            words = shlex.split(values.text(given, where))
        except ValueError as error:
            raise UsageError(f"{where} can't be split into words: {error}", "check its quotes") from None
    else:
        raise values.wrong(where, "text, or a list of texts", given)
    if not words or not words[0].strip():
        raise UsageError(f"{where} names no program")
    return tuple(words)


def _shell_words(given: object, where: str) -> tuple[str, ...]:
    if not isinstance(given, str):
        raise values.wrong(where, "text, because of shell: true", given)
    return (*_SHELL, values.filled(given, where))


def _existing(root: Path, kind: str, is_kind: Callable[[Path], bool], given: object, where: str) -> str:
    """A path from the root that leads to a file or folder."""
    name = values.filled(given, where)
    try:
        there = is_kind(root / name)
    except OSError:  # the name is too long, or a folder on the way is closed to us
        there = False
    if not there:
        raise UsageError(
            f"{where}: there is no {kind} {name}", f"paths are taken from the project's root {root}"
        )
    return name


def _pattern(given: object, where: str) -> str:
    pattern = values.filled(given, where)
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{where}: {values.shown(pattern)} is no regular expression: {error}") from None
    return pattern


def _with_partners(benchmarks: list[Benchmark]) -> tuple[Benchmark, ...]:
    """The benchmarks, with the id in `minus` of the command whose counters are subtracted."""
    by_name = {benchmark.name: benchmark for benchmark in benchmarks}
    return tuple(_with_partner(benchmark, by_name) for benchmark in benchmarks)


def _with_partner(benchmark: Benchmark, by_name: Mapping[str, Benchmark]) -> Benchmark:
    command = benchmark.command
    if command is None or command.minus is None:
        return benchmark
    where = f"{benchmark.path}:{benchmark.line}: {benchmark.name}: minus"
    if command.minus == benchmark.name:
        raise UsageError(f"{where} names the command itself", "name the command to hold it against")
    values.require_known([command.minus], list(by_name), where, "command")
    other = by_name[command.minus]
    if other.command is not None and other.command.minus is not None:
        raise UsageError(f"{where}: {other.name} has a minus of its own", "name a command that has none")
    return replace(benchmark, command=replace(command, minus=other.id))
