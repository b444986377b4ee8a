"""A flame graph: one HTML file that needs no network, and can be read without scripts too."""

import json
import re
from html import escape
from pathlib import Path

from iaipy.model.difference import Difference
from iaipy.model.profile import Profile
from iaipy.report.flamegraph.boxes import Box, boxes, pruned
from iaipy.report.flamegraph.data import Data, data
from iaipy.report.functions import accounted, sentences
from iaipy.report.numbers import count
from iaipy.report.plain import one_line

_FOLDER = Path(__file__).parent
_MARK = re.compile(r"@@([a-z]+)@@")
_MOST_BOXES = 5000
_DEEPEST_INDENTATION = 40
_LISTED = 50


def render(profile: Profile, difference: Difference | None, *, color: bool = False) -> str:
    """The graph; with a difference, in red and blue, with the widths of either side."""
    every = boxes(profile, difference.before if difference else None)
    kept = pruned(every, _MOST_BOXES)
    texts = {
        "title": escape(one_line(profile.benchmark)),
        "style": (_FOLDER / "graph.css").read_text(encoding="utf-8"),
        "script": (_FOLDER / "graph.js").read_text(encoding="utf-8"),
        "summary": _summary(profile, difference),
        "notes": _notes(profile, len(every) - len(kept)),
        "data": _data(data(kept, is_difference=difference is not None)),
        "changes": _changes(difference),
        "gone": _gone(kept) if difference is not None else "",
        "tree": _tree(kept, is_difference=difference is not None),
    }
    template = (_FOLDER / "page.html").read_text(encoding="utf-8")
    return _MARK.sub(lambda mark: texts[mark[1]], template)


def _summary(profile: Profile, difference: Difference | None) -> str:
    if difference is None:
        return f"{count(profile.total)} instructions"
    return f"{count(difference.before.total)} → {count(profile.total)} instructions, {difference.total:+,}"


def _notes(profile: Profile, left_out: int) -> str:
    sentences = [*accounted(profile), *profile.notes]
    if left_out:
        sentences.append(f"The {count(left_out)} cheapest frames have no box of their own.")
    return "".join(f"<p>{escape(one_line(sentence))}</p>" for sentence in sentences)


def _data(document: Data) -> str:
    """The boxes as JSON that no name can break out of."""
    text = json.dumps(document, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _changes(difference: Difference | None) -> str:
    if difference is None:
        return ""
    lines = sentences(difference, _LISTED)
    items = "".join(f"<li>{escape(line)}</li>" for line in lines) or "<li>No function changed.</li>"
    return f"<h2>What changed</h2><ol>{items}</ol>"


def _gone(kept: list[Box]) -> str:
    """The frames that were there before and aren't now, the costliest first."""
    gone = [box for box in kept if box.total_before and not box.total and not box.calls]
    gone.sort(key=lambda box: -box.total_before)
    items = "".join(
        f"<li>{escape(one_line(box.name))} −{count(box.total_before)}</li>" for box in gone[:_LISTED]
    )
    return f"<h2>Vanished frames</h2><ul id=gone>{items}</ul>" if items else ""


def _tree(kept: list[Box], *, is_difference: bool) -> str:
    whole = sum(box.total for box in kept if box.parent < 0) or 1
    lines = []
    for box in kept:
        indentation = " " * min(box.depth, _DEEPEST_INDENTATION)
        change = f" {box.total - box.total_before:+,}" if is_difference else ""
        lines.append(
            f"{100 * box.total / whole:6.2f}%{change} {indentation}{escape(one_line(box.name))}"
            f" · {count(box.total)} · {count(box.calls)}×"
        )
    return "\n".join(lines)
