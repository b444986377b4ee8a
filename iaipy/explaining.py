"""Why benchmarks regressed: their profiles, held against those that the baseline has."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from iaipy import process, profiling
from iaipy.compare import gate, native
from iaipy.config import Config
from iaipy.errors import BenchmarkError, IaipyError
from iaipy.measuring import Watcher
from iaipy.model.benchmark import Benchmark
from iaipy.model.difference import Explanation
from iaipy.model.profile import Profile
from iaipy.model.run import Environment, Result, Run
from iaipy.profile.difference import difference
from iaipy.store import baselines


class Profiles:
    """The profiles of a run's benchmarks, each made when it is first wanted.

    Parameters:
        run: what was counted.
        benchmarks: what it was counted of.
    """

    def __init__(self, config: Config, run: Run, benchmarks: Iterable[Benchmark], watcher: Watcher) -> None:
        self._config, self._run, self._watcher = config, run, watcher
        self._counted = {result.id: result for result in run.benchmarks}
        self._benchmarks = {each.id: each for each in benchmarks if each.command is None}
        self._made: dict[str, Profile | IaipyError] = {}

    def of(self, ids: Iterable[str]) -> dict[str, Profile | IaipyError]:
        """The profiles of these benchmarks, or why there are none; commands have none, and are left out."""
        wanted = [id_ for id_ in ids if id_ in self._benchmarks and id_ in self._counted]
        self._make([id_ for id_ in wanted if id_ not in self._made])
        return {id_: self._made[id_] for id_ in wanted}

    def of_all(self) -> dict[str, Profile]:
        """The profiles of all that were counted; the watcher hears of those that can't be made."""
        made = self.of(self._counted)
        for failure in made.values():
            if isinstance(failure, IaipyError):
                self._watcher.warned(f"no profile is kept: {failure.message}")
        return {id_: each for id_, each in made.items() if isinstance(each, Profile)}

    def _make(self, ids: Sequence[str]) -> None:
        if not ids:
            return
        self._watcher.planned(len(self._counted) + len(self._made) + len(ids))
        with ThreadPoolExecutor(self._config.jobs) as pool:
            try:
                self._made |= dict(zip(ids, pool.map(self._one, ids), strict=True))
            except BaseException:  # an interruption must not wait for profiles to be made
                pool.shutdown(wait=False, cancel_futures=True)
                process.end_all()
                raise

    def _one(self, id_: str) -> Profile | IaipyError:
        result, benchmark = self._counted[id_], self._benchmarks[id_]
        self._watcher.started(benchmark)
        try:
            return profiling.of_counted(self._config, benchmark, result.events["Ir"], self._run.environment)
        except IaipyError as error:
            return error
        finally:
            self._watcher.done(result)


Make = Callable[[Sequence[str]], Mapping[str, Profile | IaipyError]]


def explain(
    config: Config, base_name: str, base: Run, head: Run, ids: Iterable[str], make: Make
) -> tuple[Explanation, ...]:
    """Why these benchmarks have changed since the baseline.

    Parameters:
        base_name: what the baseline is called.
        head: the run that is held against it.
        make: gives the profiles of benchmarks as they are now, by their ids.

    Raises:
        HostError: the baseline's profiles can't be read, or are damaged.
    """
    ids = list(ids)
    kept = baselines.load_profiles(config.storage, base_name)
    results = {result.id: result for result in base.benchmarks}
    usable = {id_ for id_ in ids if id_ in kept and _belongs(kept[id_], results.get(id_), base.environment)}
    made = make([id_ for id_ in ids if id_ in usable])
    return tuple(
        replace(
            _explanation(id_, kept[id_], made[id_])
            if id_ in made
            else Explanation(id_, None, _lacking(id_, base_name, base, kept)),
            native=found.native,
        )
        for id_, found in zip(ids, by_native(base, head, ids), strict=True)
    )


def by_native(base: Run, head: Run, ids: Iterable[str]) -> tuple[Explanation, ...]:
    """What changed among the C functions of these benchmarks, from what the runs hold."""
    before, now = ({r.id: r.functions for r in run.benchmarks} for run in (base, head))
    return tuple(
        Explanation(
            id_,
            None,
            ""
            if before.get(id_) and now.get(id_)
            else "One of the runs doesn't tell C functions apart; it was made by an older iaipy.",
            native.changes(before[id_], now[id_]) if before.get(id_) and now.get(id_) else (),
        )
        for id_ in ids
    )


def _belongs(profile: Profile, result: Result | None, where: Environment) -> bool:
    """Whether a profile is of what the baseline has counted, and not of an earlier baseline of that name."""
    return (
        result is not None
        and profile.accounting.counted == result.events["Ir"]
        and profile.fingerprint == where.fingerprint
    )


def _explanation(id_: str, before: Profile, now: Profile | IaipyError) -> Explanation:
    if isinstance(now, IaipyError):
        return Explanation(id_, None, f"It has no profile: {now.message}")
    try:
        profiling.require_alike(before, now)
    except IaipyError as error:
        return Explanation(id_, None, f"{error.message}; {error.remedy}")
    return Explanation(id_, difference(before, now))


def _lacking(id_: str, name: str, base: Run, kept: Mapping[str, Profile]) -> str:
    """Why the baseline's profile can't be used, and how to get one."""
    commands = {result.id for result in base.benchmarks if result.kind == "command"}
    if id_ in commands:
        return "A command has no call tree; --native says which C functions changed."
    what = "no profile of it" if id_ not in kept else "a profile of another state of it"
    commit = f" at {base.commit[:12]}" if base.commit else ", with the code that was good"
    return (
        f"The baseline {name} has {what}; make one{commit}: iaipy run --save-baseline {name} --with-profile"
    )


def stored(
    config: Config, base_name: str, base: Run, head: Run, ids: Sequence[str], watcher: Watcher
) -> tuple[Explanation, ...]:
    """Why these benchmarks of a stored run have changed since the baseline; profiled anew, as they are now.

    Raises:
        HostError: the baseline's profiles can't be read or are damaged, or are of another environment.
    """
    made: dict[str, Profile | IaipyError] = {}

    def make(wanted: Sequence[str]) -> Mapping[str, Profile | IaipyError]:
        for id_ in wanted:
            try:
                made[id_] = profiling.profile(config, id_, config.root, watcher)
            except BenchmarkError as error:
                made[id_] = error
        return made

    found = explain(config, base_name, base, head, ids, make)
    now = [each for each in made.values() if isinstance(each, Profile)]
    if now and not config.allow_environment_change:
        here = replace(head, environment=Environment(now[0].fingerprint))
        gate.require_same_environment(here, base, base_name)
    counted = {result.id: result.events["Ir"] for result in head.benchmarks}
    return tuple(replace(each, lacking=each.lacking or _moved_on(each, counted)) for each in found)


def _moved_on(explanation: Explanation, counted: Mapping[str, int]) -> str:
    """What is to be known where the code isn't what the run measured any more."""
    if explanation.difference is None:
        return ""
    then, now = counted[explanation.benchmark], explanation.difference.now.accounting.counted
    if then == now:
        return ""
    return f"It has changed since the last run: {then:,} instructions then, {now:,} now."
