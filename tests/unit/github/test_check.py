"""Which of the two a pull request is held against: the stored baseline, or the base revision."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iaipy.config import Config, load_config
from iaipy.errors import ExitCode, HostError, NothingToDoError, OtherEnvironmentError
from iaipy.github import check as module
from iaipy.measuring import Watcher
from iaipy.model.comparison import Comparison
from iaipy.pipeline import Outcome
from iaipy.store import baselines

from .conftest import run


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A project with a baseline."""
    (tmp_path / "iaipy.yaml").write_text("baseline: main\n")
    found = load_config(tmp_path, {})
    baselines.save(found.storage, "main", run(parse=1))
    return found


class Told:
    """Both ways of comparing, each noting that it was gone, and what was warned of."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stored: Exception | None = None) -> None:
        self.ways: list[str] = []
        self.warnings: list[str] = []

        def against_baseline(*given: Any) -> Outcome:
            self.ways.append("baseline")
            if stored:
                raise stored
            return Outcome(run(parse=1), Comparison("main"), ExitCode.OK)

        def against_revision(config: Config, wish: Any, *given: Any) -> Outcome:
            assert config.baseline is None
            self.ways.append(wish.base)
            return Outcome(run(parse=1), Comparison(wish.base), ExitCode.OK)

        monkeypatch.setattr("iaipy.github.check.pipeline.run", against_baseline)
        monkeypatch.setattr("iaipy.github.check.revisions.compare", against_revision)

    def check(self, config: Config, base: str) -> Outcome:
        """Run the check."""
        watcher = Watcher(warned=self.warnings.append)
        return module.check(config, (), config.root, base, watcher, lambda sentence: None)


OTHER = OtherEnvironmentError("the baseline main was made in a different environment")


def test_baseline_goes_first(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """A baseline that fits is used, and the revision is left alone."""
    told = Told(monkeypatch)
    told.check(config, "HEAD^1")
    assert (told.ways, told.warnings) == (["baseline"], [])


@pytest.mark.parametrize(
    ("change", "stored", "ways", "why"),
    [
        ({"baseline": "other"}, None, ["HEAD^1"], "there is no baseline other"),
        ({"baseline": None}, None, ["HEAD^1"], "no baseline is named"),
        ({}, OTHER, ["baseline", "HEAD^1"], "different environment"),
    ],
)
def test_revision_stands_in(
    change: dict[str, Any],
    stored: Exception | None,
    ways: list[str],
    why: str,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where there is no baseline, or one of another environment, that is said and the revision is used."""
    told = Told(monkeypatch, stored)
    told.check(replace(config, **change), "HEAD^1")
    assert told.ways == ways
    assert why in told.warnings[0]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda config: replace(config, baseline="other"), NothingToDoError),
        (lambda config: config, OtherEnvironmentError),
    ],
)
def test_neither_is_an_error(
    make: Callable[[Config], Config],
    kind: type[Exception],
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a revision to stand in, what is wrong with the baseline is the error."""
    with pytest.raises(kind):
        Told(monkeypatch, OTHER).check(make(config), "")


def test_other_errors_are_no_reason(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has nothing to do with the baseline is not tried again on the revision."""
    told = Told(monkeypatch, HostError("valgrind is missing"))
    with pytest.raises(HostError):
        told.check(config, "HEAD^1")
    assert told.ways == ["baseline"]
