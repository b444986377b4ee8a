"""`iaipy profile`: where one benchmark's instructions go, and what changed."""

from pathlib import Path

import click

from iaipy import profiling
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import check_folder, write
from iaipy.commands.progress import watching
from iaipy.errors import ExitCode, UsageError
from iaipy.profile.difference import difference
from iaipy.report import profiles

_SETTINGS = ("cpu_profile", "env", "pass_env", "python", "valgrind", "timeout")

Report = tuple[profiles.Format, Path | None]


@click.command()
@click.argument("benchmark", metavar="FILE::BENCHMARK")
@click.option(
    "--report",
    "reports",
    metavar="FORMAT[:PATH]",
    multiple=True,
    help=f"Write the profile in this format, to a file if one is named: {', '.join(profiles.FORMATS)}.",
)
@click.option("--diff", metavar="PATH", default="", help="Show what changed since this profile (json).")
@click.option("--native", is_flag=True, help="Give C functions frames of their own.")
@settings_options(*_SETTINGS)
def profile(benchmark: str, reports: tuple[str, ...], diff: str, native: bool, **options: object) -> ExitCode:
    """Show which functions a benchmark's instructions go to, Python functions by name from 3.12 on."""
    wanted = [_report(word) for word in reports] or [(profiles.form("terminal"), None)]
    before = profiling.load(Path(diff)) if diff else None
    config = config_from(options)
    with watching() as watcher:
        found = profiling.profile(config, benchmark, Path.cwd(), watcher, native=native)
    changed = None
    if before is not None:
        profiling.require_alike(before, found)
        changed = difference(before, found)
    for form, path in wanted:
        text = form.render(found, changed)
        if path is None:
            click.echo(text, nl=False)
        else:
            write(path, text)
    return ExitCode.OK


def _report(word: str) -> Report:
    """What `--report` asks for.

    Raises:
        UsageError: there is no such format.
        HostError: the folder of its file doesn't exist.
    """
    name, colon, path = word.partition(":")
    if colon and not path:
        raise UsageError(f"--report must be of the form FORMAT or FORMAT:PATH, not {word!r}")
    check_folder(Path(path) if path else None)
    return profiles.form(name), Path(path) if colon else None
