"""The formats of a profile: one file per format, and this table of them."""

from typing import Protocol

from iaipy.model.difference import Difference
from iaipy.model.profile import Profile
from iaipy.profile import document
from iaipy.report import callgrind_file, flamegraph, folded, functions, speedscope


class Render(Protocol):
    """Turns a profile into text that ends in a newline.

    Parameters:
        profile: what was measured.
        difference: with an earlier one, or None.
        color: whether to colour the text by escape sequences; formats that have none ignore it.
    """

    def __call__(self, profile: Profile, difference: Difference | None, *, color: bool = False) -> str:
        """The report."""
        ...


def _json(profile: Profile, difference: Difference | None, *, color: bool = False) -> str:
    """The stored document; a difference is for others to make of two."""
    return document.dumps(profile)


FORMATS: dict[str, Render] = {
    "terminal": functions.render,
    "flamegraph": flamegraph.render,
    "speedscope": speedscope.render,
    "folded": folded.render,
    "callgrind": callgrind_file.render,
    "json": _json,
}
"""Name in `--report NAME[:PATH]` → what makes the report."""
