"""Takes back what CPython has specialised in the standard library. PYTEST_DONT_REWRITE.

The interpreter rewrites the instructions of a function that has been called some times for the types it has
met there (PEP 659). How often pytest has called those of pathlib, say, follows from how many files lie beside
the tests, from options and from other plugins, and would decide what a benchmark takes that calls them too.
A copy of a code object starts as the compiler left it.
"""

import gc
import os
from types import CodeType, FunctionType

_PLACES = ("<frozen ", os.path.dirname(os.__file__) + os.sep)  # noqa: PTH120  # no pathlib here
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


def forget() -> None:
    """Give all functions of the standard library that have been imported fresh code."""
    gc.unfreeze()  # or it tells of none that were there when the heap was settled
    for thing in gc.get_objects():
        if type(thing) is FunctionType:
            place = thing.__code__.co_filename
            if place.startswith(_PLACES) and not any(part in place for part in _INSTALLED):
                thing.__code__ = _fresh(thing.__code__)


def _fresh(code: CodeType) -> CodeType:
    constants = [_fresh(each) if type(each) is CodeType else each for each in code.co_consts]
    return code.replace(co_consts=tuple(constants))
