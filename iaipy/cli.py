"""The `iaipy` command, and the one place where an error becomes an exit code."""

import os
import signal
import sys
from types import FrameType

import click

from iaipy import __version__
from iaipy.commands import COMMANDS
from iaipy.commands.errors import show_error
from iaipy.errors import ExitCode, IaipyError


class _ReaderGoneError(Exception):
    """Whoever read the output has gone."""


class _Group(click.Group):
    """The group, with a broken pipe told from a failure: click itself would exit with 1, a regression."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderGoneError from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="iaipy")
def cli() -> None:
    """Deterministic performance tests for Python: exact counts, baselines, a gate.

    \b
    Exit codes: 0 fine · 1 a counter regressed · 2 usage or configuration · 3 a benchmark failed ·
    4 the environment (valgrind missing, incompatible baseline) · 5 nothing to run or to compare with ·
    130 interrupted · 141 nobody reads the output
    """


for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run the command; every error of a person's ends in one message and its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = cli.main(prog_name="iaipy", standalone_mode=False)
    except IaipyError as error:
        show_error(error)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("iaipy: interrupted", err=True)
        code = ExitCode.INTERRUPTED
    except _ReaderGoneError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # nothing can be said, not even at exit
        code = ExitCode.OUTPUT_CLOSED
    sys.exit(int(code or ExitCode.OK))


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
