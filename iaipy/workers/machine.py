"""The few machine instructions a measured process needs, on the architectures that have them.

A reading of cachegrind's counters is a child that is forked and ends at once: as it ends, valgrind
writes its counters, inherited from the parent, to a file of its own. Any instruction between the
reading and the region is noise, so the fork, the child's exit and the parent's wait are one routine
of machine code without a branch into libc or Python. The system call in the place of the fork decides
what comes of it, with the same instructions up to there: a process may end as its own reading, or go on
without one.
"""

from iaipy.workers._libc import ffi as ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

C = ffi.dlopen(None)

_NO_ACCESS, _READ_WRITE_EXECUTE = 0, 1 | 2 | 4
_PRIVATE_ANONYMOUS = 0x02 | 0x20

# int reading(int call): where it returns 0, exit_group(77); else wait for that process, and return it.
_READING = {
    "x86_64": (
        "89f8 0f05"  # mov eax, edi; syscall
        "85c0 750c"  # test eax, eax; jnz parent
        "bf4d000000 b8e7000000 0f05"  # mov edi, 77; mov eax, 231 (exit_group); syscall
        "53 89c3 89c7"  # parent: push rbx; mov ebx, eax; mov edi, eax
        "31f6 31d2 4d31d2"  # xor esi, esi; xor edx, edx; xor r10, r10
        "b83d000000 0f05"  # mov eax, 61 (wait4); syscall
        "89d8 5b c3"  # mov eax, ebx; pop rbx; ret
    ),
}

# unsigned long client_request(unsigned long request[6], unsigned long if_not_under_valgrind): the
# instruction sequence that valgrind recognises (valgrind.h) and that does nothing elsewhere.
_CLIENT_REQUEST = {
    "x86_64": "4889f8 4889f2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3",
}

# void cpuid(unsigned int registers[4]): eax and ecx in; eax, ebx, ecx, edx out.
_CPUID = {
    "x86_64": "53 8b07 8b4f08 0fa2 8907 895f04 894f08 89570c 5b c3",
}

FORK = 57
END = 24
PASS = 39
"""What a reading is: a child of this process; this process itself, which ends; nothing. On x86_64, the
system calls that make it so: fork; sched_yield, which returns 0 as fork does in the child; getpid."""

ENDED = 77
"""The exit status of a process that has ended as a reading."""

_START_INSTRUMENTATION = 0x4347_0000  # cachegrind.h: VG_USERREQ_TOOL_BASE('C', 'G')
_SIGKILL = 9


def _machine() -> str:
    """The architecture, without the imports of the platform module."""
    import posix

    return posix.uname().machine


def _mapped(size: int, access: int) -> int:
    return int(ffi.cast("intptr_t", C.mmap(ffi.NULL, size, access, _PRIVATE_ANONYMOUS, -1, 0)))


def reserve(size: int) -> int:
    """Take so many bytes of address space, without memory behind it.

    Returns:
        Where it begins, or -1 if it is refused.
    """
    return _mapped(size, _NO_ACCESS)


def release(address: int, size: int) -> None:
    """Give back what was reserved."""
    C.munmap(ffi.cast("void *", address), size)


def routine(signature: str, code: str) -> "Callable[..., Any]":
    """Put machine code where it can run, and make a function of it."""
    instructions = bytes.fromhex(code)
    page = _mapped(4096, _READ_WRITE_EXECUTE)
    if page == -1:
        raise OSError("mmap of an executable page was refused")
    ffi.memmove(ffi.cast("void *", page), instructions, len(instructions))
    routine: Callable[..., Any] = ffi.cast(signature, page)
    return routine


def _reading_by_libc(call: int) -> int:
    """What `reading` does, through libc: for architectures without a routine of their own."""
    if call == PASS:
        return int(C.getpid())
    pid = C.fork() if call == FORK else 0
    if pid == 0:
        C._exit(ENDED)
    C.waitpid(pid, ffi.NULL, 0)
    return int(pid)


MACHINE = _machine()

reading: "Callable[[int], int]" = (
    routine("reading_t", _READING[MACHINE]) if MACHINE in _READING else _reading_by_libc
)


def client_request(number: int) -> "Callable[[], int]":
    """A function that asks this of valgrind; it does nothing elsewhere, or where there is no code for it."""
    if MACHINE not in _CLIENT_REQUEST:
        return int
    ask = routine("client_request_t", _CLIENT_REQUEST[MACHINE])
    request = ffi.new("unsigned long[6]", [number, 0, 0, 0, 0, 0])
    return lambda: int(ask(request, 0))


def end() -> "NoReturn":
    """End this process at once, without the counter file that takes valgrind as long as a reading.

    Valgrind recognises a `kill` of its own process, SIGKILL too, and ends in good order. A queued signal goes
    to the kernel. Where that is refused, the other has to do.
    """
    C.sigqueue(C.getpid(), _SIGKILL, ffi.NULL)
    while True:
        C.kill(C.getpid(), _SIGKILL)


def start_instrumentation() -> None:
    """Let cachegrind (3.22 and newer, started with --instr-at-start=no) count from here on."""
    client_request(_START_INSTRUMENTATION)()


def cpu() -> str:
    """What this process sees of the CPU: the CPUID leaves 0, 1 and 7 in hexadecimal, or its HWCAP.

    F16C, RDRAND and RDSEED are left out: valgrind passes them through from the host, and no count
    depends on them. So are the bits that say which core is running.
    """
    if MACHINE not in _CPUID:
        with open("/proc/self/auxv", "rb") as file:
            words = memoryview(file.read()).cast("L")
        return "hwcap " + " ".join(
            f"{words[i + 1]:x}" for i in range(0, len(words) - 1, 2) if words[i] in (16, 26)
        )
    cpuid = routine("cpuid_t", _CPUID[MACHINE])
    registers = ffi.new("unsigned int[4]")
    leaves = []
    for leaf, masks in (
        (0, (0xFFFFFFFF,) * 4),
        (1, (0xFFFFFFFF, 0, 0xFFFFFFFF & ~(1 << 29 | 1 << 30), 0xFFFFFFFF)),
        (7, (0xFFFFFFFF, 0xFFFFFFFF & ~(1 << 18), 0xFFFFFFFF, 0xFFFFFFFF)),
    ):
        registers[0], registers[2] = leaf, 0
        cpuid(registers)
        leaves.append("-".join(f"{registers[i] & masks[i]:x}" for i in range(4)))
    return " ".join(leaves)
