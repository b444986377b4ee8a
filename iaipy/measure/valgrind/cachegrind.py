"""Cachegrind's output files: the events' names at the top, their totals on the last line."""

import re
from pathlib import Path

from iaipy.errors import MeasurementError
from iaipy.model.metrics import EVENTS

_HEAD_BYTES = 256 * 1024  # the command line stands above the events
_TAIL_BYTES = 4096
_REMEDY = "is the disk full? Free some space, or set TMPDIR to a folder that has it"


def read_totals(path: Path) -> dict[str, int]:
    """The totals of one counter file, event by event.

    Only the head and the tail are read: what lies between, the counts line by line, can be megabytes.

    Raises:
        MeasurementError: the file can't be read, or lacks an `events:` or a complete `summary:` line.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
    except OSError as error:
        raise MeasurementError(
            f"valgrind left no counter file {path.name}: {error.strerror}. {_REMEDY}"
        ) from error
    return parse_totals(head.decode(errors="replace"), tail.decode(errors="replace"), path.name)


def parse_totals(head: str, tail: str, name: str) -> dict[str, int]:
    """The totals, from a text that begins as the file does and one that ends as it does.

    Raises:
        MeasurementError: as `read_totals`.
    """
    header = re.search(r"^events:(.*)\n", head, re.MULTILINE)
    summary = re.search(r"^summary:(.*)\n\Z", tail, re.MULTILINE)
    if header is None or summary is None:
        raise MeasurementError(f"valgrind's counter file {name} is cut short. {_REMEDY}")
    events, values = header[1].split(), summary[1].split()
    if len(values) != len(events) or not all(value.isdecimal() for value in values):
        raise MeasurementError(
            f"valgrind's counter file {name} has a summary line that makes no sense. {_REMEDY}"
        )
    totals = dict(zip(events, map(int, values), strict=True))
    missing = [event for event in EVENTS if event not in totals]
    if missing:
        raise MeasurementError(
            f"valgrind's counter file {name} lacks the events {', '.join(missing)}. {_REMEDY}"
        )
    return {event: totals[event] for event in EVENTS}
