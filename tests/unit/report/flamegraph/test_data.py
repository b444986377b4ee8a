"""What the page's script reads."""

from __future__ import annotations

from iaipy.report.flamegraph.boxes import Box
from iaipy.report.flamegraph.data import data


def test_texts_stand_once() -> None:
    """Functions share the names of their module and their file, and boxes their functions."""
    boxes = [
        Box("main", "", 0, -1, 0),
        Box("app.C.f", "app.py", 3, 0, 1, own=10, calls=2, own_before=5, calls_before=1),
        Box("app.C.g", "app.py", 0, 1, 2),
        Box("app.C.f", "app.py", 3, 2, 3),
    ]
    assert data(boxes, is_difference=True) == {
        "difference": True,
        "texts": ["", "app.C", "app.py"],
        "functions": [(-1, "main", 0, 0), (1, "f", 2, 3), (1, "g", 2, 0)],
        "boxes": [[0, -1, 0, 0, 0, 0], [1, 0, 10, 2, 5, 1], [2, 1, 0, 0, 0, 0], [1, 2, 0, 0, 0, 0]],
    }


def test_names_with_odd_dots_come_back() -> None:
    """What begins with a dot is told from what has none, and line breaks are made visible."""
    boxes = [Box(name, "a\nb", 1, -1, 0) for name in (".f", "f", "g.")]
    found = data(boxes, is_difference=False)
    assert found["texts"] == ["", "a\\nb", "g"]
    assert found["functions"] == [(0, "f", 1, 1), (-1, "f", 1, 1), (2, "", 1, 1)]
