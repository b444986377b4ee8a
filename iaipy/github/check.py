"""The check of a pull request: against the stored baseline, or else against its base revision."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from iaipy import pipeline
from iaipy.config import Config
from iaipy.errors import ExitCode, NothingToDoError, OtherEnvironmentError
from iaipy.measuring import Watcher
from iaipy.pipeline import Outcome
from iaipy.revisions import compare as revisions
from iaipy.store import baselines

STATUS = {
    ExitCode.OK: "pass",
    ExitCode.REGRESSION: "regression",
    ExitCode.USAGE: "usage",
    ExitCode.BENCHMARK_FAILED: "failed",
    ExitCode.ENVIRONMENT: "environment",
    ExitCode.NOTHING_TO_DO: "nothing",
    ExitCode.INTERRUPTED: "interrupted",
}
"""The exit codes as one word, for workflows."""


def check(
    config: Config,
    words: Sequence[str],
    start: Path,
    base: str,
    watcher: Watcher,
    told: Callable[[str], None],
) -> Outcome:
    """Measure what was asked for, and hold it against the baseline, or else against a revision.

    Parameters:
        base: the revision; "" for none.
        told: hears what the sides of a comparison of revisions are, one sentence each.

    Raises:
        NothingToDoError: there is neither a baseline that fits nor a revision to compare with.
        IaipyError: as `pipeline.run` and `revisions.compare` raise.
    """
    name = config.baseline or ""
    why = f"there is no baseline {name} here" if name else "no baseline is named"
    if name in baselines.names(config.storage):
        try:
            return pipeline.run(config, words, start, watcher)
        except OtherEnvironmentError as error:
            if not base:
                raise
            why = error.message
    if not base:
        raise NothingToDoError(
            f"{why}, and no base revision either, so there is nothing to compare with",
            "save the baseline on the main branch and restore it here, or name the base with --base",
        )
    watcher.warned(f"{why}\nso the revision {base} is measured as well, which takes longer")
    wish = revisions.Wish(base)
    return revisions.compare(replace(config, baseline=None), wish, words, start, watcher, told)
