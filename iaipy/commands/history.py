"""`iaipy history`: keep runs, and see how benchmarks went over many of them."""

from collections.abc import Sequence

import click

from iaipy.collect import select
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import _colored
from iaipy.errors import ExitCode, NothingToDoError
from iaipy.limits import parse_ratio
from iaipy.model.history import TIME, Trend
from iaipy.report import trend
from iaipy.store import baselines
from iaipy.store import history as store

_OVERVIEW = ("instructions", TIME)
"""What is shown of each benchmark where none was asked for."""


@click.group()
def history() -> None:
    """Keep runs, and see how benchmarks went over many of them."""


@history.command()
@click.argument("run", default=baselines.LAST)
@settings_options("storage")
def add(run: str, **options: object) -> ExitCode:
    """Add RUN (a file, a baseline's name, or by default `last`) to the history."""
    from iaipy.compare import trends  # numpy takes longer to import than all of iaipy

    storage = config_from(options).storage
    name, found = baselines.find(storage, run)
    if not found.benchmarks and not found.timings:
        raise NothingToDoError(f"the run {name} has no results to add to the history")
    click.echo(store.add(storage, trends.record(found)))
    return ExitCode.OK


@history.command()
@click.argument("wanted", metavar="[ID]", default="")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(trend.FORMATS)),
    default="terminal",
    help="A text with a sparkline for each figure, or Markdown tables.",
)
@click.option(
    "--least",
    default="0%",
    metavar="RATIO",
    help="Leave out steps of counts up to this size; of times, --walltime-limit says it.",
)
@settings_options("storage", "significance", "walltime_limit", "color")
def show(wanted: str, form: str, least: str, **options: object) -> ExitCode:
    """Show how benchmarks went and where they changed: all of them in short, or those that fit ID in full.

    ID is a benchmark's, or an expression as of `iaipy run -k`.
    """
    from iaipy.compare import trends  # numpy takes longer to import than all of iaipy

    config = config_from(options)
    least_count = parse_ratio(least, "--least")
    records = store.load(config.storage)
    found = trends.trends(
        records, alpha=config.significance, least_time=config.walltime_limit, least_count=least_count
    )
    if not found:
        raise NothingToDoError(
            f"there is no history in {config.storage} yet", "iaipy history add keeps the last run in it"
        )
    chosen = _fitting(found, wanted)
    click.echo(trend.FORMATS[form](chosen, color=_colored(config)), nl=False, color=_colored(config))
    return ExitCode.OK


def _fitting(found: Sequence[Trend], wanted: str) -> list[Trend]:
    """The trends to show.

    Raises:
        NothingToDoError: no benchmark in the history fits.
        UsageError: the expression is malformed.
    """
    if not wanted:
        return [each for each in found if each.measure in _OVERVIEW]
    chosen = [each for each in found if each.id == wanted]
    chosen = chosen or [each for each in found if select.matches(wanted, each.id)]
    if not chosen:
        raise NothingToDoError(
            f"no benchmark in the history fits {wanted!r}", "iaipy history show names those it holds"
        )
    return chosen
