"""What the pytest under valgrind is told of the host's command line."""

from __future__ import annotations

import pytest

from iaipy.pytest_plugin.guests import without_hosts_own


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["tests", "--iaipy", "-k", "parse"], ["tests", "--iaipy", "-k", "parse"]),
        (["--iaipy", "--iaipy-save-baseline", "main", "tests"], ["--iaipy", "tests"]),
        (["--iaipy-save-baseline=main", "tests"], ["tests"]),
        (["--iaipy-allow-failures", "tests"], ["tests"]),
        (["-n", "2", "-n2", "-nauto", "--numprocesses=2", "--numprocesses", "2", "tests"], ["tests"]),
        (["-no", "-x", "--iaipy-limit"], ["-no", "-x"]),
        ([], []),
    ],
)
def test_only_the_hosts_own_options_are_left_out(words: list[str], expected: list[str]) -> None:
    """What says how the host saves, compares and shares out is left out, with its value; all else stays."""
    assert without_hosts_own(words) == expected
