"""The fork server of `nursery`, with names for Python functions where the interpreter can give them.

Started by `launcher.argv` with the arguments READING FOLDER ROOT FILE INSTRUMENT. With "marks", for
callgrind, the two readings around the region are requests: the first clears what it has counted, the second
writes it out. It follows all calls from set-up on, so that it knows every frame's callers. With "forks" they
are what they are when a benchmark is counted. All else is the same, to the length of the words, so that the
heap is, and cachegrind counts with trampolines what callgrind follows.

From CPython 3.12 on, `sys.activate_stack_trampoline` makes the interpreter call each Python function
through a few instructions of its own, whose address is then the function's name.
"""

import gc
import os
import sys

from iaipy import workers
from iaipy.workers import machine, nursery
from iaipy.workers.machine import ffi
from iaipy.workers.subject import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType
    from typing import Any

    Row = tuple[int, str, str, str, int]
    """Address of a trampoline, module, qualified name, file, line."""

_CALLGRIND = 0x4354_0000  # callgrind.h: VG_USERREQ_TOOL_BASE('C', 'T')
_DUMP, _ZERO, _START, _STOP = _CALLGRIND, _CALLGRIND + 1, _CALLGRIND + 4, _CALLGRIND + 5
_RUNNING_ON_VALGRIND = 0x1001
_EXTRA_SLOTS = 8

# int marks(void): ask this of valgrind (the request's address is put in), then put the request's seventh
# word in place of its first; a fixed number with as many digits as a process's.
_MARKS = {
    "x86_64": (
        "48b8{address} 31d2"  # movabs rax, request; xor edx, edx
        "48c1c703 48c1c70d 48c1c73d 48c1c733 4887db"
        "488b4830 488908"  # mov rcx, [rax + 48]; mov [rax], rcx
        "b840420f00 c3"  # mov eax, 1000000; ret
    ),
}


def _stays_active(*ignored: object) -> None:
    """In place of what would activate or deactivate trampolines: a second time crashes some CPythons."""


def _name_frames() -> str:
    """Let Python functions have addresses; "" or why they can't."""
    if not hasattr(sys, "activate_stack_trampoline"):
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return f"Python names need CPython 3.12 or newer, and this is {version}: C functions are shown"
    try:  # an earlier process of this number may have left a map, and CPython would add to it
        os.unlink(f"/tmp/perf-{os.getpid()}.map")
    except OSError:
        pass
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
    there = ctypes.byref(extra)
    running = _rows.__code__  # whatever else has slots, trampolines have the one where this function's is
    slots = [n for n in range(_EXTRA_SLOTS) if get(running, n, there) == 0 and extra.value][:1]
    return [
        (extra.value, module, code.co_qualname, code.co_filename, code.co_firstlineno)
        for code, module in _codes()
        for slot in slots
        if get(code, slot, there) == 0 and extra.value
    ]


def _write_names(folder: str, lacking: str) -> None:
    """Tell the host whose each trampoline is, and which module each file."""
    modules = {
        str(getattr(module, "__file__", None)): name
        for name, module in list(sys.modules.items())
        if isinstance(getattr(module, "__file__", None), str)
    }
    told = {"lacking": lacking, "rows": [] if lacking else _rows(), "modules": modules}
    with open(f"{folder}/{workers.NAMES}", "w", encoding="ascii") as file:
        file.write(ascii(told))


def _marks() -> "tuple[Callable[[int], int], Callable[[int, int], None]]":
    """What stands in for `reading` where valgrind is asked something as a region begins, and as it ends.

    It has the C type of `reading` and returns a number as large, so that it leaves the heap as that does.
    The second function sets what is asked by the next call and by all after it; at first that is nothing.
    """
    if machine.MACHINE not in _MARKS:
        return lambda call: 0, lambda first, others: None
    request = ffi.new("unsigned long[7]", [_RUNNING_ON_VALGRIND, 0, 0, 0, 0, 0, _RUNNING_ON_VALGRIND])
    address = int(ffi.cast("uintptr_t", request)).to_bytes(8, "little").hex()
    mark = machine.routine("reading_t", _MARKS[machine.MACHINE].format(address=address))

    def ask(first: int, others: int) -> None:
        request[0], request[6] = first, others

    return mark, ask


def _follow(folder: str, lacking: str, reading: str) -> None:
    """Let callgrind follow what `nursery` measures, and write down what it saw in the region."""
    mark, ask = _marks()
    start, stop = map(machine.client_request, (_START, _STOP))
    measure, leftovers = nursery.measure, nursery.leftovers

    def followed(work: Work, ticket: int, warmup: int, iterations: int, folder: str) -> None:
        ask(_ZERO, _DUMP)
        start()
        measure(work, ticket, warmup, iterations, folder)

    def over(threads_before: int) -> list[str]:
        stop()
        _write_names(folder, lacking)
        return leftovers(threads_before)

    vars(nursery).update(measure=followed, leftovers=over)
    if reading == "marks":
        vars(nursery)["reading"] = mark


def main(reading: str, folder: str, root: str, path: str, instrument: str) -> None:
    """Serve as `nursery` does, with Python functions that have names."""
    lacking = _name_frames()
    _follow(folder, lacking, reading)
    nursery.main(folder, root, path, instrument)
