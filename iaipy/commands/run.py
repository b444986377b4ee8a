"""`iaipy run`: measure, compare, save, report."""

import shlex
import sys
from pathlib import Path

import click

from iaipy import image, pipeline, process
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import check_reports, show_outcome
from iaipy.commands.progress import watching
from iaipy.config import Config
from iaipy.errors import ExitCode, HostError, UsageError

_IN_IMAGE, _PRINT = "--in-image", "--print-command"
_SUFFIXES = (".py", ".yaml", ".yml")
_ENGINE_FAILED = range(125, 128)


class _Remembering(click.Command):
    """A command that keeps the words it was given, to give them to another iaipy."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words, and keep them."""
        ctx.meta["words"] = tuple(args)
        return super().parse_args(ctx, args)


@click.command(cls=_Remembering)
@click.argument("targets", nargs=-1, metavar="[FILE[::BENCHMARK]]...")
@settings_options()
@click.option(
    _IN_IMAGE,
    "image_name",
    is_flag=False,
    flag_value=image.DEFAULT,
    metavar="[IMAGE]",
    help=f"Run in this image, by default {image.DEFAULT}, with docker or podman.",
)
@click.option(_PRINT, "print_command", is_flag=True, help="With --in-image: only show the command line.")
def run(
    targets: tuple[str, ...],
    image_name: str | None,
    print_command: bool,
    **options: object,
) -> ExitCode | int:
    """Measure benchmarks, all of them or the TARGETS; compare with a baseline; save one."""
    config = config_from(options)
    for option, needed in (("with_profile", "save_baseline"), ("explain", "baseline")):
        if options[option] and not getattr(config, needed):
            flags = (f"--{name.replace('_', '-')}" for name in (option, needed))
            raise UsageError("{} needs {} NAME".format(*flags))
    check_reports(config)
    if image_name is not None:
        return _in_image(
            image_name,
            config,
            _without_ours(click.get_current_context().meta["words"], image_name),
            print_command,
        )
    if print_command:
        raise UsageError(f"{_PRINT} shows what {_IN_IMAGE} runs, and that isn't there")
    with watching() as watcher:
        outcome = pipeline.run(config, targets, Path.cwd(), watcher)
    return show_outcome(outcome, config)


def _without_ours(words: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The words for the iaipy in the image.

    Raises:
        UsageError: a benchmark file was taken for the image's name.
    """
    if "::" in name or Path(name).suffix in _SUFFIXES:
        raise UsageError(
            f"{_IN_IMAGE} takes {name} for an image", f"write {_IN_IMAGE}={image.DEFAULT} in front of it"
        )
    kept = [word for word in words if word != _PRINT and not word.startswith(f"{_IN_IMAGE}=")]
    if _IN_IMAGE in kept:
        place = kept.index(_IN_IMAGE)
        # A name that follows is the option's value.
        del kept[place : place + (2 if kept[place + 1 : place + 2] == [name] else 1)]
    return tuple(kept)


def _in_image(name: str, config: Config, words: tuple[str, ...], print_command: bool) -> int:
    engine = image.find()
    command = image.command(engine, name, config, words, Path.cwd(), terminal=sys.stderr.isatty())
    if print_command:
        click.echo(shlex.join(command))
        return ExitCode.OK
    try:
        status = process.foreground(command)
    except OSError as error:
        raise HostError(f"{engine} can't be started: {error.strerror}") from error
    if status in _ENGINE_FAILED:
        raise HostError(
            f"{engine} could not run the image {name}; it says why above",
            f"build it in a clone of iaipy: {engine} build --tag {image.DEFAULT} .",
        )
    return status
