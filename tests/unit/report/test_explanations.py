"""Explanations as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iaipy.model.difference import Explanation
from iaipy.profile.difference import difference
from iaipy.report.explanations import lines

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile


def test_the_first_causes_are_told(make_profile: MakeProfile) -> None:
    """As many sentences as a person reads."""
    before = make_profile({"a": (1, 1)} | {f"a;f{n}": (100, 1) for n in range(5)})
    now = make_profile({"a": (1, 1)} | {f"a;f{n}": (200 + n, 1) for n in range(5)})
    assert lines(Explanation("x", difference(before, now))) == [
        "f4 +104 instructions (+104.0%), 20% of the change",
        "f3 +103 instructions (+103.0%), 20% of the change",
        "f2 +102 instructions (+102.0%), 20% of the change",
    ]


def test_what_is_lacking_is_told(make_profile: MakeProfile) -> None:
    """Alone where there is no difference, and behind it where there is one."""
    same = make_profile({"a": (1, 1)})
    assert lines(Explanation("x", None, "No profile\x1b.")) == ["No profile\\x1b."]
    told = lines(Explanation("x", difference(same, same), "It moved on."))
    assert told[0].startswith("No function takes more instructions")
    assert told[1] == "It moved on."
