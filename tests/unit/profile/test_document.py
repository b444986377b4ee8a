"""The stored profile."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from iaipy.errors import HostError
from iaipy.model.profile import Function
from iaipy.profile.document import dumps, loads

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile

COSTS = {"main": (100, 1), "main;f": (1000, 10), "main;f;g": (5, 3)}


def test_a_profile_comes_back_as_it_was(make_profile: MakeProfile) -> None:
    """Whatever names it holds, a stored profile is the same when it is read."""
    profile = replace(
        make_profile(COSTS),
        functions=(
            Function('<b>"x"\n', "a b.py", 3),
            Function("\ud800"),
            Function("malloc", "libc", 0, True),
        ),
        notes=("one",),
        fingerprint={"python": "3.12"},
        created_utc="2026-01-02T03:04:05Z",
        commit="0123abc",
    )
    assert loads(dumps(profile), "x") == profile


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "iaipy.run"),
        ("version", 99),
        ("frames", [[0, 0, 1, 1]]),
        ("frames", [[9, -1, 1, 1]]),
        ("frames", [[0, -1, -1, 1]]),
        ("frames", [[0, -1, 1]]),
        ("functions", None),
        ("accounting", {}),
        ("iterations", "1"),
    ],
)
def test_what_is_no_profile_is_refused(make_profile: MakeProfile, key: str, value: object) -> None:
    """A document that is of another kind, newer or damaged is refused by its name."""
    document = {**json.loads(dumps(make_profile(COSTS))), key: value}
    with pytest.raises(HostError, match=r"^x can't be used as a profile"):
        loads(json.dumps(document), "x")


@pytest.mark.parametrize("text", ["", "[", "[]", '"text"', "{}"])
def test_other_text_is_refused(text: str) -> None:
    """So is what is no document at all."""
    with pytest.raises(HostError, match=r"^x can't be used as a profile"):
        loads(text, "x")
