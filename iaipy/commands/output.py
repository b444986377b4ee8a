"""Reports on their way to the screen and to files."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import click

from iaipy import values
from iaipy.commands.errors import show_error
from iaipy.config import Config
from iaipy.errors import ExitCode, HostError
from iaipy.model.comparison import Comparison
from iaipy.model.run import Failure
from iaipy.pipeline import Outcome
from iaipy.report import reporter, words
from iaipy.store.files import is_special
from iaipy.timing import measure_time

_SUMMARY, _WORKSPACE = "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"
_FOR_GITHUB = "github"


def check_reports(config: Config) -> None:
    """See that every wanted report can be made, before anything is measured.

    Raises:
        UsageError: there is no such format.
        HostError: the folder of a report's file doesn't exist.
    """
    for name, path in config.report:
        reporter(name)
        check_folder(path)


def with_own_reports(
    config: Config, options: Mapping[str, object], formats: Collection[str], what: str
) -> Config:
    """The configuration with the reports asked for here; those in its file are of `iaipy run`.

    Parameters:
        options: of the command, `report` among them; without any it is `terminal`.
        formats: those that the command has.
        what: it reports on, in messages.

    Raises:
        UsageError: there is no such format.
        HostError: the folder of a report's file doesn't exist.
    """
    if not options["report"]:
        return replace(config, report=(("terminal", None),))
    for name, path in config.report:
        values.require_known([name], list(formats), "--report", f"format for {what}")
        check_folder(path)
    return config


def check_folder(path: Path | None) -> None:
    """See that a report's file, if it goes to one, has a folder to lie in.

    Raises:
        HostError: it doesn't exist, or nothing can be written there, as on a read-only mount.
    """
    if path is None:
        return
    if not path.parent.is_dir():
        raise HostError(f"the folder of the report {path} does not exist", f"mkdir -p {path.parent}")
    if not any(os.access(place, os.W_OK) for place in (path.parent, path)):
        raise HostError(f"the report {path} can't be written there", "name a folder that this user may write")


def show_reports(config: Config, render: Callable[[str, bool], str], said: Sequence[str] = ()) -> None:
    """Print and write the wanted reports.

    Parameters:
        render: makes the text of a format, by its name and whether it is coloured.
        said: lines for standard error where the screen shows no report.
    """
    for name, path in config.report:
        color = path is None and _colored(config)
        with measure_time(f"iaipy.report.{name}"):
            text = render(name, color)
        if path is None:
            click.echo(text, nl=False, color=color)
        else:
            write(path, text)
    if all(path is not None for _, path in config.report):
        click.echo("\n".join(line for line in said if line), err=True)


def show_outcome(outcome: Outcome, config: Config) -> ExitCode:
    """Print and write the wanted reports, then what else is to be said; the exit code."""
    show_reports(
        config,
        lambda name, color: reporter(name).render(
            outcome.run,
            _from_workspace(outcome.comparison, config.root) if name == _FOR_GITHUB else outcome.comparison,
            color=color,
        ),
        (words.summary(outcome.comparison), words.regressed_line(outcome.comparison)),
    )
    if outcome.exit_code is ExitCode.INTERRUPTED:
        click.echo("iaipy: interrupted", err=True)
    if outcome.saved is not None:
        click.echo(f"Saved as baseline {config.save_baseline}: {_shown(outcome.saved)}", err=True)
    for trouble in outcome.troubles:
        show_error(trouble)
    return outcome.exit_code


def _from_workspace(comparison: Comparison, root: Path) -> Comparison:
    """The comparison with paths as GitHub Actions wants them, from the root of the repository."""
    workspace = os.environ.get(_WORKSPACE, "")
    if not workspace or not root.resolve().is_relative_to(Path(workspace).resolve()):
        return comparison
    folder = root.resolve().relative_to(Path(workspace).resolve())

    def placed(path: str) -> str:
        return (folder / path).as_posix() if path else ""

    return replace(
        comparison,
        entries=tuple(replace(entry, path=placed(entry.path)) for entry in comparison.entries),
        timings=tuple(replace(entry, path=placed(entry.path)) for entry in comparison.timings),
    )


def show_failure(failure: Failure) -> None:
    """Print a failure and its details."""
    click.echo(f"{failure.id}: {failure.reason}", err=True)
    for line in failure.details.splitlines():
        click.echo(f"    {line}", err=True)


def keep_evidence(outcome: Outcome, folder: Path) -> Path:
    """Write the Markdown report under the run's date, beside what other runs have left there.

    Raises:
        HostError: it can't be written.
    """
    text = reporter("markdown").render(outcome.run, outcome.comparison)
    day = outcome.run.created_utc[:10]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in count(1):
            path = folder / (f"baselines-{day}.md" if number == 1 else f"baselines-{day}-{number}.md")
            with contextlib.suppress(FileExistsError):
                path.touch(exist_ok=False)
                break
        try:
            path.write_text(text, encoding="utf-8")
        except OSError:
            path.unlink()
            raise
    except OSError as error:
        raise HostError(f"the evidence can't be kept in {folder}: {error.strerror}") from error
    return path


def write(path: Path, text: str) -> None:
    """Write a report's file, whole or not at all; the summary of a GitHub Actions step is added to.

    Raises:
        HostError: it can't be written.
    """
    try:
        if str(path) == os.environ.get(_SUMMARY):  # what the step has said before stays
            with path.open("a", encoding="utf-8") as summary:
                summary.write(text)
            return
        if is_special(path):
            path.write_text(text, encoding="utf-8")
            return
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            try:
                file.write(text)
                file.flush()
                os.fchmod(file.fileno(), 0o666 & ~_umask())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()
                raise
    except OSError as error:
        raise HostError(f"the report {path} can't be written: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _colored(config: Config) -> bool:
    if config.color == "auto":
        return bool(sys.stdout) and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return config.color == "always"


def _shown(path: Path) -> Path:
    """The path from here, where that is shorter."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
