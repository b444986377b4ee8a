"""The formats of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from iaipy.profile.difference import difference
from iaipy.profile.document import loads
from iaipy.report.profiles import FORMATS

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile

HOSTILE = "f<script>\"'&\n;\x1b[31m\ud800 ٣ 7"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_bears_every_name(make_profile: MakeProfile, name: str) -> None:
    """A profile with a hostile name becomes text that can be encoded and ends in a line break."""
    profile = make_profile({"main": (1, 1), f"main;{HOSTILE.replace(';', ',')}": (2, 1)})
    for changed in (None, difference(make_profile({"main": (5, 1)}), profile)):
        text = FORMATS[name](profile, changed)
        assert text.endswith("\n")
        assert "\x1b" not in text
        text.encode()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_bears_an_empty_profile(make_profile: MakeProfile, name: str) -> None:
    """So does one without any frame."""
    profile = make_profile({})
    assert FORMATS[name](profile, difference(profile, profile)).endswith("\n" if name != "folded" else "")


def test_json_is_the_stored_document(make_profile: MakeProfile) -> None:
    """What the json format writes can be read again."""
    profile = make_profile({"main": (1, 1)})
    assert loads(FORMATS["json"](profile, None), "x") == profile
