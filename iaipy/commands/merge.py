"""`iaipy merge`: put the shards of a run together."""

from pathlib import Path

import click

from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import write
from iaipy.errors import ExitCode, HostError
from iaipy.store import baselines, document, merging


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the run to this file instead of standard output.",
)
@click.option("--partial", is_flag=True, help="Merge the shards that are there, although some are missing.")
@settings_options("storage")
def merge(runs: tuple[str, ...], output: Path | None, partial: bool, **options: object) -> ExitCode:
    """Put RUNs, the shards of one run, together; each is a file or a baseline's name.

    They must be of one commit and one environment, no benchmark may be in two of them, and no shard may be
    missing.
    """
    storage = config_from(options).storage
    text = document.dumps(merging.merge([baselines.find(storage, run) for run in runs], partial=partial))
    if output is None:
        click.echo(text, nl=False)
        return ExitCode.OK
    if not output.parent.is_dir():
        raise HostError(f"the folder of {output} does not exist", f"mkdir -p {output.parent}")
    write(output, text)
    click.echo(output)
    return ExitCode.OK
