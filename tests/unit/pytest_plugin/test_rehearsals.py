"""What is gone through for rehearsal leaves nothing for a test to find."""

from __future__ import annotations

import enum
import sys

from iaipy.pytest_plugin import rehearsals


def test_the_imported_module_is_gone() -> None:
    """Neither the module nor its classes are there afterwards, and files are imported as before."""
    hooks = sys.meta_path[:]
    rehearsals.import_module()
    assert sys.meta_path == hooks
    assert not [name for name in sys.modules if name.endswith("rehearsed")]
    assert not [each for each in enum.Enum.__subclasses__() if each.__module__.endswith("rehearsed")]
