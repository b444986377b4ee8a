"""`iaipy init`: what a project needs so that its pull requests are gated."""

import sys
from pathlib import Path

import click

from iaipy.errors import ExitCode, UsageError
from iaipy.starter import plan
from iaipy.starter.project import top, workflows
from iaipy.starter.workflow import Workflows

_SAYS = {"new": "wrote", "same": "left", "extended": "added to", "replaced": "replaced"}


@click.command()
@click.option("--force", "--yes", is_flag=True, help="Overwrite files that are there without asking.")
@click.option("--branch", metavar="NAME", default="", help="The branch that pull requests are merged into.")
@click.option("--iaipy", metavar="REQUIREMENT", default="", help="What the workflows install iaipy from.")
@click.option("--workflows/--no-workflows", "with_workflows", default=True, help="For GitHub Actions.")
def init(force: bool, branch: str, iaipy: str, with_workflows: bool) -> ExitCode:
    """Put a benchmark, the configuration and the workflows into the project in this folder."""
    root = Path.cwd()
    begin = top(root)
    if with_workflows and begin is not None and begin != root.resolve():
        raise UsageError(
            "GitHub reads workflows at the top of a repository only",
            f"cd {begin}; or leave them out with --no-workflows",
        )
    made = workflows(root, branch, iaipy) if with_workflows else None
    chosen = [
        file for file in plan.plan(root, made) if file.effect != "replaced" or _may_replace(file.name, force)
    ]
    plan.write(root, (file for file in chosen if file.effect != "same"))
    for file in chosen:
        click.echo(f"{_SAYS[file.effect]:<8}  {file.name}")
    click.echo(_next(made), nl=False)
    return ExitCode.OK


def _may_replace(name: str, force: bool) -> bool:
    """Whether a file of other content may be overwritten; asked before anything is written.

    Raises:
        UsageError: there is nobody to ask.
    """
    if force:
        return True
    if not _at_terminal():
        raise UsageError(
            f"{name} is there already, with other content; nothing was written",
            "pass --force to overwrite it, or move it away",
        )
    return click.confirm(f"{name} is there already. Overwrite it?")


def _at_terminal() -> bool:
    return bool(sys.stdin) and sys.stdin.isatty()


def _next(made: Workflows | None) -> str:
    steps = ["iaipy run shows what the benchmarks count; write your own in benchmarks/"]
    if made:
        steps.append(
            f"commit these files and push them to {made.branch}: from then on every pull request is compared "
            f"with its base, by {made.iaipy} on Python {made.python}"
        )
    return "\nNext:\n" + "".join(f"  {number}. {step}\n" for number, step in enumerate(steps, 1))
