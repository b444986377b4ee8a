"""`iaipy explain`: which functions explain a regression."""

from collections.abc import Iterable

import click

from iaipy import explaining, pipeline
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.progress import watching
from iaipy.errors import ExitCode, NothingToDoError
from iaipy.model.comparison import Comparison
from iaipy.model.difference import Explanation
from iaipy.report import explanations, functions
from iaipy.report import native as native_changes
from iaipy.report.plain import one_line
from iaipy.store import baselines

_SETTINGS = (
    "limit",
    "hard_limit",
    "min_change",
    "allow_environment_change",
    "storage",
    "cpu_profile",
    "env",
    "pass_env",
    "python",
    "valgrind",
    "timeout",
    "jobs",
)


_NATIVE_LINES = 12


@click.command()
@click.argument("baseline")
@click.argument("benchmarks", nargs=-1, metavar="[BENCHMARK]...")
@click.option("--native", is_flag=True, help="Say which C functions changed, without profiling anything.")
@settings_options(*_SETTINGS)
def explain(baseline: str, benchmarks: tuple[str, ...], native: bool, **options: object) -> ExitCode:
    """Say which functions explain what regressed in the last run since BASELINE, or these BENCHMARKs.

    They are profiled now, and held against the profiles that the baseline was saved with. With --native
    the answer comes from the two runs themselves.
    """
    config = config_from(options)
    outcome = pipeline.compare(config, baseline, baselines.LAST)
    ids = _chosen(outcome.comparison, benchmarks)
    if not ids:
        click.echo(f"Nothing regressed since {baseline}.")
        return ExitCode.OK
    base = baselines.load(config.storage, baseline)
    if native:
        by_native = explaining.by_native(base, outcome.run, ids)
        click.echo("\n".join(map(_native_text, by_native)), nl=False)
        return _code(each.native or None for each in by_native)
    with watching() as watcher:
        found = explaining.stored(config, baseline, base, outcome.run, ids, watcher)
    click.echo("\n".join(map(_text, found)), nl=False)
    return _code(each.difference for each in found)


def _code(answers: Iterable[object]) -> ExitCode:
    return ExitCode.OK if any(answer is not None for answer in answers) else ExitCode.NOTHING_TO_DO


def _native_text(explanation: Explanation) -> str:
    """What changed among C functions, and in which libraries."""
    found = explanation.native
    objects = native_changes.objects(found)
    told = [
        explanation.lacking,
        *native_changes.sentences(found, _NATIVE_LINES),
        f"By program and library: {objects}" if objects else "",
    ]
    return "".join(f"{line}\n" for line in (one_line(explanation.benchmark), *filter(None, told)))


def _chosen(comparison: Comparison, words: tuple[str, ...]) -> list[str]:
    """The ids that the words name, whole or by what is behind the file; without words, all that regressed.

    Raises:
        NothingToDoError: there is none of that name in both runs.
    """
    if not words:
        return [entry.id for entry in comparison.of("fail")]
    known = [entry.id for entry in comparison.entries if entry.changes and entry.status != "new"]
    chosen: list[str] = []
    for word in words:
        found = [id_ for id_ in known if word in (id_, id_.partition("::")[2])]
        if not found:
            raise NothingToDoError(
                f"no benchmark {word} is both in the last run and in the baseline {comparison.base_name}",
                "iaipy list shows what there is; run it first: iaipy run",
            )
        chosen += found
    return list(dict.fromkeys(chosen))


def _text(explanation: Explanation) -> str:
    """An explanation with its table of functions."""
    found = explanation.difference
    if found is not None:
        return functions.render(found.now, found) + "".join(
            f"{line}\n" for line in [explanation.lacking] if line
        )
    return "".join(
        f"{line}\n" for line in (one_line(explanation.benchmark), *explanations.lines(explanation))
    )
