"""What is measured: the benchmarks of a file, loaded and bound to their parameters.

Shared by the process that counts and those that time. `iaipy.declare` is left to the benchmark file, which
imports it anyway.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from iaipy.declare import Declaration


def search(root: str, path: str) -> None:
    """Put the file's folder and the project's root first on the search path, and look through all of it."""
    sys.path[:0] = [path.rpartition("/")[0], root]
    look_through()


def look_through() -> None:
    """Have the interpreter remember what the folders on its search path hold, before that can matter."""
    try:
        __import__("iaipy_has_no_such_module")
    except ImportError:
        pass


def load(path: str, settle: "Callable[[], object] | None" = None) -> "list[Declaration]":
    """Import the file as the module that its name says; its own declarations, in order.

    Raises whatever the import raises, and ImportError where another module has taken the name.

    Parameters:
        settle: called when the file's code is there, and before it runs.
    """
    name = path.rpartition("/")[2].removesuffix(".py")
    if "." in name:
        raise ImportError(f"{name}.py can't be a module, because of the dot in its name; rename the file")
    module = _imported(name, settle) if settle else __import__(name)
    from iaipy import declare

    if getattr(module, "__file__", None) != path:
        raise ImportError(
            f"its name is taken: {name} is {getattr(module, '__file__', module)}; rename the file"
        )
    return [declaration for declaration in declare.declared if declaration.function.__module__ == name]


def _imported(name: str, settle: "Callable[[], object]") -> "Any":
    imports: Any = sys.modules["_frozen_importlib"]
    spec = None if name in sys.modules else imports._find_spec(name, None)
    if spec is None or not hasattr(spec.loader, "get_code"):
        return __import__(name)
    get_code = spec.loader.get_code

    def code_and_settle(name: str) -> object:
        del spec.loader.get_code
        code = get_code(name)
        settle()
        return code

    spec.loader.get_code = code_and_settle
    return imports._load(spec)


def empty() -> None:
    """What is measured to learn the cost of measuring."""


async def empty_coroutine() -> None:
    """The same among coroutines."""


def nothing(*arguments: object) -> None:
    """The setup and the teardown of a benchmark that has none."""


class Work:
    """A benchmark's functions, each bound to the parameters it takes."""

    def __init__(self, declaration: "Declaration", case: "dict[str, Any]") -> None:
        self.is_coroutine = declaration.is_coroutine
        self.function = declaration.function
        self.named = declaration.accepted(declaration.function, case)
        self.setup = declaration.setup or nothing
        self.setup_named = declaration.accepted(declaration.setup, case)
        self.teardown = declaration.teardown or nothing
        self.teardown_named = declaration.accepted(declaration.teardown, case)


def works(declarations: "list[Declaration]") -> list[Work]:
    """One Work per case of every declaration, in the order in which collection numbers them."""
    return [Work(declaration, case) for declaration in declarations for case in declaration.cases()]


_replaced: "list[object]" = []
"""What `anew` puts aside: freed memory would be used again, and it lies elsewhere for every benchmark."""


def anew(work: Work) -> Work:
    """The same work on fresh memory, so that its place in the file doesn't decide where it lies.

    Code objects and constants lie where the import has put them. Copies of one function in one file differed
    in L2 accesses by 0.2 % for that reason alone; in a process whose heap has been settled, what is allocated
    now has the same addresses for each of them. What the function calls stays where it is.
    """
    fresh: Work = object.__new__(Work)
    fresh.__dict__.update(work.__dict__)
    for name in ("named", "setup_named", "teardown_named"):
        setattr(fresh, name, dict(getattr(work, name)))
    function = work.function
    if type(function) is type(anew):
        code = _fresh_code(function.__code__)
        kind: Any = type(function)
        copy = kind(
            code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        _replaced.extend((work, function.__code__))
        function.__code__ = code  # for calls of itself, which go through its name
        fresh.function = copy
    return fresh


def _fresh_code(code: "Any") -> "Any":
    """A copy of a code object, and of those inside it."""
    constants = tuple([_fresh_constant(constant) for constant in code.co_consts])
    return code.replace(co_consts=constants, co_qualname=_fresh_text(code.co_qualname))


def _fresh_constant(value: "Any") -> "Any":
    kind = type(value)
    if hasattr(value, "co_code"):
        return _fresh_code(value)
    if kind is float:
        return value * 1.0
    if kind is tuple and value:
        return tuple([_fresh_constant(each) for each in value])
    return _fresh_text(value) if kind is str and not _interned(value) else value


def _fresh_text(text: str) -> str:
    return text[:1] + text[1:]


def _interned(text: str) -> bool:
    """Whether the compiler has made all constants of this text one object; since 3.13, of any text."""
    return sys.version_info >= (3, 13) or (text.isascii() and text.replace("_", "a").isalnum())


def calibration(is_coroutine: bool) -> Work:
    """The Work that does nothing."""
    from iaipy.declare import Declaration

    return Work(Declaration(empty_coroutine if is_coroutine else empty), {})


def as_arguments(value: object) -> tuple[object, ...]:
    """What a setup returned, as the arguments it stands for."""
    return () if value is None else (value,)


def is_coroutine_object(value: object) -> bool:
    """Whether it is what calling an `async def` returns."""
    return type(value).__name__ == "coroutine" and hasattr(value, "cr_frame")


async def settled(value: "Any") -> "Any":
    """The value, awaited if it is a coroutine."""
    return await value if is_coroutine_object(value) else value
