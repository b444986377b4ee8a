"""How an error is said."""

from textwrap import indent

import click

from iaipy.errors import IaipyError


def show_error(error: IaipyError) -> None:
    """Print an error and what to do about it."""
    click.echo(f"{click.style('iaipy: error:', fg='red', bold=True)} {error.message}", err=True)
    if error.remedy:
        click.echo(indent(error.remedy, "  "), err=True)
