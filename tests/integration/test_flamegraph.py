"""The flame graph in a browser: what it draws, and what it does when it is used."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from iaipy.model.profile import Accounting, Frame, Function, Profile
from iaipy.profile.difference import difference
from iaipy.report.flamegraph import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Literal

    Opened = Callable[..., AbstractContextManager[Page]]

HOSTILE = "app.</script><img src=x onerror=\"document.title='broken'\">"
LONG_MS = 60_000  # only where something is broken is it waited for
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(23, 23, 27)"


def profile_of(costs: dict[str, tuple[int, int]]) -> Profile:
    """A profile of paths "caller;callee", each with its own instructions and calls."""
    functions: dict[str, int] = {}
    positions = {"": -1}
    frames: list[Frame] = []
    for path, (own, calls) in costs.items():
        above, _, name = path.rpartition(";")
        positions[path] = len(frames)
        frames.append(Frame(functions.setdefault(name, len(functions)), positions[above], own, calls))
    total = sum(own for own, _ in costs.values())
    names = tuple(Function(name, "code.py", 7) for name in functions)
    return Profile("bench_x.py::parse", names, tuple(frames), Accounting(total, 0, 0, total))


NOW = profile_of(
    {
        "main": (0, 1),
        "main;app.parse": (500, 2),
        "main;app.parse;re.match": (250, 4),
        "main;app.write": (250, 1),
        f"main;app.write;{HOSTILE}": (1000, 3),
    }
)
BEFORE = profile_of(
    {
        "main": (0, 1),
        "main;app.parse": (1500, 2),
        "main;app.parse;re.match": (250, 4),
        "main;app.old": (250, 1),
    }
)
PLAIN = render(NOW, None)
CHANGES = render(NOW, difference(BEFORE, NOW))
expect.set_options(timeout=LONG_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("there is no Chromium to open the page in: apt-get install chromium")
    with sync_playwright() as playwright:
        # In its sandbox it won't start as root; it opens nothing but our own files.
        started = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Opened:
    """Opens a page; at the end it must have asked for nothing but its file, and complained of nothing."""

    @contextmanager
    def opening(
        text: str, *, scripts: bool = True, scheme: Literal["dark", "light"] = "light"
    ) -> Iterator[Page]:
        path = tmp_path / "graph.html"
        path.write_text(text, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": 1032, "height": 700},
            java_script_enabled=scripts,
            color_scheme=scheme,
        )
        page = context.new_page()
        page.set_default_timeout(LONG_MS)
        requests: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        yield page
        context.close()
        assert requests == [path.as_uri()]
        assert complaints == []

    return opening


def box(page: Page, name: str) -> Locator:
    """The box with this text."""
    return page.locator("#graph").get_by_text(name, exact=True)


def widths(page: Page) -> dict[str, int]:
    """The text and the width in pixels of all boxes."""
    found = page.locator(".box").evaluate_all("all => all.map((one) => [one.textContent, one.offsetWidth])")
    return dict(found)


def tip(page: Page) -> list[str]:
    """The lines of the tooltip, once it is there."""
    expect(page.locator("#tip")).to_be_visible()
    return page.locator("#tip").inner_text().splitlines()


def test_widths_are_shares(opened: Opened) -> None:
    """A box is as wide as its part of the instructions."""
    with opened(PLAIN) as page:
        whole = page.locator("#graph").evaluate("graph => graph.clientWidth")
        shares = {name: round(width / whole, 2) for name, width in widths(page).items()}
        expect(page).to_have_title("bench_x.py::parse")
    assert shares == {"main": 1, "app.write": 0.62, HOSTILE: 0.5, "app.parse": 0.38, "re.match": 0.12}


def test_a_narrow_box_shows_the_end_of_its_name(opened: Opened) -> None:
    """What tells functions of one package apart is at the end; the tooltip has the whole."""
    name = "package.subpackage.module_of_many_words.Class.method"
    with opened(render(profile_of({"main": (900, 1), f"main;{name}": (100, 1)}), None)) as page:
        box(page, "Class.method").hover()
        assert tip(page)[0] == name


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("text", [PLAIN, CHANGES], ids=["plain", "difference"])
def test_a_name_that_is_html_is_shown_as_text(opened: Opened, text: str, scripts: bool) -> None:
    """No name becomes an element or runs, wherever the page shows it."""
    with opened(text, scripts=scripts) as page:
        if scripts:
            box(page, HOSTILE).hover()
            assert tip(page)[0] == HOSTILE
        assert HOSTILE in (page.locator("#text pre").text_content() or "")
        expect(page.locator("img")).to_have_count(0)
        expect(page).to_have_title("bench_x.py::parse")


def test_a_click_zooms_and_reset_goes_back(opened: Opened) -> None:
    """The clicked box fills the width, with its callers above it; the button and Escape undo that."""
    with opened(PLAIN) as page:
        every = widths(page)
        box(page, "app.parse").click()
        zoomed = widths(page)
        page.get_by_role("button", name="Reset zoom").click()
        assert widths(page) == every
        box(page, "app.parse").click()
        assert widths(page) == zoomed
        page.keyboard.press("Escape")
        assert widths(page) == every
    assert set(zoomed) == {"main", "app.parse", "re.match"}
    assert zoomed["main"] == zoomed["app.parse"] == every["main"]
    assert round(zoomed["re.match"] / zoomed["app.parse"], 2) == 0.33


def test_search_marks_what_it_finds(opened: Opened) -> None:
    """Boxes that match are marked, their part of the whole is said, nested ones once; Escape clears it."""
    with opened(PLAIN) as page:
        page.get_by_label("Search").fill("APP.")
        marked = page.locator(".box.match")
        assert sorted(marked.all_text_contents()) == sorted(["app.parse", "app.write", HOSTILE])
        expect(page.locator("#found")).to_have_text("3 frames, 100.00 %")
        page.get_by_label("Search").fill("re.m")
        assert marked.all_text_contents() == ["re.match"]
        expect(page.locator("#found")).to_have_text("1 frame, 12.50 %")
        page.keyboard.press("Escape")
        expect(marked).to_have_count(0)
        expect(page.get_by_label("Search")).to_have_value("")


def test_tooltips_have_exact_counts(opened: Opened) -> None:
    """Under the pointer a box tells its place, its instructions and its calls; beside it there is no tip."""
    with opened(PLAIN) as page:
        box(page, "app.write").hover()
        assert tip(page) == [
            "app.write",
            "code.py:7",
            "1,250 instructions with callees (62.50 %)",
            "250 of its own (12.50 %)",
            "called once",
        ]
        page.get_by_role("heading", name="bench_x.py::parse").hover()
        expect(page.locator("#tip")).to_be_hidden()


def test_it_can_be_used_by_keys(opened: Opened) -> None:
    """Tab leads into the graph, arrows from box to box, Enter zooms, Escape goes back, a slash searches."""
    with opened(PLAIN) as page:
        press = page.keyboard.press
        press("/")
        expect(page.get_by_label("Search")).to_be_focused()
        for _ in ("reset", "theme", "graph"):
            press("Tab")
        expect(box(page, "main")).to_be_focused()
        for key, name in (
            ("ArrowDown", "app.write"),
            ("ArrowRight", "app.parse"),
            ("ArrowDown", "re.match"),
            ("ArrowUp", "app.parse"),
            ("ArrowLeft", "app.write"),
        ):
            press(key)
            expect(box(page, name)).to_be_focused()
            assert tip(page)[0] == name
        expect(page.locator(".box[tabindex='0']")).to_have_count(1)
        press("Enter")
        assert set(widths(page)) == {"main", "app.write", HOSTILE}
        expect(box(page, "app.write")).to_be_focused()
        press("Escape")
        assert len(widths(page)) == 5


def test_a_difference_has_two_sides(opened: Opened) -> None:
    """What is dearer is red, cheaper blue, and the button changes the widths to those of the other side."""
    with opened(CHANGES) as page:
        every = page.locator(".box")
        colours = dict(every.evaluate_all("all => all.map((one) => [one.textContent, one.style.background])"))
        now = widths(page)
        box(page, "app.write").hover()
        told = tip(page)
        page.get_by_role("button", name="Widths: now").click()
        expect(page.get_by_role("button", name="Widths: before", pressed=True)).to_be_visible()
        before = widths(page)
        page.get_by_role("button", name="Widths: before").click()
        assert widths(page) == now
        expect(page.locator("#gone")).to_have_text("app.old −250")

    def redness(name: str) -> int:
        red, _, blue = (int(part) for part in colours[name].strip("rgb()").split(","))
        return red - blue

    assert redness("app.write") > 50
    assert redness("app.parse") < -50
    assert "var(--same)" in colours["main"]
    assert "before 0, now 1,250: +1,250" in told
    assert "app.old" not in now
    assert before["app.old"] == pytest.approx(before["main"] / 8, abs=2)


@pytest.mark.parametrize(("scheme", "first", "second"), [("light", LIGHT, DARK), ("dark", DARK, LIGHT)])
def test_dark_and_light(opened: Opened, scheme: str, first: str, second: str) -> None:
    """The page is as dark as the reader's other windows, and the button turns it."""
    with opened(PLAIN, scheme=scheme) as page:
        for colour in (first, second, first):
            expect(page.locator("body")).to_have_css("background-color", colour)
            page.get_by_role("button", name="Dark or light").click()


def test_the_tree_is_folded_where_scripts_run(opened: Opened) -> None:
    """The plain tree, there for readers without scripts, is closed and can be opened."""
    with opened(PLAIN) as page:
        expect(page.locator("#text pre")).to_be_hidden()
        page.locator("#text summary").click()
        expect(page.locator("#text pre")).to_be_visible()


def test_without_scripts_the_tree_is_text(opened: Opened) -> None:
    """A reader without scripts sees every frame with its numbers, and nothing that would not work."""
    with opened(PLAIN, scripts=False) as page:
        expect(page.locator("#text pre")).to_be_visible()
        lines = page.locator("#text pre").inner_text().splitlines()
        expect(page.locator("#tools")).to_be_hidden()
        expect(page.locator("#graph")).to_be_hidden()
    assert lines == [
        "100.00% main · 2,000 · 1×",
        " 62.50%  app.write · 1,250 · 1×",
        f" 50.00%   {HOSTILE} · 1,000 · 3×",
        " 37.50%  app.parse · 750 · 2×",
        " 12.50%   re.match · 250 · 4×",
    ]
