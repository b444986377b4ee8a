"""Brings CPython's counter of type versions to a fixed place in its cache. PYTEST_DONT_REWRITE.

A type gets its version, a number, when an attribute of it is first looked up. Where the interpreter's cache
of attributes (Objects/typeobject.c) keeps one, and which others it displaces there, follows from the version
and from the address of the attribute's name. So what types were looked up before, by a plugin more or by an
option of pytest's, would move what tests take.
"""

from typing import Any

from iaipy.workers.machine import ffi

_CACHE = 4096
"""Entries of the cache: the version counts modulo this number (MCACHE_SIZE_EXP)."""
_TAG = 384
"""Bytes from a type's start to its version (tp_version_tag of CPython 3.11 to 3.14, 64 bits)."""
_EACH = 500
"""Versions for one class: from 3.13 on, CPython gives none to a class that has had 1,000."""


def level() -> None:
    """Use up versions until the last one given is a multiple of the cache's size."""
    left = _CACHE
    while left:
        kind: Any = type("Kind", (), {"number": 0})
        kind.number  # noqa: B018  # is for the look-up, which gives a version
        version = ffi.cast("unsigned int *", id(kind) + _TAG)
        for number in range(min(-version[0] % _CACHE, _EACH)):
            kind.number = number  # takes the version away
            kind.number  # noqa: B018  # the look-up gives another
        left = -version[0] % _CACHE if version[0] else 0  # where none are left there is nothing to be done


def give_all() -> None:
    """Have all types that there are given their versions, one after the other."""
    kinds: list[type] = [object]
    for kind in kinds:  # which grows
        type.__getattribute__(kind, "__init__")
        kinds += type.__subclasses__(kind)
