"""The check of a pull request: against the stored baseline, or else against its base revision."""

from collections.abc import Sequence
from pathlib import Path

from iaipy import pipeline
from iaipy.config import Config
from iaipy.errors import ExitCode, NothingToDoError
from iaipy.measuring import Watcher
from iaipy.pipeline import Outcome
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


def check(config: Config, words: Sequence[str], start: Path, watcher: Watcher) -> Outcome:
    """Measure what was asked for, and hold it against the baseline.

    Raises:
        NothingToDoError: there is no baseline, or nothing to measure.
        IaipyError: as `pipeline.run` raises.
    """
    if not config.baseline or config.baseline not in baselines.names(config.storage):
        name = f"baseline {config.baseline} here" if config.baseline else "baseline named"
        raise NothingToDoError(
            f"there is no {name}, so there is nothing to compare with",
            "save the baseline on the main branch and restore it here",
        )
    return pipeline.run(config, words, start, watcher)
