"""The five stages joined: collect, measure, compare, store, report. No click, no printing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iaipy import explaining, measuring, suite
from iaipy.compare import gate
from iaipy.config import Config
from iaipy.errors import ExitCode, GateError, IaipyError, NothingToDoError
from iaipy.measuring import Watcher
from iaipy.model.benchmark import MODES, Limits, Mode
from iaipy.model.comparison import Comparison
from iaipy.model.profile import Profile
from iaipy.model.run import Outcome as Measured
from iaipy.model.run import Run
from iaipy.model.timing import Rule
from iaipy.store import baselines
from iaipy.timing import measure_time

_PATIENCE_S = 0.1
"""Between two looks at whether files are still being read, when they no longer should."""

_EVERYTHING: Mapping[Mode, Callable[[str], bool]] = {mode: lambda benchmark_id: True for mode in MODES}
"""By mode, whether an id was to be measured: all were."""


@dataclass(frozen=True)
class Outcome:
    """What a command ends with.

    Parameters:
        run, comparison: what to report.
        exit_code: what the gate says.
        troubles: errors that came up beside the run, none of which stopped it.
        saved: the baseline's file, if one was saved.
        base: the run that it was held against; None where there was none.
    """

    run: Run
    comparison: Comparison
    exit_code: ExitCode
    troubles: tuple[IaipyError, ...] = ()
    saved: Path | None = None
    base: Run | None = None


def run(config: Config, words: Sequence[str], start: Path, watcher: Watcher) -> Outcome:
    """Measure what was asked for, hold it against the baseline, and save it, as configured.

    The outcomes so far are kept on disk as the run `last`. A KeyboardInterrupt ends the measuring; what
    there is by then is still compared and reported.

    Raises:
        NothingToDoError: nothing to measure, or no such baseline.
        HostError: valgrind can't be used, or the baseline is of another environment.
        UsageError: something in the configuration, a declaration or a suite is wrong.
    """
    if config.save_baseline:
        baselines.check_name(config.save_baseline)
    base = baseline(config, watcher)
    collected = suite.sharded(suite.collect(config, words, start), config, base)
    if not any(suite.modes(b, config.mode) for b in collected.benchmarks) and not collected.failures:
        raise suite.nothing_found(config, words)
    head, interrupted = measuring.measure(config, collected, base, watcher)
    profiles = explaining.Profiles(config, head, collected.benchmarks, watcher)
    asked_in = {mode: collected.asked_in(mode, config.mode) for mode in MODES}
    return _concluded(config, head, base, asked_in, interrupted, profiles)


def concluded(
    config: Config,
    head: Run,
    base: Run | None,
    asked_for: Callable[[str], bool],
    *,
    interrupted: bool = False,
) -> Outcome:
    """Hold a run of counts against its baseline, and save it, as configured; without profiles.

    Parameters:
        base: as `baseline` returned it.
        asked_for: whether an id was to be measured.
        interrupted: it ended early, so it is shown and not saved.
    """
    return _concluded(config, head, base, dict.fromkeys(MODES, asked_for), interrupted, None)


def _concluded(
    config: Config,
    head: Run,
    base: Run | None,
    asked_in: Mapping[Mode, Callable[[str], bool]],
    interrupted: bool,
    profiles: explaining.Profiles | None,
) -> Outcome:
    comparison = _compared(config, head, base, config.baseline or "", asked_in)
    if profiles and config.explain and base is not None and not interrupted:
        comparison = _explained(config, comparison, base, head, profiles)
    code = _exit_code(comparison, config)
    troubles = [*_stale(comparison, config), *_ungated(comparison, config)]
    if code is ExitCode.OK and not troubles and gate.nothing_compared(comparison):
        troubles.append(_nothing_compared(comparison, config))
    saved = None
    if interrupted:
        code = ExitCode.INTERRUPTED
    elif config.save_baseline and config.save_baseline == config.baseline and code is ExitCode.REGRESSION:
        troubles.append(_kept_baseline(config.save_baseline))
    elif config.save_baseline:
        try:
            made = profiles.of_all() if profiles and config.with_profile else {}
            saved = _save(config.storage, config, head, asked_in, made)
        except IaipyError as error:
            troubles.append(error)
    if code is ExitCode.OK and troubles:
        code = troubles[0].exit_code
    return Outcome(head, comparison, code, tuple(troubles), saved, base)


def _explained(
    config: Config, comparison: Comparison, base: Run, head: Run, profiles: explaining.Profiles
) -> Comparison:
    """The comparison with what explains the regressions."""
    ids = [entry.id for entry in comparison.of("fail")]
    found = explaining.explain(config, comparison.base_name, base, head, ids, profiles.of) if ids else ()
    return replace(comparison, explanations=found)


def compare(config: Config, base_word: str, head_word: str) -> Outcome:
    """Hold one stored run against another, each given by name or by file.

    Raises:
        NothingToDoError: there is no such run, or they have no benchmark in common.
        HostError: a file is damaged, or they are of different environments.
    """
    storage = config.storage
    base_name, base = baselines.find(storage, base_word)
    _, head = baselines.find(storage, head_word)
    return held(config, head, base, base_name)


def held(config: Config, head: Run, base: Run | None, base_name: str) -> Outcome:
    """One run held against another, or against its hard limits alone.

    Raises:
        NothingToDoError: they have no benchmark in common.
        HostError: they are of different environments.
    """
    if base and head.benchmarks and base.benchmarks and not config.allow_environment_change:
        gate.require_same_environment(head, base, base_name)
    outcome = _judged(config, head, base, base_name)
    if gate.nothing_compared(outcome.comparison):
        raise _nothing_compared(outcome.comparison, config)
    return outcome


def judged(
    config: Config, head: Run, base: Run, base_name: str, asked_in: Mapping[Mode, Callable[[str], bool]]
) -> Outcome:
    """A run held against that of another revision.

    Parameters:
        base_name: what reports call the other revision.
        asked_in: by mode, whether an id was to be measured.
    """
    outcome = _judged(config, head, base, base_name, asked_in)
    if outcome.exit_code is not ExitCode.OK or not gate.nothing_compared(outcome.comparison):
        return outcome
    trouble = NothingToDoError(
        f"none of the benchmarks could be compared with {base_name}",
        "their files can't be imported there, or each side has its own (--benchmarks-from each)",
    )
    return replace(outcome, exit_code=trouble.exit_code, troubles=(*outcome.troubles, trouble))


def _judged(
    config: Config,
    head: Run,
    base: Run | None,
    base_name: str,
    asked_in: Mapping[Mode, Callable[[str], bool]] = _EVERYTHING,
) -> Outcome:
    comparison = _compared(config, head, base, base_name, asked_in)
    code = _exit_code(comparison, config)
    troubles = (*_stale(comparison, config), *_ungated(comparison, config))
    if code is ExitCode.OK and troubles:
        code = troubles[0].exit_code
    return Outcome(head, comparison, code, troubles, base=base)


def stored(config: Config, word: str) -> Outcome:
    """A stored run, given by name or by file, held against the configured baseline if there is one.

    Raises:
        NothingToDoError: there is no such run.
        HostError: a file is damaged, or they are of different environments.
    """
    if config.baseline:
        return compare(config, config.baseline, word)
    _, head = baselines.find(config.storage, word)
    return Outcome(head, _compared(config, head, None, ""), ExitCode.OK)


@measure_time("iaipy.compare")
def _compared(
    config: Config,
    head: Run,
    base: Run | None,
    base_name: str,
    asked_in: Mapping[Mode, Callable[[str], bool]] = _EVERYTHING,
) -> Comparison:
    """The run held against a baseline, its counts and its times."""
    comparison = gate.compare(
        head,
        base,
        limits=Limits(config.limit, config.hard_limit),
        min_change=config.min_change,
        base_name=base_name,
        asked_for=asked_in["instructions"],
    )
    if base and not (head.benchmarks and base.benchmarks):  # then one of them has no environment
        comparison = replace(comparison, environment_changes=(), noted_changes=())
    outcomes: tuple[Measured, ...] = (*head.timings, *head.failures, *(base.timings if base else ()))
    if all(outcome.mode != "walltime" for outcome in outcomes):
        return comparison
    from iaipy.compare import timings  # numpy takes longer to import than all of iaipy

    timed = timings.compare(
        head,
        base,
        rule=Rule(config.significance, config.walltime_limit),
        control_false_discovery=config.false_discovery_control,
        any_machine=config.allow_environment_change,
        asked_for=asked_in["walltime"],
    )
    return replace(comparison, timings=timed, machine_changes=timings.machine_changes(head, base))


def _exit_code(comparison: Comparison, config: Config) -> ExitCode:
    return gate.exit_code(
        comparison, fail_on_improvement=config.fail_on_improvement, gate_walltime=config.gate_walltime
    )


@measure_time("iaipy.save")
def _save(
    storage: Path,
    config: Config,
    head: Run,
    asked_in: Mapping[Mode, Callable[[str], bool]],
    profiles: Mapping[str, Profile],
) -> Path:
    """Save the run under the configured name, beside those of its results that weren't asked for now."""
    name = config.save_baseline or ""
    if name in baselines.names(storage):
        old = baselines.load(storage, name)
        counted = tuple(result for result in old.benchmarks if not asked_in["instructions"](result.id))
        timed = tuple(timing for timing in old.timings if not asked_in["walltime"](timing.id))
        if counted and head.benchmarks:
            gate.require_same_environment(head, old, name)
        if timed and head.timings:
            gate.require_same_environment(
                replace(head, environment=head.machine), replace(old, environment=old.machine), name
            )
        counted_ids = {result.id for result in counted}
        kept = baselines.load_profiles(storage, name)
        profiles = {**{id_: kept[id_] for id_ in kept if id_ in counted_ids}, **profiles}
        head = replace(
            head,
            benchmarks=(*head.benchmarks, *counted),
            timings=(*head.timings, *timed),
            environment=head.environment if head.benchmarks else old.environment,
            machine=head.machine if head.timings else old.machine,
            shard=None,
        )
    return baselines.save(storage, name, head, allow_failures=config.allow_failures, with_profiles=profiles)


def baseline(config: Config, watcher: Watcher) -> Run | None:
    """The baseline to compare with; None where there is to be none, or this run is to make it."""
    if not config.baseline:
        return None
    if config.baseline == config.save_baseline and config.baseline not in baselines.names(config.storage):
        watcher.warned(f"there is no baseline {config.baseline} yet; this run makes it")
        return None
    return baselines.load(config.storage, config.baseline)


def _kept_baseline(name: str) -> GateError:
    """A run that fails against a baseline must not become that baseline: run again, it would pass."""
    return GateError(
        f"the baseline {name} was left as it was, because this run regressed against it",
        f"to accept the change, save without comparing: iaipy run --save-baseline {name}",
    )


def _stale(comparison: Comparison, config: Config) -> list[IaipyError]:
    """The error that says why improvements fail a run, if they do."""
    improved = comparison.of("improved") if config.fail_on_improvement else []
    if not improved:
        return []
    name = comparison.base_name
    return [
        GateError(
            f"the baseline {name} is stale: {', '.join(entry.id for entry in improved)} improved",
            f"save it anew: iaipy run --save-baseline {name}",
        )
    ]


def _ungated(comparison: Comparison, config: Config) -> list[IaipyError]:
    """The error of times that were to gate and couldn't, if they were to."""
    error = gate.ungated(comparison, any_machine=config.allow_environment_change)
    return [error] if error and config.gate_walltime else []


def _nothing_compared(comparison: Comparison, config: Config) -> IaipyError:
    name = comparison.base_name
    apart = any(entry.status == "incomparable" for entry in comparison.timings)
    if apart and comparison.machine_changes and not config.allow_environment_change:
        return gate.other_machine(comparison)
    return NothingToDoError(
        f"none of the benchmarks could be compared with the baseline {name}",
        f"were they renamed? iaipy baseline show {name} lists what it holds",
    )
