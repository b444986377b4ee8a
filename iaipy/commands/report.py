"""`iaipy report`: a stored run in any format, and kept as evidence."""

from pathlib import Path

import click

from iaipy import pipeline
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import check_reports, keep_evidence, show_outcome
from iaipy.errors import ExitCode

_SETTINGS = (
    "baseline",
    "limit",
    "hard_limit",
    "min_change",
    "allow_environment_change",
    "significance",
    "walltime_limit",
    "false_discovery_control",
    "storage",
    "report",
    "color",
)


@click.command()
@click.argument("run", default="last")
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write the Markdown report to FOLDER/baselines-YYYY-MM-DD.md; what is there already stays.",
)
@settings_options(*_SETTINGS)
def report(run: str, evidence: Path | None, **options: object) -> ExitCode:
    """Report the stored RUN (a baseline's name, a file, or by default `last`), without measuring."""
    config = config_from(options)
    check_reports(config)
    outcome = pipeline.stored(config, run)
    if evidence is not None:
        click.echo(keep_evidence(outcome, evidence))
        return ExitCode.OK
    show_outcome(outcome, config)
    return ExitCode.OK
