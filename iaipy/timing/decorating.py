"""Functions that `measure_time` decorates: their code is exchanged when timing is turned on or off.

While timing is off, a decorated function runs the code of the undecorated one: it costs nothing, and it is a
coroutine function if that is one, with the same signature. A wrapper would take longer to pass the arguments
on than an empty function takes for all of the call.
"""

import sys
from functools import update_wrapper
from types import CodeType, FunctionType
from weakref import ref

from iaipy.timing import blocks
from iaipy.timing.blocks import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Flags of code objects, as the inspect module names them; importing that takes a while.
_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200

# A function's code can be exchanged only for code with as many free variables, so this is compiled once for
# each number of them. Names would be looked up in the module of the decorated function, which may use them
# otherwise; what is needed are therefore constants, which `_timing_code` puts in. The undecorated function is
# a default value instead, where the garbage collector finds it.
_TEMPLATE = """
def cells({cells}):
    {kind} timed(*args, _iaipy_measured, **kwargs):
        if 0: ({cells})
        begin = "<begin>"
        end = "<end>"
        operation = "<operation>"
        exc_info = "<exc_info>"
        block = begin(operation)
        try:
            result = {wait} _iaipy_measured(*args, **kwargs)
        except:
            end(block, exc_info()[0], None, None)
            raise
        end(block, None, None, None)
        return result
    return timed
"""
_templates: dict[tuple[int, bool], CodeType] = {}


class _Decorated:
    """A decorated function: its operation, and the code it has while timing is off."""

    __slots__ = ("code", "is_exchanged", "operation", "reference")

    def __init__(self, operation: str, code: CodeType, reference: "ref[FunctionType]") -> None:
        self.operation = operation
        self.code = code
        self.reference = reference
        self.is_exchanged = False

    def exchange(self) -> None:
        """Give the function the code for what `blocks.on` says: the code for timing, or its own."""
        with blocks.lock:
            function = self.reference()
            if function is not None and self.is_exchanged != blocks.on:
                self.is_exchanged = blocks.on
                function.__code__ = _timing_code(function, self.operation) if blocks.on else self.code


_decorated: dict[int, _Decorated] = {}


def decorate(operation: str, function: "Any") -> "Any":
    """Make a function that does what this one does, and is measured while timing is on.

    Raises:
        TypeError: it is no Python function, or a generator function.
    """
    if type(function) is not FunctionType:
        raise TypeError(
            f"@measure_time({operation!r}) decorates Python functions, not {function!r}: put it below "
            "decorators like @staticmethod, or a with block around the call"
        )
    known = _decorated.get(id(function))
    code = known.code if known else function.__code__
    if code.co_flags & (_GENERATOR | _ASYNC_GENERATOR):
        raise TypeError(
            f"@measure_time({operation!r}) on the generator function {function.__name__}: calling it only "
            "creates a generator; put a with block around the loop that consumes it"
        )
    timed = FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    timed.__kwdefaults__ = {**(function.__kwdefaults__ or {}), "_iaipy_measured": function}
    update_wrapper(timed, function)
    key = id(timed)
    _decorated[key] = _Decorated(operation, code, ref(timed, lambda _: _decorated.pop(key, None)))
    _decorated[key].exchange()
    return timed


def exchange_all() -> None:
    """Give every decorated function the code for what `blocks.on` says."""
    for decorated in list(_decorated.values()):
        decorated.exchange()


def _timing_code(timed: "Any", operation: str) -> CodeType:
    """Code that calls the undecorated function and measures it."""
    own = timed.__code__
    template = _template(len(own.co_freevars), bool(own.co_flags & _COROUTINE))
    parts = {
        "<begin>": blocks.begin,
        "<end>": Block.__exit__,
        "<operation>": operation,
        "<exc_info>": sys.exc_info,
    }
    return template.replace(
        co_name=own.co_name,
        co_qualname=own.co_qualname,
        co_consts=tuple(parts.get(constant, constant) for constant in template.co_consts),
    )


def _template(free_variables: int, is_coroutine: bool) -> CodeType:
    key = free_variables, is_coroutine
    if key not in _templates:
        kind, wait = ("async def", "await") if is_coroutine else ("def", "")
        cells = ", ".join(f"cell{number}" for number in range(free_variables))
        namespace: dict[str, Any] = {}
        source = _TEMPLATE.format(kind=kind, wait=wait, cells=cells)
        exec(compile(source, "<measure_time>", "exec"), namespace)
        _templates[key] = namespace["cells"](*[None] * free_variables).__code__
    return _templates[key]
