"""`@benchmark` and `keep`: all that a benchmark file needs of iaipy.

Imported inside the measured process, so it imports nothing at all.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeVar, overload

    F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_WARMUP = 2
"""Calls before the region. CPython specialises a function's bytecode within its first calls; see
docs/benchmark-guide.md for the measurement behind the number."""


MODES = ("instructions", "walltime")

# Flags of code objects, as the inspect module names them; importing that costs too much here.
_VAR_KEYWORDS, _GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x08, 0x20, 0x80, 0x200


class Declaration:
    """One `@benchmark`, as written: the parameters of `benchmark`, what was decorated, and its line."""

    __slots__ = (
        "elements",
        "fork",
        "function",
        "hard_limits",
        "iterations",
        "limits",
        "line",
        "loop",
        "measurement_time",
        "modes",
        "name",
        "params",
        "processes",
        "repeats",
        "rounds",
        "setup",
        "tags",
        "teardown",
        "timeout",
        "warmup",
        "warmup_time",
    )

    def __init__(
        self,
        function: "Callable[..., Any]",
        *,
        name: "str | None" = None,
        params: "Mapping[str, Iterable[Any]] | None" = None,
        setup: "Callable[..., Any] | None" = None,
        teardown: "Callable[..., Any] | None" = None,
        warmup: int = DEFAULT_WARMUP,
        iterations: "int | None" = None,
        repeats: "int | None" = None,
        mode: "str | Sequence[str] | None" = None,
        processes: "int | None" = None,
        rounds: "int | None" = None,
        warmup_time: "float | str | None" = None,
        measurement_time: "float | str | None" = None,
        loop: str = "asyncio",
        elements: "int | float | str | None" = None,
        limits: "Mapping[str, str | float | bool | None] | None" = None,
        hard_limits: "Mapping[str, int] | None" = None,
        tags: "str | Sequence[str]" = (),
        timeout: "float | str | None" = None,
        fork: bool = True,
    ) -> None:
        code = getattr(function, "__code__", None)
        if code is None:
            raise TypeError(f"@benchmark takes a Python function or coroutine function, not {function!r}")
        if code.co_flags & (_GENERATOR | _ASYNC_GENERATOR):
            raise TypeError(
                f"@benchmark on the generator function {function.__name__}: calling it would only "
                "create a generator; consume it inside a plain function"
            )
        for part in (setup, teardown):
            flags = getattr(getattr(part, "__code__", None), "co_flags", 0)
            if flags & (_GENERATOR | _ASYNC_GENERATOR) or not (part is None or callable(part)):
                raise TypeError(f"@benchmark on {function.__name__}: its setup or teardown can't be {part!r}")
            if flags & _COROUTINE and not code.co_flags & _COROUTINE:
                raise TypeError(
                    f"@benchmark on the plain function {function.__name__}: nobody would await its "
                    f"{getattr(part, '__name__', part)}; make the benchmark an async def too"
                )
        self.function = function
        self.line = code.co_firstlineno
        self.name = function.__name__ if name is None else str(name)
        if not self.name.strip() or self.name != self.name.strip() or not self.name.isprintable():
            raise ValueError(
                f"@benchmark(name={name!r}): a name without control characters or blanks around it is wanted"
            )
        if "::" in self.name or "[" in self.name:
            raise ValueError(f"@benchmark(name={name!r}): :: and [ have a meaning of their own in ids")
        for option, value in {"params": params, "limits": limits, "hard_limits": hard_limits}.items():
            if value is not None and not hasattr(value, "keys"):
                raise TypeError(f"@benchmark({option}={value!r}) on {self.name}: a dict is wanted")
        for key, values in (params or {}).items():
            if not hasattr(values, "__iter__") or isinstance(values, str):
                raise TypeError(f"@benchmark on {self.name}: params[{key!r}] must be a list of values")
        self.params = {key: list(values) for key, values in (params or {}).items()}
        self.setup = setup
        self.teardown = teardown
        self.warmup = _count("warmup", warmup, 0)
        self.iterations = _count("iterations", iterations, 1)
        self.repeats = _count("repeats", repeats, 1)
        given = mode if isinstance(mode, (tuple, list)) else (mode,)
        self.modes = () if mode is None else tuple(given)
        if mode is not None and (not self.modes or any(each not in MODES for each in self.modes)):
            raise ValueError(f"@benchmark(mode={mode!r}) on {self.name}: the modes are {' and '.join(MODES)}")
        self.processes = _count("processes", processes, 1)
        self.rounds = _count("rounds", rounds, 1)
        self.warmup_time = warmup_time
        self.measurement_time = measurement_time
        self.loop = loop
        self.elements = elements
        if isinstance(elements, str) and elements not in self.params:
            raise ValueError(f"@benchmark(elements={elements!r}) on {self.name}: no parameter is called so")
        self.limits = dict(limits or {})
        self.hard_limits = dict(hard_limits or {})
        self.tags = (tags,) if isinstance(tags, str) else tuple(str(tag) for tag in tags)
        self.timeout = timeout
        if not isinstance(fork, bool):
            raise TypeError(f"@benchmark(fork={fork!r}) on {self.name}: True or False is wanted")
        self.fork = fork
        for key, values in self.params.items():
            if not values:
                raise ValueError(f"@benchmark on {self.name}: params[{key!r}] is empty")
            if not any(accepts(part, key) for part in (function, setup, teardown)):
                raise TypeError(
                    f"@benchmark on {self.name}: neither it nor its setup takes the parameter {key!r}"
                )

    @property
    def is_coroutine(self) -> bool:
        """Whether the function is an `async def`."""
        return bool(self.function.__code__.co_flags & _COROUTINE)

    def cases(self) -> "list[dict[str, Any]]":
        """Every combination of the parameters' values, the last parameter moving fastest."""
        cases: list[dict[str, Any]] = [{}]
        for key, values in self.params.items():
            cases = [{**case, key: value} for case in cases for value in values]
        return cases

    def accepted(self, part: "Callable[..., Any] | None", case: "dict[str, Any]") -> "dict[str, Any]":
        """The values of a case that a part of it takes: its function, its setup or its teardown."""
        return {name: value for name, value in case.items() if accepts(part, name)}

    def case_names(self) -> list[str]:
        """What the id of each case ends in: `name`, or `name[rows=10,mode=wal]`."""
        labels: list[list[str]] = [[]]
        for key, values in self.params.items():
            labels = [
                [*label, f"{key}={_label(key, position, value)}"]
                for label in labels
                for position, value in enumerate(values)
            ]
        return [f"{self.name}[{','.join(label)}]" if label else self.name for label in labels]


_OPTIONS = Declaration.__init__.__kwdefaults__ or {}

declared: list[Declaration] = []
"""Every declaration since the process began, in order."""


def accepts(function: "Callable[..., Any] | None", parameter: str) -> bool:
    """Whether a Python function can be given this parameter by name; False for None and for builtins."""
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    named = code.co_argcount + code.co_kwonlyargcount
    return (
        bool(code.co_flags & _VAR_KEYWORDS) or parameter in code.co_varnames[code.co_posonlyargcount : named]
    )


def _count(option: str, value: "int | None", least: int) -> "int | None":
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"@benchmark({option}={value!r}): a whole number of at least {least} is wanted")
    return value


def _label(key: str, position: int, value: object) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)
    if (
        isinstance(value, str)
        and 0 < len(value) <= 40
        and value.isprintable()
        and not set(value) & set("[],=")
    ):
        return value
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) and name.isidentifier() else f"{key}{position}"


if TYPE_CHECKING:

    @overload
    def benchmark(function: F, /) -> F: ...

    @overload
    def benchmark(
        *,
        name: str | None = ...,
        params: Mapping[str, Iterable[Any]] | None = ...,
        setup: Callable[..., Any] | None = ...,
        teardown: Callable[..., Any] | None = ...,
        warmup: int = ...,
        iterations: int | None = ...,
        repeats: int | None = ...,
        mode: str | Sequence[str] | None = ...,
        processes: int | None = ...,
        rounds: int | None = ...,
        warmup_time: float | str | None = ...,
        measurement_time: float | str | None = ...,
        loop: str = ...,
        elements: int | float | str | None = ...,
        limits: Mapping[str, str | float | bool | None] | None = ...,
        hard_limits: Mapping[str, int] | None = ...,
        tags: str | Sequence[str] = ...,
        timeout: float | str | None = ...,
        fork: bool = ...,
    ) -> Callable[[F], F]: ...


def benchmark(function: "Callable[..., Any] | None" = None, /, **options: "Any") -> "Any":
    """Declare a function or an `async def` as a benchmark; it stays callable as before.

    Parameters:
        name: what the id ends in; the function's own name by default.
        params: name → values. Each combination is a benchmark of its own; the function, `setup` and
            `teardown` are given those parameters that their signatures name.
        setup: called before every call of the function, outside the region; unless it returns None, what
            it returns is the function's (and teardown's) first argument.
        teardown: called after every call of the function, outside the region.
        warmup: calls before the region that are not counted.
        iterations: calls in the region, 1 by default; the counters are their total, and share one setup.
            In a round of a timing, as many as suit the clock by default; 1 where there is a setup.
        repeats: separate measurements of it, each in its own process; the configured number by default.
        mode: "instructions", "walltime" or both; by default what `iaipy run --mode` asks for, else the first.
        processes: fresh processes to time it in.
        rounds: samples that each of these takes.
        warmup_time, measurement_time: seconds, or "500ms", that each of these spends.
        loop: the event loop to time a coroutine in: "asyncio", or "uvloop" where that is installed.
        elements: things that a call deals with, or the parameter that says so; for the throughput.
        limits: counter → "2%", 0.02, or "off"; `"all"` stands for every counter.
        hard_limits: counter → largest value allowed.
        tags: words to select it by (`iaipy run --tag slow`).
        timeout: seconds, or "90s" or "2m", that one measurement may take.
        fork: False to measure it in a fresh process (slower) rather than in a fork of one that has
            imported the file; needed where it can't survive a fork.

    Raises:
        TypeError: what is decorated is no Python function, or a parameter that nothing takes.
        ValueError: a count out of range, or a parameter without values.
    """

    for option in options:
        if option not in _OPTIONS:
            raise TypeError(f"@benchmark has no option {option}; its options are {', '.join(_OPTIONS)}")

    def declare(function: "Callable[..., Any]") -> "Callable[..., Any]":
        declared.append(Declaration(function, **options))
        return function

    return declare if function is None else declare(function)


_kept: object = None


def keep(value: "Any") -> "Any":
    """Return `value`, and hold on to it so that the work behind it can neither be skipped nor reused.

    CPython optimises nothing away today, but a JIT may; and a result that dies at once lets the next
    iteration reuse its memory. The last value kept stays alive until the next one replaces it.
    """
    global _kept
    _kept = value
    return value
