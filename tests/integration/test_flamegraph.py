"""The flame graph in a browser: what it draws, and what it does when it is used."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from iaipy.model.profile import Accounting, Frame, Function, Profile
from iaipy.profile.difference import difference
from iaipy.report.flamegraph import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Ask = Callable[[str, str], Any]

HOSTILE = "app.<img src=x onerror=\"document.title='broken'\">"

TOOLS = """
    const box = (name) => [...document.querySelectorAll(".box")].find((each) => each.textContent === name);
    const widths = () => Object.fromEntries(
        [...document.querySelectorAll(".box")].map((one) => [one.textContent, Math.round(one.offsetWidth)]));
    const press = (key, target) => (target || document.activeElement).dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const tip = document.getElementById("tip"), search = document.getElementById("search");
    const type = (text) => { search.value = text; search.dispatchEvent(new Event("input")); };
    const graph = document.getElementById("graph");
"""


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


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Opens a page in headless Chromium, runs a script in it that fills `found`, and returns that."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("there is no Chromium to open the page in: apt-get install chromium")
    folder: Path = tmp_path_factory.mktemp("browser")

    def in_browser(page: str, script: str) -> Any:
        path = folder / "page.html"
        told = "document.body.setAttribute('data-found', JSON.stringify(found));"
        path.write_text(
            page.replace(
                "</body>", f"<script>{{ const found = {{}}; {TOOLS} {script} {told} }}</script></body>"
            )
        )
        done = subprocess.run(
            (
                str(chromium),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--window-size=1016,700",
                f"--user-data-dir={folder / 'profile'}",
                "--dump-dom",
                path.as_uri(),
            ),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        _, attribute, rest = done.stdout.partition('data-found="')
        assert attribute, done.stdout[-2000:] + done.stderr[-2000:]
        return json.loads(unescape(rest.partition('"')[0]))

    return in_browser


@pytest.fixture(scope="module")
def graph() -> str:
    """The page of one profile."""
    return render(NOW, None)


@pytest.fixture(scope="module")
def changes() -> str:
    """The page of a difference."""
    return render(NOW, difference(BEFORE, NOW))


def test_widths_are_shares(ask: Ask, graph: str) -> None:
    """A box is as wide as its part of the instructions, and a name that is HTML is shown as text."""
    widths = ask(
        graph, "found.widths = widths(); found.title = document.title; found.width = graph.clientWidth;"
    )
    whole = widths["width"]
    shares = {name: round(width / whole, 2) for name, width in widths["widths"].items()}
    assert shares == {"main": 1, "app.write": 0.62, HOSTILE: 0.5, "app.parse": 0.38, "re.match": 0.12}
    assert widths["title"] == "bench_x.py::parse"


def test_a_narrow_box_shows_the_end_of_its_name(ask: Ask) -> None:
    """What tells functions of one package apart is at the end; the tooltip has the whole."""
    name = "package.subpackage.module_of_many_words.Class.method"
    page = render(profile_of({"main": (900, 1), f"main;{name}": (100, 1)}), None)
    found = ask(
        page,
        """
        const narrow = [...document.querySelectorAll(".box")][1];
        found.text = narrow.textContent;
        found.label = narrow.getAttribute("aria-label").split("\\n")[0];
        """,
    )
    assert found == {"text": "Class.method", "label": name}


def test_a_click_zooms_and_reset_goes_back(ask: Ask, graph: str) -> None:
    """The clicked box fills the width, with its callers below it; the button and Escape undo that."""
    found = ask(
        graph,
        """
        box("app.parse").click();
        found.zoomed = widths();
        document.getElementById("reset").click();
        found.reset = Object.keys(widths());
        box("app.parse").click();
        press("Escape");
        found.escaped = Object.keys(widths());
        """,
    )
    zoomed = found["zoomed"]
    assert set(zoomed) == {"main", "app.parse", "re.match"}
    assert zoomed["main"] == zoomed["app.parse"]
    assert round(zoomed["re.match"] / zoomed["app.parse"], 2) == 0.33
    assert len(found["reset"]) == len(found["escaped"]) == 5


def test_search_marks_what_it_finds(ask: Ask, graph: str) -> None:
    """Boxes that match are marked, and their part of the whole is said, nested ones once."""
    found = ask(
        graph,
        """
        type("APP.");
        found.marked = [...document.querySelectorAll(".match")].map((each) => each.textContent);
        found.said = document.getElementById("found").textContent;
        type("");
        found.none = document.querySelectorAll(".match").length;
        """,
    )
    assert sorted(found["marked"]) == sorted(["app.parse", "app.write", HOSTILE])
    assert found["said"] == "3 frames, 100.00 %"
    assert found["none"] == 0


def test_tooltips_have_exact_counts(ask: Ask, graph: str) -> None:
    """Under the pointer a box tells its place, its instructions and its calls; beside it there is no tip."""
    found = ask(
        graph,
        """
        const over = (target) => target.dispatchEvent(
            new MouseEvent("mousemove", { bubbles: true, clientX: 50, clientY: 60 }));
        over(box("app.write"));
        found.tip = tip.hidden ? "" : tip.textContent;
        over(graph);
        found.hidden = tip.hidden;
        """,
    )
    assert found["tip"].split("\n") == [
        "app.write",
        "code.py:7",
        "1,250 instructions with callees (62.50 %)",
        "250 of its own (12.50 %)",
        "called once",
    ]
    assert found["hidden"]


def test_it_can_be_used_by_keys(ask: Ask, graph: str) -> None:
    """Arrows move from box to box, each telling what it is, and a slash leads to the search."""
    found = ask(
        graph,
        """
        document.querySelector(".box[tabindex='0']").focus();
        const at = () => document.activeElement.textContent;
        found.walk = [at()];
        for (const key of ["ArrowDown", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft"]) {
            press(key); found.walk.push(at());
        }
        found.tip = tip.textContent.split("\\n")[0];
        found.tabs = document.querySelectorAll(".box[tabindex='0']").length;
        press("/");
        found.search = document.activeElement === search;
        """,
    )
    assert found["walk"] == ["main", "app.write", "app.parse", "re.match", "app.parse", "app.write"]
    assert found["tip"] == "app.write"
    assert found["tabs"] == 1
    assert found["search"]


def test_a_difference_has_two_sides(ask: Ask, changes: str) -> None:
    """What is dearer is red, cheaper blue, and the widths are those of either side."""
    found = ask(
        changes,
        """
        found.colours = Object.fromEntries(
            [...document.querySelectorAll(".box")].map((each) => [each.textContent, each.style.background]));
        found.now = Object.keys(widths());
        document.getElementById("sides").click();
        found.before = widths();
        found.button = document.getElementById("sides").textContent;
        found.gone = document.getElementById("gone").textContent;
        """,
    )

    def redness(name: str) -> int:
        red, _, blue = (int(part) for part in found["colours"][name].strip("rgb()").split(","))
        return red - blue

    assert redness("app.write") > 50
    assert redness("app.parse") < -50
    assert "var(--same)" in found["colours"]["main"]
    assert "app.old" not in found["now"]
    assert found["before"]["app.old"] == pytest.approx(found["before"]["main"] / 8, abs=2)
    assert found["button"] == "Widths: before"
    assert found["gone"] == "app.old −250"


def test_dark_and_light(ask: Ask, graph: str) -> None:
    """The button turns the page from light to dark."""
    found = ask(
        graph,
        """
        const page = () => getComputedStyle(document.body).backgroundColor;
        found.first = page();
        document.getElementById("theme").click();
        found.second = page();
        """,
    )
    assert {found["first"], found["second"]} == {"rgb(255, 255, 255)", "rgb(23, 23, 27)"}


def test_the_text_is_folded_where_scripts_run(ask: Ask, graph: str) -> None:
    """The plain tree, there for readers without scripts, is closed and can be opened."""
    found = ask(graph, "found.open = document.getElementById('text').open;")
    assert found["open"] is False
