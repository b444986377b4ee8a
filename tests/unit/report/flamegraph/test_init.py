"""The flame graph's page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from iaipy.profile.difference import difference
from iaipy.report.flamegraph import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conftest import MakeProfile

HOSTILE = "</script><img src=x onerror=alert(1)>&amp\"'@@data@@"


class Page(HTMLParser):
    """Collects the elements of a page, and the text of each id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes += attrs


def read(page: str) -> dict[str, object]:
    """What the page's script reads."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    document: dict[str, object] = json.loads(found[1])
    return document


def test_the_page_needs_no_network(make_profile: MakeProfile) -> None:
    """Nothing in it is fetched from anywhere."""
    page = Page(render(make_profile({"main": (1, 1)}), None))
    assert not {"link", "img", "iframe", "object"} & {*page.tags}
    assert not {"src", "href"} & {name for name, _ in page.attributes}


def test_names_are_escaped(make_profile: MakeProfile) -> None:
    """A name made to break out of the page is but text in it, in the graph's data and in the plain tree."""
    page = render(make_profile({HOSTILE: (1, 1)}), None)
    assert "<img" not in page
    assert "img" not in Page(page).tags
    assert read(page)["texts"] == [f"{HOSTILE.partition('.')[0]}.py"]
    assert read(page)["functions"] == [[-1, HOSTILE, 0, 1]]


def test_it_can_be_read_without_scripts(make_profile: MakeProfile) -> None:
    """Every frame stands in the page as text, with its part of the whole."""
    page = render(make_profile({"main": (25, 1), "main;f": (75, 3)}), None)
    assert "100.00% main · 100 · 1×\n 75.00%  f · 75 · 3×" in page


def test_the_data_are_the_frames(make_profile: MakeProfile) -> None:
    """The script gets each box's name, what it stands on, its own instructions and its calls."""
    found = read(render(make_profile({"main": (25, 1), "main;f": (75, 3)}), None))
    assert found["boxes"] == [[0, -1, 25, 1], [1, 0, 75, 3]]


def test_a_difference_shows_both_sides(make_profile: MakeProfile) -> None:
    """Boxes have the numbers of both sides, and those that vanished are listed."""
    before, now = make_profile({"m": (3, 4), "m;old<": (50, 6)}), make_profile({"m": (7, 4)})
    page = render(now, difference(before, now))
    assert read(page)["boxes"] == [[0, -1, 7, 4, 3, 4], [1, 0, 0, 0, 50, 6]]
    assert "<h2>Vanished frames</h2><ul id=gone><li>old&lt; −50</li></ul>" in page
    assert "old&lt; -50 instructions (gone)" in page


def deep(number: int) -> str:
    """The path of a frame that stands on up to forty-nine others, functions of ninety modules by turns."""
    return ";".join(
        f"a_company.its_package.module_{each % 90:02}.SomeClass{each % 7}.method_number_{each:05}"
        for each in range(number - number % 50, number + 1)
    )


def wide(number: int) -> str:
    """The path of a frame that stands on one other, each function in a module of its own."""
    return f"package.{number}" if number < 90 else f"package.{number % 90};package.module_{number}.f_{number}"


@pytest.mark.parametrize("is_difference", [False, True], ids=["plain", "difference"])
@pytest.mark.parametrize("path", [deep, wide])
def test_two_thousand_frames_are_below_half_a_megabyte(
    make_profile: MakeProfile, path: Callable[[int], str], is_difference: bool
) -> None:
    """The page stays small, that of a difference too: file names and the like stand in it once."""
    before, now = (
        make_profile({path(number): (1_234_567 + step * number, 4321 + number) for number in range(2000)})
        for step in (1, 3)
    )
    size = len(render(now, difference(before, now) if is_difference else None).encode())
    print(f"{size:,} bytes")  # pytest -s shows them
    assert size < 500_000


def test_very_many_frames_are_cut_down(make_profile: MakeProfile) -> None:
    """The cheapest frames of a large profile have no box, and the page says how many."""
    page = render(make_profile({f"m.f{number}": (number + 1, 1) for number in range(6000)}), None)
    assert "The 1,000 cheapest frames have no box of their own." in page
