"""The stages joined for claims: collect them, measure what they name, judge. No click, no printing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from iaipy import measuring, suite, values
from iaipy.collect import discover
from iaipy.collect.claims import read_claims
from iaipy.config import Config
from iaipy.errors import ExitCode, NothingToDoError, UsageError
from iaipy.measuring import Watcher
from iaipy.model.benchmark import MODES, Benchmark, Mode
from iaipy.model.claim import Budget, Claim, Finding, Speedup
from iaipy.model.run import Run
from iaipy.store import baselines

_NOUNS: dict[Mode, str] = {"instructions": "counts", "walltime": "times"}


@dataclass(frozen=True)
class Validation:
    """What became of the claims.

    Parameters:
        run: what they were judged by.
        findings: one per claim, in the order of the suites.
        exit_code: what the command ends with.
    """

    run: Run
    findings: tuple[Finding, ...]
    exit_code: ExitCode


def validate(
    config: Config,
    words: Sequence[str],
    start: Path,
    watcher: Watcher,
    *,
    stored: str = "",
    strict: bool = False,
) -> Validation:
    """Judge claims, by measuring the benchmarks they name or by a stored run.

    Parameters:
        words: targets `SUITE` or `SUITE::CLAIM`, from the folder `start`; none for the claims of all suites.
        stored: name or file of a run; "" to measure. What is measured is kept as the run `last`.
        strict: whether a claim that is not shown fails the command.

    Raises:
        UsageError: a suite is wrong, or a claim names a benchmark or a baseline that doesn't exist.
        NothingToDoError: no claims, or no such stored run.
        HostError: the machine can't measure, or a stored run is damaged.
    """
    claims = collect(config, words, start)
    bases = _bases(config, claims)
    interrupted = False
    if stored:
        _, head = baselines.find(config.storage, stored)
    else:
        head, interrupted = _measured(config, claims, watcher)
    from iaipy.compare.claims import judge  # numpy takes longer to import than all of iaipy

    findings = tuple(
        judge(claim, head, bases, alpha=config.significance, any_environment=config.allow_environment_change)
        for claim in claims
    )
    code = ExitCode.INTERRUPTED if interrupted else exit_code(findings, strict=strict)
    return Validation(head, findings, code)


def collect(config: Config, words: Sequence[str], start: Path) -> tuple[Claim, ...]:
    """The claims that words name; without words, those of all suites.

    Raises:
        UsageError: a suite is wrong, or there is no such file.
        NothingToDoError: there are none.
    """
    places = discover.targets(words or config.benchmarks, start if words else config.root, config.root)
    suites = [path for path in discover.files(places, config.pattern) if path.suffix != ".py"]
    found = [claim for path in suites for claim in read_claims(path, config.root)]
    for place in places:
        named = [claim.name for claim in found if config.root / claim.path == place.path]
        if place.name and place.name not in named:
            remedy = values.nearest(place.name, named) if named else "claims stand in a suite under claims:"
            raise NothingToDoError(f"{place.path.name} has no claim {place.name}", remedy)
    chosen = tuple(claim for claim in found if discover.covered(claim.id, places, config.root))
    if not chosen:
        raise NothingToDoError(
            f"no claims in {' '.join(words or config.benchmarks)}",
            "write them into a suite such as benchmarks/bench_claims.yaml, under the key claims:",
        )
    return chosen


def exit_code(findings: Sequence[Finding], *, strict: bool = False) -> ExitCode:
    """What the command ends with: a failing claim outweighs one that couldn't be judged.

    Parameters:
        strict: whether a claim that is not shown counts as one that fails.
    """
    verdicts = {finding.verdict for finding in findings}
    if "fails" in verdicts or (strict and "not shown" in verdicts):
        return ExitCode.REGRESSION
    if "not measured" in verdicts:
        return ExitCode.BENCHMARK_FAILED
    return ExitCode.ENVIRONMENT if "incomparable" in verdicts else ExitCode.OK


def _bases(config: Config, claims: Sequence[Claim]) -> dict[str, Run]:
    """The stored runs that claims refer to, each of which must hold what they name."""
    referring = [claim for claim in claims if isinstance(claim, Speedup) and claim.than.baseline]
    bases: dict[str, Run] = {}
    for claim in referring:
        name = claim.than.baseline
        try:
            bases[name] = bases[name] if name in bases else baselines.load(config.storage, name)
        except (NothingToDoError, UsageError) as error:
            raise UsageError(f"{claim.where}: than: {error.message}", error.remedy) from None
        reference, mode = claim.than, claim.mode
        run = bases[reference.baseline]
        known = [outcome.id for outcome in (run.timings if mode == "walltime" else run.benchmarks)]
        if reference.benchmark not in known:
            again = f"iaipy run --mode {mode} --save-baseline {reference.baseline} adds them"
            absent = f"the baseline {reference.baseline} has no {_NOUNS[mode]} of {reference.benchmark}"
            raise UsageError(f"{claim.where}: {absent}", _meant(reference.benchmark, known) or again)
    return bases


def _measured(config: Config, claims: Sequence[Claim], watcher: Watcher) -> tuple[Run, bool]:
    """The run of what the claims name, and whether it was interrupted."""
    config = replace(config, mode="all", keyword="", tag=())
    files = _files(config, claims)
    collected = suite.collect(config, files, config.root)
    known = {benchmark.id: benchmark for benchmark in collected.benchmarks}
    unread = {failure.id for failure in collected.failures}
    wanted: dict[str, set[Mode]] = {}
    for claim in claims:
        for id_ in claim.benchmarks:
            if id_.partition("::")[0] not in unread:
                _check(claim, id_, known)
                wanted.setdefault(id_, set()).add(claim.mode)
    chosen = tuple(
        replace(benchmark, modes=tuple(mode for mode in MODES if mode in wanted[benchmark.id]))
        for benchmark in collected.benchmarks
        if benchmark.id in wanted
    )
    left = tuple(benchmark for benchmark in collected.benchmarks if benchmark.id not in wanted)
    return measuring.measure(config, replace(collected, benchmarks=chosen, others=left), None, watcher)


def _files(config: Config, claims: Sequence[Claim]) -> list[str]:
    """The files of the benchmarks that claims name, from the root."""
    files: dict[str, None] = {}
    for claim in claims:
        for id_ in claim.benchmarks:
            file = id_.partition("::")[0]
            if file not in files and not _is_file(config.root / file):
                places = discover.targets(config.benchmarks, config.root, config.root)
                there = discover.files(places, config.pattern)
                raise UsageError(
                    f"{claim.where}: there is no file {file}",
                    _meant(file, [path.relative_to(config.root).as_posix() for path in there]),
                )
            files[file] = None
    return list(files)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # the name is too long, or a folder on the way is closed to us
        return False


def _check(claim: Claim, id_: str, known: Mapping[str, Benchmark]) -> None:
    """See that a benchmark exists and can be measured as its claim needs it."""
    if id_ not in known:
        raise UsageError(
            f"{claim.where}: there is no benchmark {id_}",
            _meant(id_, known) or "iaipy list shows them all",
        )
    benchmark = known[id_]
    if benchmark.modes and claim.mode not in benchmark.modes:
        raise UsageError(
            f"{claim.where} needs {_NOUNS[claim.mode]} of {id_}, which is declared for "
            f"{' and '.join(_NOUNS[mode] for mode in benchmark.modes)} alone",
            f"add {claim.mode} to its mode, or leave its mode out",
        )
    if isinstance(claim, Budget) and claim.metric == "per_element_ns" and not benchmark.pace.elements:
        raise UsageError(
            f"{claim.where} needs the elements of {id_}, which doesn't say them",
            "declare elements: how many things one call deals with",
        )


def _meant(name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else ""
