"""Where a benchmark's instructions went: what callgrind recorded, and the call tree made of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Context:
    """A function called along one path, as callgrind tells it apart.

    Parameters:
        path: symbols from the outermost caller to the function itself, which is the last.
        instructions: those executed in the function itself while it was called along this path.
        calls: how often it was called along this path.
        is_cut: whether the path is as long as callgrind keeps them, so that outer callers may be missing.
    """

    path: tuple[str, ...]
    instructions: int
    calls: int
    is_cut: bool = False


@dataclass(frozen=True)
class Dump:
    """A callgrind file.

    Parameters:
        contexts: in the order of the file, each path once.
        objects: symbol → the program or library that it is in.
    """

    contexts: tuple[Context, ...]
    objects: Mapping[str, str] = field(default_factory=dict)

    @property
    def instructions(self) -> int:
        """Those of all contexts."""
        return sum(context.instructions for context in self.contexts)


@dataclass(frozen=True)
class Function:
    """A function of the call tree.

    Parameters:
        name: `module.qualname` of a Python function, the symbol of a C function, or in parentheses what
            stands for no function.
        file: where it is defined, from the project's root if it lies there; for C its program or library.
        line: of its definition, from 1; 0 where it is not known.
        native: whether it is C.
    """

    name: str
    file: str = ""
    line: int = 0
    native: bool = False

    @property
    def place(self) -> str:
        """`file:line`, as far as known."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Recording:
    """All that one run under callgrind tells.

    Parameters:
        dump: of the region.
        functions: address of a trampoline → the Python function it stands for; empty without Python names.
        harness: addresses of those that belong to iaipy's worker.
        regions: addresses of those that run the benchmark's calls.
        notes: remarks on how it went, one sentence each.
    """

    dump: Dump
    functions: Mapping[int, Function]
    harness: frozenset[int] = frozenset()
    regions: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """A node of the call tree: a function called along one path.

    Parameters:
        function: index of the function in the profile.
        parent: index of the calling frame, which is smaller than its own; -1 for an outermost frame.
        instructions: its own, without those of the frames it called.
        calls: how often it was entered; a generator or coroutine is entered again at each resumption.
    """

    function: int
    parent: int
    instructions: int
    calls: int


@dataclass(frozen=True)
class Accounting:
    """How the tree's total comes from what was executed.

    Parameters:
        executed: instructions between the two ends of the region, under callgrind.
        trampolines: those of the trampolines and of the code that serves them, left out.
        harness: those of iaipy's own worker, left out.
        counted: what cachegrind counts for the same benchmark without trampolines.
    """

    executed: int
    trampolines: int
    harness: int
    counted: int

    @property
    def total(self) -> int:
        """What is left, and so the tree's total."""
        return self.executed - self.trampolines - self.harness

    @property
    def calls(self) -> int:
        """What the tree has more than is counted: mostly calls, which take more under trampolines."""
        return self.total - self.counted


@dataclass(frozen=True)
class Profile:
    """The call tree of one benchmark.

    Parameters:
        benchmark: its id.
        functions, frames: the tree; frames come after their parents.
        accounting: how its total came about.
        python: whether its frames have Python names.
        native: whether C functions have frames of their own.
        iterations: calls of the benchmark inside the region.
        created_utc: ISO 8601, to the second, ending in Z.
        commit: of the project, as in a run.
        fingerprint: what makes counts incomparable where it differs.
        notes: remarks, one sentence each.
    """

    benchmark: str
    functions: tuple[Function, ...]
    frames: tuple[Frame, ...]
    accounting: Accounting
    python: bool = True
    native: bool = False
    iterations: int = 1
    created_utc: str = ""
    commit: str = ""
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """The instructions of all frames."""
        return sum(frame.instructions for frame in self.frames)
