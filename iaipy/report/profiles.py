"""The formats of a profile: one file per format, and this list of them."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from iaipy.errors import UsageError
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


@dataclass(frozen=True)
class Format:
    """A format of a profile.

    Parameters:
        name: what it is called in `--report NAME[:PATH]`.
        render: makes the report.
        about: what it is, in a few words.
    """

    name: str
    render: Render
    about: str


def _json(profile: Profile, difference: Difference | None, *, color: bool = False) -> str:
    """The stored document; a difference is for others to make of two."""
    return document.dumps(profile)


FORMATS = {
    form.name: form
    for form in (
        Format("terminal", functions.render, "the functions by their costs, or by what they changed"),
        Format("flamegraph", flamegraph.render, "an HTML file to look at, offline"),
        Format("speedscope", speedscope.render, "a file for www.speedscope.app"),
        Format("folded", folded.render, "a line per path, as FlameGraph's tools read it"),
        Format("callgrind", callgrind_file.render, "a file for kcachegrind, with Python names"),
        Format("json", _json, "the document that --diff reads"),
    )
}


def form(name: str) -> Format:
    """The format of that name.

    Raises:
        UsageError: there is none.
    """
    if name in FORMATS:
        return FORMATS[name]
    nearest = get_close_matches(name, FORMATS, n=1)
    raise UsageError(
        f"there is no format {name!r} of a profile",
        f"the formats are {', '.join(FORMATS)}" + (f"; did you mean {nearest[0]}?" if nearest else ""),
    )
