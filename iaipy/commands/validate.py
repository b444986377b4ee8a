"""`iaipy validate`: measure what claims name, and judge them."""

from pathlib import Path

import click

from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import show_reports, with_own_reports
from iaipy.commands.progress import watching
from iaipy.config import Config
from iaipy.errors import ExitCode
from iaipy.report.claims import FORMATS, words
from iaipy.validation import Validation
from iaipy.validation import validate as validate_claims

_SETTINGS = (
    "pattern",
    "repeats",
    "timeout",
    "jobs",
    "fork",
    "cpu_profile",
    "cache",
    "env",
    "pass_env",
    "valgrind",
    "python",
    "processes",
    "rounds",
    "warmup_time",
    "measurement_time",
    "time_budget",
    "layout",
    "significance",
    "allow_environment_change",
    "storage",
    "report",
    "color",
)


@click.command()
@click.argument("targets", nargs=-1, metavar="[SUITE[::CLAIM]]...")
@click.option(
    "--from",
    "stored",
    default="",
    metavar="RUN",
    help="Judge a stored run (a baseline's name, a file, or `last`) instead of measuring.",
)
@click.option("--strict", is_flag=True, help="Fail on a claim that is not shown, too.")
@settings_options(*_SETTINGS)
def validate(targets: tuple[str, ...], stored: str, strict: bool, **options: object) -> ExitCode:
    """Judge the claims of all suites, or the TARGETS, by measuring the benchmarks they name.

    \b
    Exit codes: 0 no claim fails · 1 one does · 2 a claim names what isn't there ·
    3 a benchmark could not be measured · 4 environments differ · 5 no claims
    """
    config = with_own_reports(config_from(options), options, FORMATS, "claims")
    with watching() as watcher:
        found = validate_claims(config, targets, Path.cwd(), watcher, stored=stored, strict=strict)
    _show(found, config)
    return found.exit_code


def _show(found: Validation, config: Config) -> None:
    """Print and write the reports."""
    show_reports(
        config,
        lambda name, color: FORMATS[name](found.run, found.findings, color=color),
        (words.summary(found.findings), words.failing_line(found.findings)),
    )
    if found.exit_code is ExitCode.INTERRUPTED:
        click.echo("iaipy: interrupted", err=True)
