"""`iaipy run`: measure, compare, save, report."""

from pathlib import Path

import click

from iaipy import pipeline
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import check_reports, show_outcome
from iaipy.commands.progress import watching
from iaipy.errors import ExitCode, UsageError


@click.command()
@click.argument("targets", nargs=-1, metavar="[FILE[::BENCHMARK]]...")
@settings_options()
def run(targets: tuple[str, ...], **options: object) -> ExitCode:
    """Measure benchmarks, all of them or the TARGETS; compare with a baseline; save one."""
    config = config_from(options)
    for option, needed in (("with_profile", "save_baseline"), ("explain", "baseline")):
        if options[option] and not getattr(config, needed):
            flags = (f"--{name.replace('_', '-')}" for name in (option, needed))
            raise UsageError("{} needs {} NAME".format(*flags))
    check_reports(config)
    with watching() as watcher:
        outcome = pipeline.run(config, targets, Path.cwd(), watcher)
    return show_outcome(outcome, config)
