"""From callgrind's contexts to a call tree of the benchmark.

A path of callgrind's leads from iaipy's worker through CPython's C functions to the function itself:
`…, region, _PyEval_EvalFrameDefault, PyObject_Vectorcall, <trampoline's server>, bench.parse, …`. What the
benchmark isn't answerable for is taken off at the front, and what serves trampolines from in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from iaipy.model.profile import Accounting, Frame, Function, Profile, Recording
from iaipy.profile.names import Trampolines

_SERVER = "py_trampoline_evaluator"
"""The C function of CPython that calls all trampolines (Python/perf_trampoline.c)."""

_EVALUATOR = "_PyEval_EvalFrameDefault"
"""What runs a Python function; called at once where a trampoline couldn't be made."""

_LINK = " [PLT]"
"""What callgrind puts behind the address of code that only leads to a function of another library."""

_FREEING = frozenset({"_Py_Dealloc", "gc_collect_main", "_Py_RunGC"})

CUT = Function("(callers too many to be told apart)")
FREED = Function("(results freed)")
UNKNOWN = Function("(function without a name)")
NO_PYTHON = Function("(no Python caller)")


_Kind = Literal["frame", "stub", "trampoline", "harness"]
"""Whose instructions: a frame's, a frame's trampoline's, those that serve trampolines, or the worker's."""


@dataclass
class _Node:
    function: Function
    parent: "_Node | None" = None
    instructions: int = 0
    calls: int = 0
    children: dict[Function, "_Node"] = field(default_factory=dict)

    def child(self, function: Function) -> "_Node":
        """The frame of a function called from here."""
        found = self.children.get(function)
        if found is None:
            found = self.children[function] = _Node(function, self)
        return found


def build(recording: Recording, counted: int, benchmark: str, iterations: int = 1) -> Profile:
    """The call tree of one benchmark, C functions included.

    What is left out is told by the profile's accounting: iaipy's own frames, and trampolines with what serves
    them. All else stands as callgrind has seen it, with trampolines active.

    Parameters:
        counted: what cachegrind counts for the benchmark, without trampolines.
        benchmark: its id.
    """
    top = _Node(Function(""))
    harness = trampolines = 0
    cutter = _Cutter(recording)
    for context in recording.dump.contexts:
        kind, path = cutter.cut(context.path, is_cut=context.is_cut)
        if kind == "trampoline":
            trampolines += context.instructions
            continue
        if kind == "harness":
            harness += context.instructions
            continue
        node = top
        for function in path:
            node = node.child(function)
        if node.function not in (FREED, CUT) and not cutter.is_link(context.path[-1]):
            node.calls += context.calls
        if kind == "stub":
            trampolines += context.instructions
        else:
            node.instructions += context.instructions
    functions, frames = _flattened(top)
    accounting = Accounting(recording.dump.instructions, trampolines, harness, counted)
    return Profile(
        benchmark,
        functions,
        frames,
        accounting,
        python=bool(recording.functions),
        native=True,
        iterations=iterations,
        notes=recording.notes,
    )


class _Cutter:
    """Makes a frame's functions of callgrind's symbols.

    There may be hundreds of thousands of paths of few symbols, so each symbol is looked at once.
    """

    def __init__(self, recording: Recording) -> None:
        contexts = recording.dump.contexts
        self._has_names = bool(recording.functions)
        symbols = set[str]().union(*(context.path for context in contexts))
        trampolines = Trampolines(recording.functions)
        found = {symbol: trampolines.address(symbol) for symbol in symbols}
        addresses = {symbol: address for symbol, address in found.items() if address is not None}
        self._links = {symbol for symbol in symbols if symbol.endswith(_LINK)}
        self._python = {symbol: recording.functions[address] for symbol, address in addresses.items()}
        self._harness = {symbol for symbol, address in addresses.items() if address in recording.harness}
        self._regions = {symbol for symbol, address in addresses.items() if address in recording.regions}
        self._native = {symbol: _native(symbol, recording.dump.objects) for symbol in symbols}
        self._servers = {_SERVER}
        for context in contexts:  # a stripped interpreter has no names for its own functions
            for caller, symbol in pairwise(context.path[-2:]):
                if caller.startswith("0x") and symbol in self._python:
                    self._servers.add(caller)
        self._marked = self._servers | self._harness

    def is_link(self, symbol: str) -> bool:
        """Whether it only leads from library to library; what it takes belongs to the calling function."""
        return symbol in self._links

    def cut(self, path: Sequence[str], *, is_cut: bool) -> tuple[_Kind, list[Function]]:
        """What a context's instructions are, and the functions of its path in the benchmark."""
        symbols = path
        if not self._links.isdisjoint(path):
            symbols = [symbol for symbol in path if symbol not in self._links] or path[:1]
        if not self._has_names:
            return "frame", [self._native[symbol] for symbol in symbols]
        python = list(map(self._python.get, symbols))
        marked = [at for at, symbol in enumerate(symbols, 1) if symbol in self._marked]
        served = [at for at in marked if symbols[at - 1] in self._servers]
        for at in served:
            if at < len(symbols) and python[at] is None and _is_nameless(symbols[at - 1], symbols[at]):
                python[at] = UNKNOWN
        if served and (served[-1] == len(symbols) or python[served[-1]] is None):
            return "trampoline", []
        begin = self._begin(symbols, marked)
        inside = [at for at in range(begin, len(symbols)) if symbols[at] not in self._servers]
        functions = [python[at] or self._native[symbols[at]] for at in inside]
        first = next((n for n, at in enumerate(inside) if python[at]), len(inside))
        if begin and first == len(inside):
            return ("frame", [FREED]) if not _FREEING.isdisjoint(symbols[begin:]) else ("harness", [])
        if begin:
            functions = functions[first:]
        elif is_cut:
            functions = [CUT, *functions[first:]]
        return ("stub" if python[-1] and symbols[-1] != _EVALUATOR else "frame"), functions

    def _begin(self, symbols: Sequence[str], marked: Iterable[int]) -> int:
        """Where the benchmark's part of a path begins; behind its end, where the path is the worker's."""
        begin, is_inside = 0, False
        for at in marked:
            if symbols[at - 1] in self._harness:
                if is_inside:
                    return len(symbols)
                begin, is_inside = at, symbols[at - 1] in self._regions
        return begin


def _is_nameless(caller: str, symbol: str) -> bool:
    """Whether a C function that was called so stands for a Python function that isn't known."""
    return caller == _SERVER and symbol.startswith(("0x", _EVALUATOR))


def _native(symbol: str, objects: Mapping[str, str]) -> Function:
    name = "(machine code without a name)" if symbol.startswith("0x") else symbol
    return Function(name, objects.get(symbol, "").rpartition("/")[2].removeprefix("???"), native=True)


def _walk(node: _Node) -> Iterable[_Node]:
    """All frames below, each before those that it calls, the costliest callees first."""
    totals: dict[int, int] = {}
    order: list[_Node] = []
    stack = [node]
    while stack:
        top = stack.pop()
        order.append(top)
        stack += top.children.values()
    for each in reversed(order):
        totals[id(each)] = each.instructions + sum(totals[id(child)] for child in each.children.values())
    stack = [node]
    while stack:
        top = stack.pop()
        if top is not node:
            yield top
        stack += sorted(
            top.children.values(),
            key=lambda child: (totals[id(child)], child.function.name, child.function.place),
        )


def _flattened(top: _Node) -> tuple[tuple[Function, ...], tuple[Frame, ...]]:
    functions: dict[Function, int] = {}
    positions: dict[int, int] = {id(top): -1}
    frames: list[Frame] = []
    for node in _walk(top):
        assert node.parent is not None
        positions[id(node)] = len(frames)
        index = functions.setdefault(node.function, len(functions))
        frames.append(Frame(index, positions[id(node.parent)], node.instructions, node.calls))
    return tuple(functions), tuple(frames)


def without_native(profile: Profile) -> Profile:
    """The same tree with what C functions took told by the Python functions that called them."""
    if not profile.native or not profile.python:
        return profile
    top = _Node(Function(""))
    nodes: list[_Node] = []
    for frame in profile.frames:
        function = profile.functions[frame.function]
        parent = nodes[frame.parent] if frame.parent >= 0 else top
        node = parent
        if not function.native:
            node = parent.child(function)
            node.calls += frame.calls
        elif parent is top:
            node = top.child(NO_PYTHON)
        node.instructions += frame.instructions
        nodes.append(node)
    functions, frames = _flattened(top)
    return replace(profile, functions=functions, frames=frames, native=False)
