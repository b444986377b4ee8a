"""What the pytest under valgrind goes through before it forks. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import gc
import importlib
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

import pytest
from _pytest.fixtures import FuncFixtureInfo

NAME = "iaipy_rehearsal"
_MODULE = "iaipy.pytest_plugin.rehearsed"


def _rehearse(benchmark: Any) -> None:
    benchmark(len, ())


class _Module(pytest.Module):
    """A module without a file."""

    def _getobj(self) -> ModuleType:
        return ModuleType(NAME)


def import_module() -> None:
    """Import a module of ours and let go of it again, so that no test finds its classes.

    It goes past pytest's hook, which would compile it anew for its asserts.
    """
    hooks, sys.meta_path[:] = sys.meta_path[:], [PathFinder]
    try:
        importlib.import_module(_MODULE)
    finally:
        sys.meta_path[:] = hooks
    package, _, name = _MODULE.rpartition(".")
    del sys.modules[_MODULE], vars(sys.modules[package])[name]
    gc.collect()


def item(session: pytest.Session) -> pytest.Function:
    """A test that does nothing, which has no fixture but ours: those of the suite may do anything."""
    path = session.config.rootpath / f"{NAME}.py"
    module = _Module.from_parent(session, path=path)
    found = session._fixturemanager.getfixturedefs("benchmark", module)
    info = FuncFixtureInfo(("benchmark",), ("benchmark",), ["benchmark"], {"benchmark": found or ()})
    test: pytest.Function = pytest.Function.from_parent(
        module, name=NAME, callobj=_rehearse, fixtureinfo=info
    )
    return test
