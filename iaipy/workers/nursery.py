"""The fork server: imports a benchmark file once, under valgrind, and forks a child per measurement.

Started by `launcher.argv` with the arguments FOLDER ROOT FILE INSTRUMENT.

Between two requests the interpreter's state must be the same as before, whatever was asked, so that
every child starts from the same state in any order: the loop below parses nothing and keeps nothing, and
what to do is read by the child, after the fork.
"""

import gc
import os
import sys

from iaipy.workers import heap, job, machine, protocol
from iaipy.workers.machine import C, ffi
from iaipy.workers.subject import Work, calibration, load, search, works

REQUESTS, REPLIES = 100, 101  # out of reach of a benchmark that closes what it finds open
REHEARSALS = 3


def _hello(folder: str, number_of_works: int) -> None:
    """Tell the host what it needs to know once."""
    with open(f"{folder}/{protocol.HELLO}", "w") as file:
        file.write(f"cpu {machine.cpu()}\n")
        file.write(f"hash_randomization {sys.flags.hash_randomization}\n")
        file.write(f"threads {len(os.listdir('/proc/self/task')) - 1}\n")
        file.write(f"works {number_of_works}\n")


def _serve(works: dict[int, Work], folder: str) -> None:
    request, reply = ffi.new("int[]", protocol.REQUEST_INTS), ffi.new("int[]", protocol.REPLY_INTS)
    request_bytes, reply_bytes = ffi.sizeof(request), ffi.sizeof(reply)
    reply[0] = protocol.IMPORTED
    collecting = gc.isenabled()
    gc.disable()
    heap.settle()
    gc.freeze()
    while C.write(REPLIES, reply, reply_bytes) == reply_bytes:
        if C.read(REQUESTS, request, request_bytes) != request_bytes:
            break
        operation = request[0]
        if operation in (protocol.FORK, protocol.FORK_EMPTY):
            reply[0] = C.fork()
        elif operation == protocol.WAIT:
            C.waitpid(request[1], reply, 0)
        if operation == protocol.RUN_HERE or (operation != protocol.WAIT and reply[0] == 0):
            if operation == protocol.FORK_EMPTY:
                break
            os.close(REQUESTS)
            os.close(REPLIES)
            if collecting:
                gc.enable()
            job.main(works[request[1]], request[2], request[3], request[4], folder)


def _take_channels() -> None:
    """Move the host's pipes out of a benchmark's reach; its own input is empty, its output is the log."""
    os.dup2(0, REQUESTS, False)
    os.dup2(1, REPLIES, False)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)


def main(folder: str, root: str, path: str, instrument: str) -> None:
    """Import, say hello, serve; end without the counter file that an ordinary exit would write."""
    _take_channels()
    search(root, path)
    heap.settle()
    try:
        loaded = dict(enumerate(works(load(path))))
        _hello(folder, len(loaded))
        kinds = {work.is_coroutine for work in loaded.values()}
        if instrument == "start":
            machine.start_instrumentation()
        for is_coroutine in kinds:
            number = protocol.CALIBRATE_COROUTINE if is_coroutine else protocol.CALIBRATE_FUNCTION
            loaded[number] = calibration(is_coroutine)
            for _ in range(REHEARSALS):
                job.rehearse(loaded[number])
    except BaseException as error:
        from iaipy.workers import failure

        with open(f"{folder}/{protocol.IMPORT_ERROR}", "w", errors="backslashreplace") as file:
            file.write("\n".join(failure.described(error)))
        reply_bytes = protocol.REPLY_INTS * protocol.INT_BYTES
        os.write(REPLIES, protocol.IMPORT_FAILED.to_bytes(reply_bytes, sys.byteorder))
    else:
        _serve(loaded, folder)
    os.kill(os.getpid(), 9)
