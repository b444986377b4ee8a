"""Valgrind's own messages: which process ran what, and what it choked on."""

import re
from dataclasses import dataclass
from pathlib import Path

_HEADER = re.compile(r"^==\d+== (Command|Parent PID): (.*)$", re.MULTILINE)
_UNKNOWN = re.compile(r"unhandled instruction bytes: (.*)$", re.MULTILINE)
_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True)
class Log:
    """What one process's log says.

    Parameters:
        command: the program and its arguments, joined by blanks.
        parent: number of the process that started it; 0 if it is not told.
        unknown_instruction: the bytes of an instruction that valgrind doesn't know; "" if it met none.
    """

    command: str = ""
    parent: int = 0
    unknown_instruction: str = ""


def log_name(pid: int | str) -> str:
    """The log of a process, in the folder that its command line names."""
    return f"valgrind.{pid}"


def read_log(folder: Path, pid: int) -> Log:
    """The log of a process; an empty one where there is none."""
    try:
        with (folder / log_name(pid)).open(errors="replace") as file:
            return parse_log(file.read(_HEAD_BYTES))
    except OSError:
        return Log()


def parse_log(text: str) -> Log:
    """The same, from its text."""
    header = {name: value.strip() for name, value in _HEADER.findall(text)}
    unknown = _UNKNOWN.search(text)
    parent = header.get("Parent PID", "")
    return Log(
        header.get("Command", ""), int(parent) if parent.isdecimal() else 0, unknown[1] if unknown else ""
    )


def explained(status: int, log: Log) -> str:
    """What to add to "killed by SIGILL": that it was valgrind's doing, if it was."""
    if status != -4 or not log.unknown_instruction:
        return ""
    return (
        f"; valgrind doesn't know the instruction {log.unknown_instruction}: use a newer valgrind, "
        "or a build of the library for older CPUs"
    )
