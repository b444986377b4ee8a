"""Who may import whom: the table of docs/architecture.md, held over the source by its imports."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "iaipy"
TOP = frozenset({"iaipy"})

MODEL = ("iaipy.model", "iaipy.errors")
TIMING = ("iaipy.timing",)
BASE = (
    *MODEL,
    "iaipy.values",
    "iaipy.durations",
    "iaipy.limits",
    "iaipy.settings",
    "iaipy.config",
    "iaipy.yaml_text",
    "iaipy.compare",
    "iaipy.store",
    "iaipy.process",
    "iaipy.interruption",
)
LAUNCHER = "iaipy.workers.launcher"
STAGES = (*BASE, "iaipy.profile", "iaipy.collect", "iaipy.measure", LAUNCHER)
PARTS = ("iaipy.suite", "iaipy.measuring")
JOINED = (
    *(*PARTS, "iaipy.pipeline", "iaipy.versus", "iaipy.validation", "iaipy.profiling", "iaipy.explaining"),
    *("iaipy.revisions", "iaipy.image"),
)
TOOLS = ("iaipy.github", "iaipy.starter")
EVERYTHING = (*STAGES, *TIMING, "iaipy.report", *JOINED, *TOOLS, "iaipy.commands", "iaipy.cli")
MEASURED = ("iaipy.declare", "iaipy.workers")

LAYERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "iaipy": ((), ()),
    "iaipy.__main__": (("iaipy.cli",), ()),
    "iaipy.errors": ((), ()),
    "iaipy.model": (MODEL, ()),
    **dict.fromkeys((name for name in BASE if name not in MODEL), (BASE, ("yaml", "filelock"))),
    "iaipy.store.profiles": ((*BASE, "iaipy.profile.document"), ()),
    "iaipy.process": (("iaipy.interruption", "iaipy.workers.ended"), ()),
    "iaipy.compare": ((*MODEL, "iaipy.compare"), ("numpy", "scipy")),
    "iaipy.profile": ((*MODEL, "iaipy.profile"), ()),
    "iaipy.performance": ((*MODEL, "iaipy.compare"), ()),
    "iaipy.spawn": (("iaipy.spawn", "iaipy.process"), ()),
    "iaipy.timing": (("iaipy.timing",), ()),
    "iaipy.collect": (STAGES, ()),
    "iaipy.measure": ((*STAGES, *TIMING), ()),
    "iaipy.report": ((*MODEL, "iaipy.compare", "iaipy.profile", "iaipy.report"), ("rich",)),
    "iaipy.report.json": ((*MODEL, "iaipy.store.document"), ()),
    "iaipy.suite": ((*STAGES, *TIMING), ()),
    "iaipy.measuring": ((*STAGES, *TIMING, "iaipy.suite"), ()),
    "iaipy.pipeline": ((*STAGES, *TIMING, *PARTS, "iaipy.explaining"), ()),
    "iaipy.versus": ((*STAGES, *PARTS), ()),
    "iaipy.validation": ((*STAGES, *PARTS), ()),
    "iaipy.explaining": ((*STAGES, *PARTS, "iaipy.profiling"), ()),
    "iaipy.profiling": ((*STAGES, *TIMING, *PARTS), ()),
    "iaipy.starter": ((*BASE, *TOP, "iaipy.starter"), ()),
    "iaipy.revisions": ((*STAGES, *PARTS, "iaipy.pipeline", "iaipy.revisions", "iaipy.interruption"), ()),
    "iaipy.image": (BASE, ()),
    "iaipy.github": ((*STAGES, *TOP, "iaipy.report", *JOINED, "iaipy.github"), ()),
    "iaipy.commands": (EVERYTHING, ("click", "rich")),
    "iaipy.cli": (EVERYTHING, ("click",)),
    "iaipy.pytest_plugin": (
        (*EVERYTHING, *MEASURED, "iaipy.pytest_plugin"),
        ("pytest", "_pytest", "aspectlib"),
    ),
    "iaipy.declare": ((), ()),
    "iaipy.workers": (MEASURED, ("_cffi_backend",)),
    # These two run on the host: one starts the workers, the other wrote _libc.py.
    "iaipy.workers.launcher": ((), ()),
    # It asks the interpreter for names once all is counted.
    "iaipy.workers.profiler": (MEASURED, ()),
    # These are timed without valgrind, where an import costs nobody anything.
    "iaipy.workers.timer": (MEASURED, ()),
    "iaipy.workers.stopwatch": (MEASURED, ()),
    "iaipy.workers.ended": ((), ()),
    "iaipy.workers.libc_build": ((), ("cffi",)),
}
"""Module or package → what it may import of ours, and of others; the longest name that fits counts."""

CHEAP = frozenset({"asyncio", "traceback", "json", "os", "warnings"})
"""What a worker may import besides built-in modules: each already loaded by every interpreter (os), or
imported late, where a benchmark needs it (asyncio) or all is over (traceback), or without valgrind (json,
warnings)."""


def name_of(path: Path) -> str:
    """The module in a file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that a source imports, but for those it only needs for its types."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                yield whole if whole in MODULES else module
        else:
            yield from imports(node)


def layer(module: str) -> str:
    """The row of the table that a module belongs to."""
    fitting = [
        name for name in LAYERS if module == name or (name != "iaipy" and module.startswith(f"{name}."))
    ]
    assert fitting, f"{module} is in no layer: give it a row"
    return max(fitting, key=len)


def within(module: str, allowed: tuple[str, ...]) -> bool:
    """Whether a module, or a package it is in, is among those allowed."""
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


@pytest.mark.parametrize("module", MODULES)
def test_imports_keep_to_the_layers(module: str) -> None:
    """A module imports only from its own layer and those below it."""
    ours, others = LAYERS[layer(module)]
    for imported in imports(MODULES[module]):
        root = imported.partition(".")[0]
        if root == "iaipy":
            # Who may start a worker may also say to it what the package itself defines.
            spoken = imported == "iaipy.workers" and within(LAUNCHER, ours)
            allowed = imported in TOP or spoken or within(imported, ours)
        else:
            allowed = root in sys.stdlib_module_names or within(imported, others)
        assert allowed, f"{module} must not import {imported}"


@pytest.mark.parametrize(
    "module", [name for name in MODULES if layer(name) in ("iaipy", "iaipy.declare", "iaipy.workers")]
)
def test_measured_process_imports_almost_nothing(module: str) -> None:
    """What runs inside the measured process imports built-in modules, since any other costs instructions."""
    cheap = CHEAP | set(sys.builtin_module_names) | {"__future__", "_cffi_backend", "iaipy"}
    assert {imported.partition(".")[0] for imported in imports(MODULES[module])} <= cheap


def test_one_module_starts_processes() -> None:
    """Only process.py imports subprocess, or calls what starts a process some other way."""
    starters = [name for name, tree in MODULES.items() if "subprocess" in imports(tree)]
    assert starters == ["iaipy.process"]
    for name, tree in MODULES.items():
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not calls & {"os.system", "os.popen", "os.spawnv", "os.posix_spawn"}, name
        assert "os.fork" not in calls, name


def test_nothing_below_the_commands_prints() -> None:
    """print is called in workers alone, whose output is a file of ours; commands use click.echo."""
    printing = {
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    }
    assert {name for name in printing if not name.startswith("iaipy.workers.")} == set()


def test_every_row_of_the_table_is_used() -> None:
    """The table names no module that isn't there."""
    assert {layer(module) for module in MODULES} == set(LAYERS)
