"""`iaipy compare`: hold one stored run against another."""

import click

from iaipy import pipeline
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import check_reports, show_outcome
from iaipy.errors import ExitCode

_SETTINGS = (
    "limit",
    "hard_limit",
    "min_change",
    "fail_on_improvement",
    "allow_environment_change",
    "significance",
    "walltime_limit",
    "false_discovery_control",
    "gate_walltime",
    "storage",
    "report",
    "color",
)


@click.command()
@click.argument("base")
@click.argument("head", default="last")
@settings_options(*_SETTINGS)
def compare(base: str, head: str, **options: object) -> ExitCode:
    """Hold the stored run HEAD (by default `last`) against BASE; each is a baseline's name or a file."""
    config = config_from(options)
    check_reports(config)
    return show_outcome(pipeline.compare(config, base, head), config)
