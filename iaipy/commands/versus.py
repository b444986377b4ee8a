"""`iaipy versus`: two benchmarks, or two interpreters, timed in alternation."""

from pathlib import Path

import click

from iaipy.commands.options import config_from, settings_options
from iaipy.commands.progress import watching
from iaipy.errors import ExitCode
from iaipy.report import contest
from iaipy.versus import versus as time_both

_SETTINGS = (
    "processes",
    "rounds",
    "warmup_time",
    "measurement_time",
    "time_budget",
    "layout",
    "significance",
    "walltime_limit",
    "env",
    "pass_env",
    "timeout",
)


@click.command()
@click.argument("base", metavar="FILE::BENCHMARK")
@click.argument("head", metavar="[FILE::BENCHMARK]", default="")
@click.option("--base-python", metavar="PATH", default="", help="The interpreter for the first side.")
@click.option("--head-python", metavar="PATH", default="", help="The interpreter for the second side.")
@settings_options(*_SETTINGS)
def versus(base: str, head: str, base_python: str, head_python: str, **options: object) -> ExitCode:
    """Time two benchmarks, or one under two interpreters, in alternation, and compare them.

    The second is held against the first.
    """
    config = config_from(options)
    with watching() as watcher:
        found = time_both(config, (base, head or base), (base_python, head_python), Path.cwd(), watcher)
    click.echo(contest.render(found.base, found.head, found.judgement, *found.summaries), nl=False)
    return ExitCode.OK
