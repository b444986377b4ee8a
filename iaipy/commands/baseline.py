"""`iaipy baseline`: look after stored runs."""

from dataclasses import replace
from pathlib import Path

import click

from iaipy import pipeline
from iaipy.commands.options import config_from, settings_options
from iaipy.errors import ExitCode, HostError
from iaipy.report import reporter
from iaipy.store import baselines


def _storage(options: dict[str, object]) -> Path:
    return config_from(options).storage


@click.group()
def baseline() -> None:
    """List, show, delete, export and import baselines."""


@baseline.command("list")
@settings_options("storage")
def list_(**options: object) -> ExitCode:
    """List the baselines: name, time, commit, number of benchmarks."""
    storage = _storage(options)
    names = baselines.names(storage)
    for name in names:
        try:
            run = baselines.load(storage, name)
        except HostError as error:
            click.echo(f"{name:<20} damaged: {error.message}")
            continue
        click.echo(
            f"{name:<20} {run.created_utc}  {run.commit[:12] or '-':<12}  {len(run.benchmarks)} benchmarks, "
            f"{len(run.timings)} timings"
        )
    if not names:
        click.echo(f"no baselines in {storage}; iaipy run --save-baseline NAME saves one", err=True)
    return ExitCode.OK


@baseline.command()
@click.argument("name")
@settings_options("storage")
def show(name: str, **options: object) -> ExitCode:
    """Show the results of baseline NAME (or of `last`, or of a file) and where they were made."""
    outcome = pipeline.stored(replace(config_from(options), baseline=None), name)
    run = outcome.run
    click.echo(f"{name}: {run.created_utc}, commit {run.commit or 'unknown'}")
    for key, value in (*run.environment.fingerprint.items(), *run.machine.fingerprint.items()):
        click.echo(f"  {key + ':':<14} {value}")
    click.echo(reporter("terminal").render(run, outcome.comparison), nl=False)
    return ExitCode.OK


@baseline.command()
@click.argument("name")
@settings_options("storage")
def delete(name: str, **options: object) -> ExitCode:
    """Delete baseline NAME."""
    baselines.delete(_storage(options), name)
    return ExitCode.OK


@baseline.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@settings_options("storage")
def export(name: str, file: Path, **options: object) -> ExitCode:
    """Write baseline NAME to FILE."""
    click.echo(baselines.export(_storage(options), name, file))
    return ExitCode.OK


@baseline.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@settings_options("storage")
def import_(name: str, file: Path, **options: object) -> ExitCode:
    """Take FILE in as baseline NAME."""
    click.echo(baselines.import_(_storage(options), name, file))
    return ExitCode.OK
