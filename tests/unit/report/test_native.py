"""Changes of C functions as text."""

from iaipy.model.difference import NativeChange
from iaipy.model.run import OTHERS
from iaipy.report.native import objects, sentences

CHANGES = (
    NativeChange("_PyEval_EvalFrameDefault", "libpython3.13.so.1.0", 1000, 1800),
    NativeChange("scan\x1b", "", None, 190),
    NativeChange(OTHERS, "", 5, 15),
    NativeChange("free", "libc.so.6", 4, 3),
    NativeChange("gone", "libc.so.6", 50, None),
)


def test_sentences() -> None:
    """Each names the function and its library, and says how much of the change it is."""
    assert sentences(CHANGES, 9) == [
        "_PyEval_EvalFrameDefault in libpython3.13.so.1.0 +800 instructions (+80.0%), 84% of the change",
        "scan\\x1b +190 instructions (new among the costliest), 20% of the change",
        "all other functions together +10 instructions (+200.0%), 1% of the change",
        "gone in libc.so.6 -50 instructions (no longer among the costliest), -5% of the change",
    ]
    assert len(sentences(CHANGES, 1)) == 1


def test_objects() -> None:
    """Libraries in one line, those that changed most first; what isn't known isn't named."""
    assert objects(CHANGES) == "libpython3.13.so.1.0 +800; libc.so.6 -51"
    assert objects(CHANGES[1:3]) == ""
