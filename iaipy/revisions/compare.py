"""The stages joined for two revisions: check out, build, collect, measure, judge. No click, no printing."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from iaipy import __version__, measuring, pipeline, suite
from iaipy.config import Config
from iaipy.errors import ExitCode, HostError, NothingToDoError, UsageError
from iaipy.measure import ENGINES
from iaipy.measuring import Watcher
from iaipy.model.benchmark import MODES
from iaipy.model.run import Failure, Run, Timing
from iaipy.model.run import Outcome as Measured
from iaipy.pipeline import Outcome
from iaipy.revisions import builds, counts, git, sides, timing, trees
from iaipy.revisions.builds import Recipe
from iaipy.revisions.git import Repository, Revision
from iaipy.revisions.places import Places
from iaipy.revisions.sides import Side
from iaipy.store import files

_KEY_DIGITS = 8


@dataclass(frozen=True)
class Wish:
    """What to compare.

    Parameters:
        base: a revision.
        head: a revision; "" for the work tree as it is.
        each: whether each side brings its own benchmarks; else both get the head's.
        fresh: whether to build and count anew what is kept.
    """

    base: str
    head: str = ""
    each: bool = False
    fresh: bool = False


@dataclass(frozen=True)
class _Job:
    """What all steps need to know."""

    config: Config
    wish: Wish
    words: Sequence[str]
    start: Path
    watcher: Watcher
    told: Callable[[str], None]
    repo: Repository
    places: Places
    recipe: Recipe
    stack: ExitStack


def compare(
    config: Config,
    wish: Wish,
    words: Sequence[str],
    start: Path,
    watcher: Watcher,
    told: Callable[[str], None],
) -> Outcome:
    """Measure two revisions and hold one against the other; the user's work tree is left alone.

    Parameters:
        words: targets, from the folder `start`; none for all benchmarks.
        told: hears what the sides are, one sentence each.

    Raises:
        HostError: no repository, or a side can't be checked out or built, or the machine can't measure.
        NothingToDoError: no such revision, or no benchmarks.
        UsageError: something in the configuration, a declaration or a suite is wrong.
    """
    repo = git.repository(config.root)
    sides.require_own_packages(repo.top)
    base = git.revision(repo, wish.base)
    head = git.revision(repo, wish.head) if wish.head else None
    cache = _cache(repo)
    python = builds.interpreter(config.python)
    recipe = Recipe(config.build, config.build_timeout_s, python, config.mode != "walltime", wish.fresh)
    with files.locked(cache), ExitStack() as stack:
        places = Places(cache)
        places.recover()
        job = _Job(config, wish, words, start, _adding(watcher), told, repo, places, recipe, stack)
        try:
            return _compared(job, base, head)
        finally:
            places.park()


def _cache(repo: Repository) -> Path:
    """The folder of a repository among the user's caches.

    Raises:
        HostError: it can't be made.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        caches = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
        key = hashlib.sha256(os.fsencode(repo.common)).hexdigest()[:_KEY_DIGITS]
        folder = caches / "iaipy" / f"{repo.top.name}-{key}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except (OSError, RuntimeError) as error:
        raise HostError(
            f"the folder for checkouts and builds can't be made: {error}",
            "name another place for caches in XDG_CACHE_HOME",
        ) from error
    return folder


def _adding(watcher: Watcher) -> Watcher:
    """A watcher that hears of all that is planned so far, not of each part."""
    planned = 0

    def add(number: int) -> None:
        nonlocal planned
        planned += number
        watcher.planned(planned)

    return replace(watcher, planned=add)


def _compared(job: _Job, base_revision: Revision, head_revision: Revision | None) -> Outcome:
    head, benchmarks, commit = _head(job, head_revision)
    if not any(suite.modes(b, job.config.mode) for b in head.collected.benchmarks) and not (
        head.collected.failures
    ):
        raise suite.nothing_found(job.config, job.words)
    times = bool(timing.wanted(head))
    counted = any("instructions" in suite.modes(b, job.config.mode) for b in head.collected.benchmarks)
    key = _key(job, base_revision, benchmarks, head) if counted else ""
    kept = counts.load(job.places.cache, key) if counted and not job.wish.fresh else None
    job.told(f"base: {base_revision.label}{', counted before' if kept else ''}")
    base = None if kept and not times else _base(job, base_revision, benchmarks)
    base_run = kept or Run("", base_revision.commit)
    if base and counted and not kept:
        base_run = _count_base(job, base, key)
    base_run = replace(base_run, commit=base_revision.commit)
    job.places.activate("head")
    head_run, interrupted = (
        _count(job, head) if counted else (measuring.begun(head.config, head.collected), False)
    )
    head_run = replace(head_run, commit=commit)
    if base and times and not interrupted:
        base_run, head_run, interrupted = _timed(job, base, head, base_run, head_run)
    asked_in = {mode: head.collected.asked_in(mode, job.config.mode) for mode in MODES}
    outcome = pipeline.judged(job.config, head_run, base_run, base_revision.label, asked_in)
    return replace(outcome, exit_code=ExitCode.INTERRUPTED) if interrupted else outcome


def _head(job: _Job, revision: Revision | None) -> tuple[Side, dict[str, Path], str]:
    """The head, what benchmark files it has, and what its run says of its commit."""
    place = job.places.parked_tree("head")
    if revision:
        job.stack.enter_context(trees.checked_out(job.repo, revision.commit, place, job.watcher.warned))
        label, commit = revision.label, revision.commit
    else:
        job.stack.enter_context(trees.copied(job.repo, place))
        commit = git.do(job.repo.top, "rev-parse", "HEAD").strip()
        dirty = bool(git.do(job.repo.top, "status", "--porcelain").strip())
        label = f"the work tree at {commit[:7]}{', dirty' if dirty else ''}"
        commit += "+dirty" if dirty else ""
    job.told(f"head: {label}")
    job.places.activate("head")
    root = job.places.tree / job.repo.project
    if not root.is_dir():
        raise NothingToDoError(f"{label} has no folder {job.repo.project}")
    side_config = replace(job.config, root=root)
    start = root / os.path.relpath(job.start, job.config.root)
    benchmarks = sides.benchmark_files(side_config, job.words, start)
    tree = job.places.tree
    source = counts.digest({str(path.relative_to(tree)): path for path in sides.all_files(tree)})
    builds.build(job.recipe, label, root, source, job.places)
    config = sides.placed(job.config, root, job.places)
    collected = sides.collected(config, job.words, job.start, job.config.root)
    return Side(label, config, collected), benchmarks, commit


def _base(job: _Job, revision: Revision, benchmarks: dict[str, Path]) -> Side:
    """The base with the benchmarks that it is to be measured by."""
    place = job.places.parked_tree("base")
    job.stack.enter_context(trees.checked_out(job.repo, revision.commit, place, job.watcher.warned))
    job.places.activate("base")
    root = job.places.tree / job.repo.project
    root.mkdir(parents=True, exist_ok=True)
    builds.build(job.recipe, revision.label, root, revision.commit, job.places)
    if not job.wish.each:
        head = job.places.parked_tree("head") / job.repo.project
        sides.overlay({name: head / name for name in benchmarks}, job.config, root)
    config = sides.placed(job.config, root, job.places)
    try:
        collected = sides.collected(config, job.words, job.start, job.config.root)
    except (NothingToDoError, UsageError) as error:
        if not job.wish.each:
            raise
        job.watcher.warned(f"{revision.label} has no such benchmarks: {error.message}")
        collected = suite.NOTHING
    for failure in collected.failures:
        job.watcher.warned(
            f"{failure.id} {failure.reason} at {revision.label}, so that its benchmarks count as new"
        )
    return Side(revision.label, config, replace(collected, failures=()))


def _key(job: _Job, base: Revision, benchmarks: Mapping[str, Path], head: Side) -> str:
    """The name of the base's counts: of all that decides what is counted there, and how."""
    config = job.config
    with ENGINES["instructions"](head.config) as engine:
        fingerprint = engine.environment().fingerprint
    parts = {
        "iaipy": __version__,
        "commit": base.commit,
        "tree": base.tree,
        "project": job.repo.project.as_posix(),
        "benchmarks": "each" if job.wish.each else counts.digest(benchmarks),
        "fingerprint": dict(fingerprint),
        "build": config.build,
        "words": [os.path.relpath(job.start / word, config.root) for word in job.words],
        "selection": (config.benchmarks, config.pattern, config.keyword, config.tag),
        "measuring": (config.repeats, config.fork),
        "variables": {
            name: os.environ.get(name) for name in (*config.pass_env, "PYTHONPATH", "LD_LIBRARY_PATH")
        },
    }
    return counts.name(parts)


def _count(job: _Job, side: Side) -> tuple[Run, bool]:
    return measuring.measure(replace(side.config, mode="instructions"), side.collected, None, job.watcher)


def _count_base(job: _Job, base: Side, key: str) -> Run:
    """The base's counts, which are kept once all are there."""
    watcher = replace(job.watcher, done=lambda outcome: _base_done(job, base, outcome))
    run, interrupted = _count(replace(job, watcher=watcher), base)
    if interrupted:
        raise KeyboardInterrupt
    if not run.failures and run.benchmarks:
        with files.writing("the base's counts can't be kept"):
            counts.save(job.places.cache, key, run)
    return replace(run, failures=())


def _base_done(job: _Job, base: Side, outcome: Measured) -> None:
    if isinstance(outcome, Failure):
        job.watcher.warned(f"{outcome.id} failed at {base.label}: {outcome.reason}")
    job.watcher.done(outcome)


def _timed(job: _Job, base: Side, head: Side, base_run: Run, head_run: Run) -> tuple[Run, Run, bool]:
    """Both runs with the times of their sides, and whether it was interrupted."""
    timed = timing.timed({"base": base, "head": head}, job.places.activate, job.watcher)
    found = {name: [o for o in each if isinstance(o, Timing)] for name, each in timed.outcomes.items()}
    failures = {name: [o for o in each if isinstance(o, Failure)] for name, each in timed.outcomes.items()}
    for failure in failures["base"]:
        job.watcher.warned(f"{failure.id} failed at {base.label}: {failure.reason}")
    return (
        replace(base_run, timings=tuple(found["base"]), machine=timed.machine),
        replace(
            head_run,
            timings=tuple(found["head"]),
            machine=timed.machine,
            failures=(*head_run.failures, *failures["head"]),
        ),
        timed.interrupted,
    )
