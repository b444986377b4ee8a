"""`iaipy github`: what the jobs of a workflow on GitHub Actions run."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import check_reports, show_outcome
from iaipy.commands.progress import watching
from iaipy.config import Config
from iaipy.errors import ExitCode, IaipyError
from iaipy.github import check as checking
from iaipy.github import step
from iaipy.github.api import Api
from iaipy.github.comment import comment as put
from iaipy.github.packet import HEAD, REPORT, Packet, pack, packed, render
from iaipy.report import github as log
from iaipy.report import github_summary

PREFIX = "IAIPY_CHECK"
"""The options of `check` can be given in the environment as well, for scripts that must hold no input."""


@click.group()
def github() -> None:
    """Check a pull request on GitHub Actions, and comment on it."""


@github.command(context_settings={"auto_envvar_prefix": PREFIX})
@click.argument("targets", nargs=-1, metavar="[FILE[::BENCHMARK]]...", envvar=f"{PREFIX}_TARGETS")
@click.option(
    "--base", metavar="REVISION", default="", help="Compare with this one where no baseline can be used."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Put the runs and the report there, for `iaipy github comment`.",
)
@settings_options()
def check(targets: tuple[str, ...], base: str, output: Path | None, **options: object) -> ExitCode:
    """Measure, hold the run against the baseline or else the base revision, and report where GitHub shows it.

    Every option can be given in the environment too: IAIPY_CHECK_LIMIT for --limit, IAIPY_CHECK_TARGETS for
    the arguments, several values with spaces between them.
    """
    say = in_log if step.in_actions() else on_screen
    try:
        config = config_from(options)
        check_reports(config)
        with watching() as watcher:
            heard = replace(watcher, warned=partial(say, "warning")) if step.in_actions() else watcher
            outcome = checking.check(config, targets, Path.cwd(), base, heard, partial(say, "notice"))
    except IaipyError as error:
        said = f"{error.message}\n{error.remedy}".strip()
        say("error", said)
        _hand_on(Packet(None, None, "", said, {}), error.exit_code, output)
        return error.exit_code
    for trouble in outcome.troubles:
        say("error", f"{trouble.message}\n{trouble.remedy}".strip())
    code = show_outcome(replace(outcome, troubles=()), _reported(config))
    _hand_on(packed(config, outcome), code, output)
    return code


@github.command()
@click.option(
    "--artifact",
    default="iaipy-pull-request",
    show_default=True,
    metavar="NAME",
    help="What the job of the pull request has left.",
)
def comment(artifact: str) -> ExitCode:
    """Put the results of a pull request's run, which its artifact holds, into one comment on it.

    For a job that `workflow_run` sets off. The token in GITHUB_TOKEN must be allowed to read actions
    and to write pull requests.
    """
    api = Api(
        os.environ.get("GITHUB_API_URL", "https://api.github.com"),
        step.variable("GITHUB_REPOSITORY"),
        step.variable("GITHUB_TOKEN"),
    )
    addresses = put(api, step.event(), artifact)
    for address in addresses:
        click.echo(address)
    if not addresses:
        click.echo("no open pull request has this commit as its head: nothing to comment on")
    return ExitCode.OK


def in_log(level: str, text: str) -> None:
    """Say something in the log of a job, as an annotation."""
    click.echo(log.remark(level, "iaipy", text))


def on_screen(level: str, text: str) -> None:
    """Say something to a person."""
    click.echo(f"iaipy: {level}: {text}", err=True)


def _reported(config: Config) -> Config:
    """The same, with the report for the log of a job in place of the one for the screen."""
    if not step.in_actions():
        return config
    return replace(config, report=(("github", None), *(r for r in config.report if r != ("terminal", None))))


def _hand_on(packet: Packet, code: ExitCode, output: Path | None) -> None:
    """Give the results to the step's summary, to its outputs and to the folder."""
    step.add_summary(render(packet, github_summary.MOST_BYTES))
    outputs = {"status": checking.STATUS.get(code, "internal")}
    if output is not None:
        pack(packet, output)
        outputs["report-path"] = str((output / REPORT).absolute())
        outputs["json-path"] = str((output / HEAD).absolute()) if packet.head else ""
    step.set_outputs(outputs)
