"""Readings that processes end as, and those of forks. PYTEST_DONT_REWRITE.

All this belongs to `iaipy.workers.machine`, but the workers of `iaipy run` would import it for nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from iaipy.workers import machine
from iaipy.workers.machine import C, ffi

_READ_WRITE = 1 | 2
_SHARED, _FIXED, _ANONYMOUS = 0x01, 0x10, 0x20

last = ffi.cast("int *", machine.readings + machine.PAGE)
"""Where the process number of the last reading is; 0 if there was none."""


def _ending_by_libc() -> int:
    C._exit(machine.ENDED)
    raise AssertionError("is never reached")


ending: Callable[[], int] = _ending_by_libc
"""Ends the process, which is a reading itself then."""
if machine.MACHINE in machine.ENDING:
    ending = ffi.cast("reading_t", machine.readings + machine.ENDING[machine.MACHINE])


def share() -> None:
    """Let this process see in `last` what its forks have read, too, and forget what was read before."""
    C.mmap(last, machine.PAGE, _READ_WRITE, _SHARED | _FIXED | _ANONYMOUS, -1, 0)
