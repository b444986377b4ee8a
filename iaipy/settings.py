"""What can be configured: `SETTINGS` is the table behind the file's keys and the options of `iaipy run`."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from iaipy import values
from iaipy.durations import parse_duration
from iaipy.errors import UsageError
from iaipy.limits import parse_hard_limits, parse_limits, parse_ratio
from iaipy.model.benchmark import MODES
from iaipy.model.comparison import DEFAULT_LIMIT, DEFAULT_MIN_CHANGE
from iaipy.model.timing import LEAST_ALPHA

CPU_PROFILES = ("avx2", "any")
LAYOUTS = ("random", "pinned")
COLORS = ("auto", "always", "never")

_CACHES = ("I1", "D1", "LL")
_GEOMETRY = re.compile(r"(\d{1,10}),(\d{1,10}),(\d{1,10})", re.ASCII)
_SHARD = re.compile(r"(\d{1,4})/(\d{1,4})", re.ASCII)
_SMALLEST_LINE, _LARGEST_CACHE = 16, 1 << 30
_MOST_JOBS = 1024
_MOST_SHARDS = 1000


@dataclass(frozen=True)
class Setting:
    """One key of the configuration file, and the option of the same meaning.

    Parameters:
        key: its name in the file and in the overrides of `load_config`; dashes may stand for underscores.
        parse: makes the value of what was given; called with that and with what names it in errors.
        default: as it would stand in a file; None where the setting has no value unless given.
        help: what the option's help says.
        flags: of the option, as click takes them; none where the command line has arguments instead.
        metavar: what the option's help shows for a value.
        is_flag: the option takes no value. It must be None where it is not given, because False is given.
        multiple: the option can be repeated; its values come as a tuple.
        field: of Config; the key where it is empty.
        place: makes a parsed path start from a folder: the root, or for an option the current one.
    """

    key: str
    parse: Callable[[object, str], Any]
    default: object
    help: str
    flags: tuple[str, ...] = ()
    metavar: str = ""
    is_flag: bool = False
    multiple: bool = False
    field: str = ""
    place: Callable[[Any, Path], Any] | None = None

    @property
    def target(self) -> str:
        """The field of Config that it fills."""
        return self.field or self.key

    @property
    def option(self) -> str:
        """How errors call the option: its last flag, `--jobs`, or the key where it has none."""
        return self.flags[-1].partition("/")[0] if self.flags else self.key


def _one_of(choices: tuple[str, ...], given: object, where: str) -> str:
    if given not in choices:
        raise values.wrong(where, f"{', '.join(choices[:-1])} or {choices[-1]}", given)
    return str(given)


def _shard(given: object, where: str) -> tuple[int, int]:
    match = _SHARD.fullmatch(given) if isinstance(given, str) else None
    number, total = map(int, match.groups()) if match else (0, 0)
    if not 1 <= number <= total <= _MOST_SHARDS:
        wanted = f"of the form N/TOTAL, such as 2/4, with at most {_MOST_SHARDS} in all"
        raise values.wrong(where, wanted, given)
    return number, total


def _jobs(given: object, where: str) -> int:
    if given == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        return values.whole(given, where, 1, _MOST_JOBS)
    except UsageError:
        raise values.wrong(where, f"auto, or a whole number from 1 to {_MOST_JOBS}", given) from None


def _probability(given: object, where: str) -> float:
    ratio = parse_ratio(given, where)
    if not LEAST_ALPHA <= ratio < 1:
        raise values.wrong(where, f"at least {LEAST_ALPHA:.4%} and below 100%", given)
    return ratio


def _cache(given: object, where: str) -> dict[str, str]:
    items = values.pairs(given, where, "NAME=SIZE,ASSOCIATIVITY,LINE")
    values.require_known(items, _CACHES, where, "cache")
    return {name: _geometry(geometry, f"{where}: {name}") for name, geometry in items.items()}


def _geometry(given: object, where: str) -> str:
    """A cache as cachegrind can simulate it: it refuses all others, or crashes."""
    match = _GEOMETRY.fullmatch(given.replace(" ", "")) if isinstance(given, str) else None
    if match is None:
        raise values.wrong(where, 'of the form "size,associativity,line size", as in "32768,8,64"', given)
    size, ways, line = map(int, match.groups())
    sets = size // (ways * line) if ways and line else 0
    of_sets = "have a number of sets, size / (associativity * line size), that is a power of two"
    for holds, demand in (
        (min(size, ways, line) > 0, "be above 0"),
        (not line & (line - 1), "have a line size that is a power of two"),
        (line >= _SMALLEST_LINE, f"have a line size of at least {_SMALLEST_LINE}"),
        (line < size <= _LARGEST_CACHE, f"have a size above its line size and at most {_LARGEST_CACHE}"),
        (sets and sets * ways * line == size and not sets & (sets - 1), of_sets),
    ):
        if not holds:
            raise UsageError(f"{where} must {demand}, unlike {values.shown(given)}")
    return f"{size},{ways},{line}"


def _names_of_variables(given: object, where: str) -> tuple[str, ...]:
    return tuple(values.variable(name, where) for name in values.texts(given, where))


def _reports(given: object, where: str) -> tuple[tuple[str, str | None], ...]:
    split = [item.partition(":") for item in values.texts(given, where)]
    for form, colon, path in split:
        if not form or (colon and not path):
            raise values.wrong(where, "of the form FORMAT or FORMAT:PATH", f"{form}:{path}")
    return tuple((form, path if colon else None) for form, colon, path in split)


def _place_reports(
    reports: tuple[tuple[str, str | None], ...], folder: Path
) -> tuple[tuple[str, Path | None], ...]:
    return tuple((form, None if path is None else folder / path) for form, path in reports)


def _place_folder(name: str, folder: Path) -> Path:
    return folder / name


def _place_program(name: str, folder: Path) -> str:
    """A path is placed; a name stays, to be looked for on PATH."""
    return str(folder / name) if "/" in name else name


_flag = partial(Setting, parse=values.boolean, default=False, is_flag=True)

SETTINGS: tuple[Setting, ...] = (
    Setting("benchmarks", values.texts, ("benchmarks",), "Files or folders with benchmarks."),
    Setting(
        "pattern",
        values.texts,
        ("bench_*.py", "bench_*.yaml", "bench_*.yml"),
        "Names of the files in a folder that hold benchmarks.",
        ("--pattern",),
        "GLOB",
        multiple=True,
    ),
    Setting(
        "keyword",
        values.text,
        "",
        "Only benchmarks whose id fits: words joined by and, or, not and parentheses.",
        ("-k", "--keyword"),
        "EXPRESSION",
    ),
    Setting(
        "tag",
        values.texts,
        (),
        "Only benchmarks with this tag, or one of these.",
        ("--tag",),
        "TAG",
        multiple=True,
    ),
    Setting(
        "shard",
        _shard,
        None,
        "Only the benchmarks of this shard, of so many; the costs in the baseline decide which these are.",
        ("--shard",),
        "N/TOTAL",
    ),
    Setting(
        "repeats",
        partial(values.whole, least=1),
        2,
        "Separate measurements of each benchmark, which must agree.",
        ("--repeats",),
        "N",
    ),
    Setting(
        "timeout",
        parse_duration,
        300,
        "What one measurement may take: seconds, 90s, 2m, 500ms.",
        ("--timeout",),
        "DURATION",
        field="timeout_s",
    ),
    Setting(
        "jobs",
        _jobs,
        "auto",
        "Measurements at once; auto is one per CPU. Counts are the same for every N.",
        ("-j", "--jobs"),
        "N|auto",
    ),
    Setting(
        "fork",
        values.boolean,
        True,
        "Measure functions in forks of a process that has imported their file, or each in a fresh process.",
        ("--fork/--no-fork",),
        is_flag=True,
    ),
    Setting(
        "cpu_profile",
        partial(_one_of, CPU_PROFILES),
        "avx2",
        "The CPUs among which counts are equal: those with AVX2, or any.",
        ("--cpu-profile",),
        "|".join(CPU_PROFILES),
    ),
    Setting(
        "cache",
        _cache,
        {"I1": "32768,8,64", "D1": "32768,8,64", "LL": "8388608,16,64"},
        "Geometry of a simulated cache (I1, D1 or LL), in bytes.",
        ("--cache",),
        "NAME=SIZE,ASSOCIATIVITY,LINE",
        multiple=True,
    ),
    Setting(
        "env",
        values.variables,
        {},
        "Set a variable in the environment that benchmarks run in.",
        ("--env",),
        "NAME=VALUE",
        multiple=True,
    ),
    Setting(
        "pass_env",
        _names_of_variables,
        (),
        "Let benchmarks see this variable of the environment outside.",
        ("--pass-env",),
        "NAME",
        multiple=True,
    ),
    Setting(
        "valgrind",
        values.filled,
        "valgrind",
        "The valgrind to use.",
        ("--valgrind",),
        "PATH",
        place=_place_program,
    ),
    Setting(
        "python",
        values.text,
        "",
        "The interpreter that benchmarks run in; by default the one that runs iaipy.",
        ("--python",),
        "PATH",
        place=_place_program,
    ),
    Setting(
        "mode",
        partial(_one_of, (*MODES, "all")),
        "all",
        "What to measure: instructions, walltime, or all that each benchmark is declared for.",
        ("--mode",),
        "|".join((*MODES, "all")),
    ),
    Setting(
        "processes",
        values.processes,
        10,
        "Wall-clock: fresh processes for each benchmark, the unit of replication.",
        ("--processes",),
        "N",
    ),
    Setting(
        "rounds",
        values.rounds,
        None,
        "Wall-clock: samples in each process; by default as many as the time allows, 100 in all at least.",
        ("--rounds",),
        "N",
    ),
    Setting(
        "warmup_time",
        parse_duration,
        "300ms",
        "Wall-clock: warm-up of each process.",
        ("--warmup-time",),
        "DURATION",
        field="warmup_time_s",
    ),
    Setting(
        "measurement_time",
        parse_duration,
        "500ms",
        "Wall-clock: time for the samples of each process.",
        ("--measurement-time",),
        "DURATION",
        field="measurement_time_s",
    ),
    Setting(
        "time_budget",
        parse_duration,
        None,
        "Wall-clock: time for the whole run, shared out among the benchmarks.",
        ("--time-budget",),
        "DURATION",
        field="time_budget_s",
    ),
    Setting(
        "layout",
        partial(_one_of, LAYOUTS),
        "random",
        "Wall-clock: whether every process gets another hash seed and environment size.",
        ("--layout",),
        "|".join(LAYOUTS),
    ),
    Setting(
        "significance",
        _probability,
        "5%",
        "Wall-clock: how small p must be for a change to count.",
        ("--significance",),
        "P",
    ),
    Setting(
        "walltime_limit",
        parse_ratio,
        f"{DEFAULT_LIMIT:.0%}",
        "Wall-clock: how far the mean may move.",
        ("--walltime-limit",),
        "RATIO",
    ),
    Setting(
        "false_discovery_control",
        values.boolean,
        True,
        "Wall-clock: adjust p for the number of benchmarks compared (Benjamini-Hochberg).",
        ("--false-discovery-control/--no-false-discovery-control",),
        is_flag=True,
    ),
    _flag(
        "gate_walltime",
        help="Let wall-clock regressions fail the run; without it they are reported only.",
        flags=("--gate-walltime",),
    ),
    Setting(
        "build",
        values.text,
        "pip install .",
        "What installs the project into a virtual environment, where two revisions are compared.",
    ),
    Setting(
        "build_timeout",
        parse_duration,
        "10m",
        "What each step of that may take.",
        field="build_timeout_s",
    ),
    Setting(
        "storage",
        values.filled,
        ".iaipy",
        "The folder for baselines and results.",
        ("--storage",),
        "FOLDER",
        place=_place_folder,
    ),
    Setting(
        "save_baseline",
        values.filled,
        None,
        "Save the results as this baseline.",
        ("--save-baseline",),
        "NAME",
    ),
    _flag(
        "with_profile",
        help="Keep the profiles of functions with the saved baseline.",
        flags=("--with-profile",),
    ),
    Setting("baseline", values.filled, None, "Compare with this baseline.", ("--baseline",), "NAME"),
    _flag("explain", help="Say which functions explain a regression.", flags=("--explain",)),
    Setting(
        "limit",
        parse_limits,
        f"{DEFAULT_LIMIT:.0%}",
        "How far a counter may move: 2%, instructions=2% or ram_accesses=off.",
        ("--limit",),
        "[COUNTER=]LIMIT",
        multiple=True,
    ),
    Setting(
        "hard_limit",
        parse_hard_limits,
        {},
        "How large a counter may get: instructions=1_500_000.",
        ("--hard-limit",),
        "COUNTER=N",
        multiple=True,
    ),
    Setting(
        "min_change",
        parse_ratio,
        f"{DEFAULT_MIN_CHANGE:.1%}",
        "How far a counter's change must move the estimated cycles to count.",
        ("--min-change",),
        "RATIO",
    ),
    _flag(
        "fail_on_improvement",
        help="Fail on an improvement too: the baseline is stale.",
        flags=("--fail-on-improvement",),
    ),
    _flag(
        "allow_environment_change",
        help="Compare although the environments differ.",
        flags=("--allow-environment-change",),
    ),
    _flag(
        "allow_failures",
        help="Save the baseline although benchmarks failed.",
        flags=("--allow-failures",),
    ),
    Setting(
        "report",
        _reports,
        ("terminal",),
        "Write a report in this format, to a file if one is named.",
        ("--report",),
        "FORMAT[:PATH]",
        multiple=True,
        place=_place_reports,
    ),
    Setting(
        "color",
        partial(_one_of, COLORS),
        "auto",
        "Whether the output is coloured.",
        ("--color",),
        "|".join(COLORS),
    ),
)
