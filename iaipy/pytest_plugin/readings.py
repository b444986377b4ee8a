"""Readings that processes end as, and those of forks. PYTEST_DONT_REWRITE.

It isn't part of `iaipy.workers.machine`, since the workers of `iaipy run` would import it for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iaipy.workers import machine
from iaipy.workers.machine import C, ffi

_ENDING = {"x86_64": 52}
"""Bytes from where `machine.reading` begins to where `ending` does."""

_READ_WRITE = 1 | 2
_SHARED, _FIXED, _ANONYMOUS = 0x01, 0x10, 0x20

ENDED = 99
"""The exit status of a process that ended as a reading."""

last: Any
"""Where the process number of the last reading is; 0 if there was none."""


def _by_libc() -> int:
    last[0] = pid = machine.reading()
    return pid


def _ending_by_libc() -> int:
    C._exit(ENDED)
    raise AssertionError("is never reached")


reading: Callable[[], int] = _by_libc
ending: Callable[[], int] = _ending_by_libc
"""Ends the process, which is a reading itself then."""

if machine.MACHINE in _ENDING:
    _start = int(ffi.cast("uintptr_t", machine.reading))
    reading = machine.reading
    ending = ffi.cast("reading_t", _start + _ENDING[machine.MACHINE])
    last = ffi.cast("int *", _start + machine.PAGE)
else:
    last = ffi.cast("int *", machine.reserve(machine.PAGE))


def share() -> None:
    """Let this process see in `last` what its forks have read, too, and forget what was read before."""
    C.mmap(last, machine.PAGE, _READ_WRITE, _SHARED | _FIXED | _ANONYMOUS, -1, 0)
