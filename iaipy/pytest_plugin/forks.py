"""Forks of a test's process, which measure and are no more. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import sys
from collections.abc import Callable

# Their own names: a test may replace those of the modules.
from json import dumps, loads
from os import waitstatus_to_exitcode
from typing import TYPE_CHECKING, Any, NoReturn

from iaipy import workers
from iaipy.workers import failure, machine, nursery
from iaipy.workers.machine import C, end, ffi

if TYPE_CHECKING:
    import signal
else:
    # The module signal turns each number into an enum: for all signals, valgrind takes 10 ms each time.
    import _signal as signal

Reading = list[Any]
"""The process numbers of a region's two readings, and remarks."""

Region = Callable[[int], Reading]
"""What a fork does, given what its first reading is to be. Where it doesn't end as its last reading, it
answers that one's process number, and remarks."""

_PIECE = 1 << 15
"""Bytes of an answer, with a NUL."""

_SHORT = _PIECE // 32
"""Characters of each text in an answer that would be longer; two of them fit, whatever they consist of."""

_ROOM = 16
"""There is room for so many forks even where fewer are made: addresses, and so counts, are then the same with
1 to 15 repeats."""

_NEVER = -1
"""The status of a process that there never was."""

_READ_WRITE = 1 | 2
_SHARED_ANONYMOUS = 0x01 | 0x20

# int turns(int number, const int *calls, int *call, int *pids, int *statuses): so many forks, of which the
# parent waits for each before it makes the next. Returns 1 in a fork, which finds its own of `calls` in
# `call`, and 0 in the parent, which finds how they ended. A fork goes through the turns that are left with
# getpid in the place of fork: all forks have executed the same instructions.
_TURNS = {
    "x86_64": (
        "53 55 4154 4155 4156 4157"  # push rbx; push rbp; push r12 to r15
        "4189fc 4989cd 4d89c6"  # mov r12d, edi (number); mov r13, rcx (pids); mov r14, r8 (statuses)
        "4989f0 4989d1"  # mov r8, rsi (calls); mov r9, rdx (call)
        "41bf39000000 31ed 31db"  # mov r15d, 57 (fork); xor ebp, ebp; xor ebx, ebx
        "4489f8 0f05 418b0c98"  # turn: mov eax, r15d; syscall; mov ecx, [r8 + 4 rbx]
        "85c0 7513"  # test eax, eax; jnz wait
        "41bf27000000 418909"  # mov r15d, 39 (getpid); mov [r9], ecx
        "bd01000000 4489f8 0f05"  # mov ebp, 1; mov eax, r15d; syscall
        "4189449d00 418b7c9d00"  # wait: mov [r13 + 4 rbx], eax; again: mov edi, [r13 + 4 rbx]
        "498d349e 31d2 4531d2"  # lea rsi, [r14 + 4 rbx]; xor edx, edx; xor r10d, r10d
        "b83d000000 0f05"  # mov eax, 61 (wait4); syscall
        "83f8fc 74e6"  # cmp eax, -4 (EINTR); je again
        "ffc3 4439e3 72ba"  # inc ebx; cmp ebx, r12d; jb turn
        "89e8 415f 415e 415d 415c 5d 5b c3"  # mov eax, ebp; pop r15 to r12; pop rbp; pop rbx; ret
    ),
}


def _turns_by_libc(number: int, calls: Any, call: Any, pids: Any, statuses: Any) -> int:
    """What the routine does, through libc: for architectures without one."""
    for turn in range(number):
        pids[turn] = C.fork()
        if pids[turn] == 0:
            pids[turn], call[0] = C.getpid(), calls[turn]
            return 1
        C.waitpid(pids[turn], statuses + turn, 0)
    return 0


_turns: Callable[..., int] = (
    machine.routine("turns_t", _TURNS[machine.MACHINE]) if machine.MACHINE in _TURNS else _turns_by_libc
)


class Unmeasurable(Exception):  # noqa: N818  # what a test fails with reads better so
    """A benchmark of which there can be no number: one line on why, and details."""


class Forks:
    """Forks of this process, one after the other, all of which begin alike.

    The first ends where a region begins, and so is the first reading of all the others. What forks have to
    say they leave in memory that all share.

    Parameters:
        repeats: how many go on into the region.

    Raises:
        MemoryError: there is no room for what they will say.
    """

    def __init__(self, repeats: int) -> None:
        self._number = 1 + repeats
        self._process = C.getpid()
        room = max(self._number, _ROOM)
        self._answers = C.mmap(ffi.NULL, room * _PIECE, _READ_WRITE, _SHARED_ANONYMOUS, -1, 0)
        if int(ffi.cast("intptr_t", self._answers)) == -1:
            raise MemoryError
        self._calls = ffi.new("int[]", [machine.END, *[machine.PASS] * (room - 1)])
        self._call = ffi.new("int *")
        self._pids = ffi.new("int[]", room)
        self._statuses = ffi.new("int[]", [_NEVER] * room)

    def measure(self, region: Region) -> list[Reading]:
        """Have all of them go through a region.

        Raises:
            Unmeasurable: one raised, or its process ended.
        """
        if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # or nobody learns how a fork has ended
        # What a signal sets going here would go on in the forks that are yet to come.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        is_fork = _turns(self._number, self._calls, self._call, self._pids, self._statuses)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if is_fork:
            self._go_through(region)
        first, *others = map(self._ended, range(self._number))
        return [[first[0], *last] for last in others]

    def _go_through(self, region: Region) -> NoReturn:
        nursery.die_with_parent()
        try:
            answer = [workers.READY, *region(self._call[0])]
        except Unmeasurable as error:
            answer = [workers.RAISED, *error.args]
        except BaseException as error:
            answer = [workers.RAISED, *described(error)]
        if C.getppid() == self._process:  # else it is a fork that the benchmark itself has made
            self._tell(answer)
        end()

    def _tell(self, answer: list[Any]) -> None:
        text = dumps(answer).encode()
        if len(text) >= _PIECE:
            text = dumps([word[:_SHORT] if isinstance(word, str) else word for word in answer]).encode()
        ffi.memmove(self._answer(list(self._pids).index(C.getpid())), text, len(text))

    def _answer(self, turn: int) -> Any:
        return ffi.cast("char *", self._answers) + turn * _PIECE

    def _ended(self, turn: int) -> Reading:
        """The number and remarks of a fork's last reading, which the fork itself may be."""
        text = ffi.string(self._answer(turn), _PIECE)
        if text:
            answer: list[Any] = loads(text)
            if answer[0] == workers.READY:
                return answer[1:]
            raise Unmeasurable(*answer[1:])
        if self._statuses[turn] == _NEVER:
            raise Unmeasurable("no process can be forked to measure it")
        code = waitstatus_to_exitcode(self._statuses[turn])
        if code == machine.ENDED:
            return [self._pids[turn], []]
        raise Unmeasurable(f"the process that measured ended with status {code}, without a word")


def rehearse() -> None:
    """Answer in this very process, so that valgrind has translated what a fork does at its end."""
    made = Forks(0)
    made._pids[0] = C.getpid()
    made._tell([workers.READY, 0, []])
    made._ended(0)


def described(error: BaseException) -> tuple[str, str]:
    """One line on an exception, and its traceback without iaipy's frames."""
    kept = sys.path[:]
    try:
        return failure.described(error)
    finally:
        sys.path[:] = kept
