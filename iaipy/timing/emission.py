"""From pending blocks to log records: the background thread, the process's end, and its forks.

Imported when timing is first turned on.
"""

import atexit
import logging
import os
import sys
from _thread import RLock
from threading import Event, Thread, current_thread
from time import perf_counter_ns, time_ns

from iaipy.timing import blocks
from iaipy.timing.blocks import ROOT, Block, pending

LOGGER = "iaipy.timing"
PATIENCE_S = 1.0
"""How long to wait for the background thread, which may be stuck in a log handler."""

_interval_s: float | None = None
_capacity = 0
_ending = _with_multiprocessing = False
_background: tuple[Thread, Event] | None = None
_dropped_logged = 0
_emission = RLock()
_emitting = False

_EMISSION = Block(LOGGER)
_EMISSION.start_ns, _EMISSION.parent = 1, ROOT


def start(interval_s: float | None, capacity: int) -> None:
    """Let so many blocks be pending, and have them handed over so often, or (None) on demand only."""
    global _interval_s, _capacity
    _stop_thread()
    with blocks.lock:
        _interval_s, _capacity = interval_s, capacity
        blocks.room = 0 if interval_s else capacity


def stop() -> None:
    """Hand over what is pending; what may still come is handed over at once."""
    blocks.room = 0
    _stop_thread()
    flush()


def admit(block: Block) -> None:
    """Put a block that has ended where it will be seen to, or drop it."""
    with blocks.lock:
        seen_to = blocks.room > 0 or _start_thread()
        if not seen_to or len(pending) < blocks.room:
            pending.append(block)
        else:
            blocks.dropped += 1
            _shorten(block)
    if not seen_to:
        try:
            flush()
        except Exception:  # a log handler's, which isn't the measured program's business
            sys.excepthook(*sys.exc_info())


def _shorten(block: Block) -> None:
    """Let go of enclosing blocks that have ended; a chain of tasks that start each other would keep all."""
    while block.parent.end_ns:
        block.parent = block.parent.parent


def _start_thread() -> bool:
    """Start the background thread; False where nobody wants it any more, or where it can't be had."""
    global _background
    if _ending or not blocks.on or _interval_s is None:
        return False
    event = Event()
    thread = Thread(target=_flush_regularly, args=(event, _interval_s), name=LOGGER, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # too many threads, or the interpreter is ending
        return False
    _background = thread, event
    blocks.room = _capacity
    return True


def _flush_regularly(end: Event, interval_s: float) -> None:
    try:
        while not end.wait(interval_s):
            flush(end)
    except BaseException:
        _stop_thread()  # the next record starts another
        raise


def _stop_thread() -> None:
    """End the background thread where it holds no lock of a log handler's."""
    global _background
    with blocks.lock:
        background, _background = _background, None
        if background:
            blocks.room = 0
    if background:
        thread, end = background
        end.set()
        if thread is not current_thread():
            thread.join(PATIENCE_S)


def flush(end: Event | None = None) -> None:
    """Hand all that is pending to the logger, or as much as can be done until an event is set."""
    global _emitting
    with _emission:
        if _emitting or not (pending or blocks.dropped > _dropped_logged):
            return  # or it is a log handler's block that ended, or a signal's handler in the middle of this
        _emitting = True
        token = blocks.context.set(_EMISSION)
        try:
            _emit(end)
        finally:
            blocks.context.reset(token)
            _emitting = False


def _emit(end: Event | None) -> None:
    global _dropped_logged
    logger = logging.getLogger(LOGGER)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    # Whoever turns timing on wants to see something, even if nobody has set up logging.
    own_handler = None if logger.hasHandlers() else logging.StreamHandler()
    if own_handler:
        logger.addHandler(own_handler)
    waiting = pending[:]
    del pending[: len(waiting)]
    waiting.reverse()
    try:
        while waiting and not (end and end.is_set()):
            block = waiting.pop()
            if logger.isEnabledFor(logging.INFO) and not _is_emission(block):
                logger.handle(_record(logger, block))
            _shorten(block)
        count, _dropped_logged = blocks.dropped - _dropped_logged, blocks.dropped
        if count:
            logger.warning(
                "%d timing records were dropped, since %d were pending",
                count,
                _capacity,
                extra={"dropped": count},
            )
    finally:
        pending[:0] = reversed(waiting)
        if own_handler:
            logger.removeHandler(own_handler)


def _is_emission(block: Block) -> bool:
    """Whether a log handler ran the block: if such were logged, logging would give more to log for ever."""
    while block not in (ROOT, _EMISSION):
        block = block.parent
    return block is _EMISSION


def _record(logger: logging.Logger, block: Block) -> logging.LogRecord:
    """What is logged of a block, dated to its end."""
    elapsed_ns = block.end_ns - block.start_ns
    parent = None if block.parent is ROOT else block.parent.operation
    error = block.error.__name__ if block.error else None
    message, arguments = "%s took %.3f ms", [block.operation, elapsed_ns / 1e6]
    if parent is not None:
        message += " in %s"
        arguments.append(parent)
    if error is not None:
        message += ", raised %s"
        arguments.append(error)
    record = logger.makeRecord(logger.name, logging.INFO, __file__, 0, message, tuple(arguments), None)
    ended_s = (time_ns() - perf_counter_ns() + block.end_ns) / 1e9
    record.relativeCreated -= (record.created - ended_s) * 1e3
    record.created = ended_s
    record.msecs = ended_s % 1 * 1e3 // 1
    record.__dict__.update(
        operation=block.operation,
        elapsed_ms=elapsed_ns / 1e6,
        elapsed_us=elapsed_ns / 1e3,
        parent=parent,
        error=error,
        # Who logs it is not who ran it.
        thread=None,
        threadName=None,
        taskName=None,
    )
    return record


def _end() -> None:
    """Hand over what is pending; what exit handlers after this one add is handed over at once."""
    global _ending
    _ending = True
    stop()


def _begin_child() -> None:
    """Make a forked child begin without records: those pending are its parent's to hand over."""
    global _emission, _emitting, _background, _ending, _dropped_logged
    blocks.lock, _emission = RLock(), RLock()
    _background, _emitting, _ending = None, False, False
    pending.clear()
    blocks.dropped = _dropped_logged = 0
    blocks.room = _capacity if blocks.on and _interval_s is None else 0
    _end_with_multiprocessing()


def _end_with_multiprocessing() -> None:
    """Have `_end` called where multiprocessing ends a process, mostly without running exit handlers.

    It runs those of its own finalizers that were made in the process after it had begun.
    """
    global _with_multiprocessing
    util = sys.modules.get("multiprocessing.util")
    if util and not _with_multiprocessing:
        _with_multiprocessing = True

        def finalize(end: object) -> None:
            util.Finalize(None, end, exitpriority=0)

        util.register_after_fork(_end, finalize)
        finalize(_end)


# logging registered its own exit handler when it was imported, and so runs it after this one.
atexit.register(_end)
os.register_at_fork(before=_stop_thread, after_in_child=_begin_child)
_end_with_multiprocessing()
