"""What changed among C functions."""

from iaipy.compare.native import by_object, changes
from iaipy.model.difference import NativeChange
from iaipy.model.run import OTHERS

BEFORE = {"libpython.so": {"eval": 100, "dealloc": 50}, "libc.so": {"malloc": 10}, "": {OTHERS: 5}}


def test_the_largest_change_comes_first() -> None:
    """Functions that one run doesn't tell apart are told as such; unchanged ones aren't there."""
    now = {"libpython.so": {"eval": 300, "dealloc": 50}, "_json.so": {"scan": 70}, "": {OTHERS: 4}}
    found = changes(BEFORE, now)
    assert found == (
        NativeChange("eval", "libpython.so", 100, 300),
        NativeChange("scan", "_json.so", None, 70),
        NativeChange("malloc", "libc.so", 10, None),
        NativeChange(OTHERS, "", 5, 4),
    )
    assert by_object(found) == [("libpython.so", 200), ("_json.so", 70), ("libc.so", -10)]


def test_an_improvement_is_ranked_the_other_way_round() -> None:
    """What saved most comes first."""
    now = {"libpython.so": {"eval": 20, "dealloc": 60}, "libc.so": {"malloc": 10}, "": {OTHERS: 5}}
    assert [change.function for change in changes(BEFORE, now)] == ["eval", "dealloc"]


def test_nothing_changed() -> None:
    """Equal counts are no change."""
    assert changes(BEFORE, BEFORE) == ()
