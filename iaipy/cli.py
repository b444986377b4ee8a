"""The `iaipy` command, and the one place where an error becomes an exit code."""

import contextlib
import os
import sys
import traceback

import click

from iaipy import __version__, interruption
from iaipy.commands import COMMANDS
from iaipy.commands.errors import show_error
from iaipy.errors import ExitCode, HostError, IaipyError


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
    Exit codes: 0 fine · 1 a regression, or a claim fails · 2 usage or configuration · 3 a benchmark failed ·
    4 the environment (valgrind missing, incompatible baseline) · 5 nothing to run or to compare with ·
    70 a mistake of iaipy's · 130 interrupted (143 by SIGTERM, 129 by SIGHUP) · 141 nobody reads the output
    """


for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run the command; every error of a person's ends in one message and its exit code."""
    interruption.watch()
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
        _silence()
        code = ExitCode.OUTPUT_CLOSED
    except OSError as error:
        _silence()
        show_error(HostError(f"the system refused something: {error}"))
        code = ExitCode.ENVIRONMENT
    except Exception:
        traceback.print_exc()
        click.echo("iaipy: this is a mistake of iaipy's; please report it with the lines above", err=True)
        code = ExitCode.INTERNAL
    if code == ExitCode.INTERRUPTED:
        code = interruption.exit_code(code)
    sys.exit(int(code or ExitCode.OK))


def _silence() -> None:
    """Let nothing more be written to standard output, not even at exit: nobody can take it."""
    with contextlib.suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
