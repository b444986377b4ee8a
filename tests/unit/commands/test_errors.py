"""How an error is said on the command line."""

import pytest

from iaipy.commands.errors import show_error
from iaipy.errors import BenchmarkError


def test_a_remedy_of_several_lines_is_indented_as_a_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """A benchmark's own traceback keeps its shape below the sentence that it belongs to."""
    show_error(BenchmarkError("bench_a.py::f: raised ValueError: no", "Traceback:\n  in f\nValueError: no"))
    assert capsys.readouterr().err == (
        "iaipy: error: bench_a.py::f: raised ValueError: no\n  Traceback:\n    in f\n  ValueError: no\n"
    )
