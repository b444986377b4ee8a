"""The list of reporters."""

import pytest

from iaipy.errors import ExitCode, UsageError
from iaipy.model.comparison import Comparison
from iaipy.model.run import Run
from iaipy.report import REPORTERS, reporter


def test_formats_are_listed_under_their_names() -> None:
    """The list holds the nine formats, each under its own name."""
    of_github = {"github", "github-summary", "github-action-benchmark"}
    assert set(REPORTERS) == {"terminal", "json", "markdown", "iai", "bmf", "pytest-benchmark", *of_github}
    assert all(reporter(name).name == name for name in REPORTERS)


def test_unknown_format_names_the_nearest() -> None:
    """A misspelt format is refused with the right one named."""
    with pytest.raises(UsageError) as error:
        reporter("markdwon")
    assert error.value.exit_code == ExitCode.USAGE
    assert "did you mean markdown?" in error.value.remedy


@pytest.mark.parametrize("name", sorted(REPORTERS))
def test_rendering_writes_nothing(
    name: str, full_run: Run, compared: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reporter returns its text, ending in a newline, and prints nothing."""
    assert reporter(name).render(full_run, compared, color=True).endswith("\n")
    assert capsys.readouterr() == ("", "")
