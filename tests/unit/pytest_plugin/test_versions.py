"""Versions of types."""

from __future__ import annotations

from iaipy.pytest_plugin import versions
from iaipy.workers.machine import ffi


def version(kind: type) -> int:
    """A type's version, which it gets as an attribute is looked up."""
    type.__getattribute__(kind, "__init__")
    return int(ffi.cast("unsigned int *", id(kind) + versions._TAG)[0])


def test_the_counter_stands_at_a_multiple_of_the_cache() -> None:
    """After levelling, new types have the same places in the cache, however many were looked up before."""
    found = []
    for number in (1, 7):
        for _ in range(number):
            version(type("Before", (), {}))
        versions.level()
        found.append(version(type("After", (), {})) % versions._CACHE)
    assert found[0] == found[1] <= 3


def test_all_types_have_versions() -> None:
    """A type without a version is given one, and keeps it."""

    class Fresh:
        pass

    tag = ffi.cast("unsigned int *", id(Fresh) + versions._TAG)
    versions.give_all()
    given = tag[0]
    assert given
    assert version(Fresh) == given
