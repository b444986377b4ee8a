"""One measurement under callgrind, with the names of Python functions where the interpreter can give them.

Started by `launcher.argv` with the arguments FOLDER ROOT FILE WORK TICKET WARMUP ITERATIONS. What is
measured, and how it comes about, is `job`'s; only the two readings around the region are others. Callgrind
follows all calls from set-up on, so that it knows every frame's callers; the first reading clears what it
has counted, the second writes it out.

From CPython 3.12 on, `sys.activate_stack_trampoline` makes the interpreter call each Python function
through a few instructions of its own, whose address is then the function's name.
"""

import gc
import sys

from iaipy.workers import heap, job, machine, protocol
from iaipy.workers.subject import calibration, load, search, works

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType
    from typing import Any

    Row = tuple[int, str, str, str, int]
    """Address of a trampoline, module, qualified name, file, line."""

_CALLGRIND = 0x4354_0000  # callgrind.h: VG_USERREQ_TOOL_BASE('C', 'T')
_DUMP, _ZERO, _START, _STOP = _CALLGRIND, _CALLGRIND + 1, _CALLGRIND + 4, _CALLGRIND + 5
_EXTRA_SLOTS = 8
_REHEARSALS = 3


class _Readings:
    """Stands in for `job.reading`: called first as the region begins, then as it ends."""

    def __init__(self, finish: "Callable[[], None]") -> None:
        self._zero, self._dump, self._stop = map(machine.client_request, (_ZERO, _DUMP, _STOP))
        self._finish = finish
        self._begun = False

    def __call__(self) -> int:
        if not self._begun:
            self._begun = True
            return self._zero()
        self._dump()
        self._stop()
        self._finish()
        return 0


def _stays_active(*ignored: object) -> None:
    """In place of what would activate or deactivate trampolines: a second time crashes some CPythons."""


def _name_frames() -> str:
    """Let Python functions have addresses; "" or why they can't."""
    if not hasattr(sys, "activate_stack_trampoline"):
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return f"Python names need CPython 3.12 or newer, and this is {version}: C functions are shown"
    try:
        sys.activate_stack_trampoline("perf")
    except ValueError as error:
        return f"this Python gives its functions no names ({error}): C functions are shown"
    for name in ("activate_stack_trampoline", "deactivate_stack_trampoline"):
        setattr(sys, name, _stays_active)
    return ""


def _codes() -> "Iterator[tuple[CodeType, str]]":
    """The code of every living function, and of those defined in it, each with its module's name."""
    gc.unfreeze()
    function, code = type(_codes), type(_codes.__code__)
    seen: set[int] = set()
    for each in gc.get_objects():
        if type(each) is not function:
            continue
        module = str(each.__globals__.get("__name__", ""))
        stack = [each.__code__]
        while stack:
            top = stack.pop()
            if id(top) not in seen:
                seen.add(id(top))
                yield top, module
                stack += [constant for constant in top.co_consts if type(constant) is code]


def _rows() -> "list[Row]":
    """What is known of each trampoline."""
    found, sys.path = sys.path, sys.path[2:]  # the benchmark's folder must not stand in for the library
    try:
        import ctypes
    finally:
        sys.path = found
    get: Any = ctypes.pythonapi.PyUnstable_Code_GetExtra
    get.argtypes = (ctypes.py_object, ctypes.c_ssize_t, ctypes.POINTER(ctypes.c_void_p))
    extra = ctypes.c_void_p()
    return [
        (extra.value, module, code.co_qualname, code.co_filename, code.co_firstlineno)
        for code, module in _codes()
        for slot in range(_EXTRA_SLOTS)
        if get(code, slot, ctypes.byref(extra)) == 0 and extra.value
    ]


def _write_names(folder: str, lacking: str) -> None:
    """Tell the host whose each trampoline is, and which module each file."""
    modules = {
        str(getattr(module, "__file__", None)): name
        for name, module in list(sys.modules.items())
        if isinstance(getattr(module, "__file__", None), str)
    }
    told = {"lacking": lacking, "rows": [] if lacking else _rows(), "modules": modules}
    with open(f"{folder}/{protocol.NAMES}", "w", encoding="ascii") as file:
        file.write(ascii(told))


def main(folder: str, root: str, path: str, *numbers: str) -> None:
    """Measure one benchmark, leave callgrind's file and the names, and end the process."""
    index, ticket, warmup, iterations = map(int, numbers)
    search(root, path)
    lacking = _name_frames()
    heap.settle()
    try:
        work = works(load(path))[index]
        for _ in range(_REHEARSALS):
            job.rehearse(calibration(work.is_coroutine))
    except BaseException as error:
        from iaipy.workers import failure

        with open(f"{folder}/{protocol.IMPORT_ERROR}", "w", errors="backslashreplace") as file:
            file.write("\n".join(failure.described(error)))
        return
    start, readings = machine.client_request(_START), _Readings(lambda: _write_names(folder, lacking))
    collecting = gc.isenabled()
    gc.disable()
    heap.settle()
    gc.freeze()
    vars(job)["reading"] = readings
    start()
    if collecting:
        gc.enable()
    job.main(work, ticket, warmup, iterations, folder)
