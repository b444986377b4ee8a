"""A test that does nothing, to go through pytest's own code with. PYTEST_DONT_REWRITE."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from _pytest.fixtures import FuncFixtureInfo

NAME = "iaipy_rehearsal"


def _rehearse(benchmark: Any) -> None:
    benchmark(len, ())


class _Module(pytest.Module):
    """A module without a file."""

    def _getobj(self) -> ModuleType:
        return ModuleType(NAME)


def item(session: pytest.Session) -> pytest.Function:
    """The test, which has no fixture but ours: those of the suite may do anything."""
    path = session.config.rootpath / f"{NAME}.py"
    module = _Module.from_parent(session, path=path)
    found = session._fixturemanager.getfixturedefs("benchmark", module)
    info = FuncFixtureInfo(("benchmark",), ("benchmark",), ["benchmark"], {"benchmark": found or ()})
    test: pytest.Function = pytest.Function.from_parent(
        module, name=NAME, callobj=_rehearse, fixtureinfo=info
    )
    return test
