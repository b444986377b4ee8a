"""`iaipy profile`: where one benchmark's instructions go, and what changed."""

from pathlib import Path

import click

from iaipy import profiling
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import show_reports, with_own_reports
from iaipy.commands.progress import watching
from iaipy.errors import ExitCode
from iaipy.profile.difference import difference
from iaipy.report.profiles import FORMATS

_SETTINGS = ("cpu_profile", "env", "pass_env", "python", "valgrind", "timeout", "storage", "report", "color")


@click.command()
@click.argument("benchmark", metavar="FILE::BENCHMARK")
@click.option(
    "--diff",
    metavar="NAME",
    default="",
    help="Show what changed since the profile of this baseline, or in this file (json).",
)
@click.option("--native", is_flag=True, help="Give C functions frames of their own.")
@settings_options(*_SETTINGS)
def profile(benchmark: str, diff: str, native: bool, **options: object) -> ExitCode:
    """Show which functions a benchmark's instructions go to, Python functions by name from 3.12 on.

    The formats of its --report are terminal, flamegraph, speedscope, folded, callgrind and json.
    """
    config = with_own_reports(config_from(options), options, FORMATS, "profiles")
    earlier = profiling.earlier(config, diff) if diff else None
    with watching() as watcher:
        found = profiling.profile(config, benchmark, Path.cwd(), watcher, native=native)
    changed = None
    if earlier is not None:
        before = earlier(found.benchmark)
        profiling.require_alike(before, found)
        changed = difference(before, found)
    show_reports(config, lambda name, color: FORMATS[name](found, changed, color=color))
    return ExitCode.OK
