"""`iaipy compare`: hold one stored run, or one revision, against another."""

from pathlib import Path

import click

from iaipy import pipeline
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import check_reports, show_outcome
from iaipy.commands.progress import watching
from iaipy.config import Config
from iaipy.errors import ExitCode
from iaipy.pipeline import Outcome
from iaipy.revisions.compare import Wish
from iaipy.revisions.compare import compare as compare_revisions

_SETTINGS = (
    "pattern",
    "keyword",
    "tag",
    "repeats",
    "timeout",
    "jobs",
    "fork",
    "cpu_profile",
    "cache",
    "env",
    "pass_env",
    "valgrind",
    "python",
    "mode",
    "processes",
    "rounds",
    "warmup_time",
    "measurement_time",
    "time_budget",
    "layout",
    "limit",
    "hard_limit",
    "min_change",
    "fail_on_improvement",
    "allow_environment_change",
    "significance",
    "walltime_limit",
    "false_discovery_control",
    "gate_walltime",
    "storage",
    "report",
    "color",
)
_SOURCES = ("head", "each")


@click.command()
@click.argument("words", nargs=-1, metavar="[BASE [HEAD] | FILE[::BENCHMARK]...]")
@click.option(
    "--base", "revision", metavar="REV", default="", help="Check out and measure this revision as the base."
)
@click.option(
    "--head",
    "head",
    metavar="REV",
    default="WORKTREE",
    show_default=True,
    help="With --base: the revision to hold against it; WORKTREE is the work tree as it is.",
)
@click.option(
    "--benchmarks-from",
    type=click.Choice(_SOURCES),
    default=_SOURCES[0],
    show_default=True,
    help="With --base: whether both sides are measured by the head's benchmarks, or each by its own.",
)
@click.option("--fresh", is_flag=True, help="With --base: build and count anew what is kept from before.")
@settings_options(*_SETTINGS)
def compare(
    words: tuple[str, ...], revision: str, head: str, benchmarks_from: str, fresh: bool, **options: object
) -> ExitCode:
    """Hold one stored run, or one revision, against another.

    Without --base, the stored run HEAD (by default `last`) against BASE; each is a baseline's name or a file.
    With it, two revisions, by all benchmarks or those of the FILEs; your work tree is left alone.
    """
    config = config_from(options)
    check_reports(config)
    if revision:
        wish = Wish(revision, "" if head == "WORKTREE" else head, benchmarks_from == "each", fresh)
        return show_outcome(_revisions(config, wish, words), config)
    if not 1 <= len(words) <= 2 or head != "WORKTREE":
        raise click.UsageError("name one or two stored runs, or a revision with --base")
    return show_outcome(pipeline.compare(config, words[0], words[1] if len(words) > 1 else "last"), config)


def _revisions(config: Config, wish: Wish, words: tuple[str, ...]) -> Outcome:
    with watching() as watcher:
        return compare_revisions(
            config,
            wish,
            words,
            Path.cwd(),
            watcher,
            lambda sentence: click.echo(f"iaipy: {sentence}", err=True),
        )
