"""`iaipy list`: what there is to run."""

from pathlib import Path

import click

from iaipy import suite
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import show_failure
from iaipy.errors import ExitCode

_SETTINGS = ("keyword", "tag", "benchmarks", "pattern", "env", "pass_env", "python")


@click.command("list")
@click.argument("targets", nargs=-1, metavar="[FILE[::BENCHMARK]]...")
@settings_options(*_SETTINGS)
def listing(targets: tuple[str, ...], **options: object) -> ExitCode:
    """List the benchmarks that `iaipy run` would measure, without measuring them."""
    config = config_from(options)
    collected = suite.collect(config, targets, Path.cwd())
    if not collected.benchmarks and not collected.failures:
        raise suite.nothing_found(config, targets)
    for benchmark in collected.benchmarks:
        tags = f"  [{', '.join(benchmark.tags)}]" if benchmark.tags else ""
        click.echo(f"{benchmark.id}{tags}")
    for failure in collected.failures:
        show_failure(failure)
    return ExitCode.BENCHMARK_FAILED if collected.failures else ExitCode.OK
