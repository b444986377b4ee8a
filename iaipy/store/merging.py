"""Parts of one run put together: the shards of a suite that was measured on several machines."""

from collections.abc import Iterable, Mapping, Sequence

from iaipy.errors import HostError
from iaipy.model.run import Environment, Result, Run, Timing

_REMEDY = "merge the shards of one run: the same commit, measured in the same environment"

_MOST_NAMED = 10

_Named = tuple[str, Run]


def merge(parts: Sequence[_Named], *, partial: bool = False) -> Run:
    """One run with the results of all parts, in their order, and the time of the earliest.

    A note that isn't the same everywhere holds what each part says. A failure that several parts share, such
    as a file that can't be imported, is in it once.

    Parameters:
        parts: what each is called, and the run; at least one.
        partial: whether shards may be missing.

    Raises:
        HostError: they are of different commits or environments, a benchmark is in two of them, or a shard is
            missing.
    """
    _require_one_commit(parts)
    counted = [part for part in parts if part[1].benchmarks]
    timed = [part for part in parts if part[1].timings]
    _require_one_place([(name, run.environment) for name, run in counted], "environments")
    _require_one_place([(name, run.machine) for name, run in timed], "machines")
    _require_each_once(parts)
    if not partial:
        _require_all_shards(parts)
    runs = [run for _, run in parts]
    return Run(
        min(run.created_utc for run in runs),
        runs[0].commit,
        _joined([run.environment for _, run in counted]),
        tuple(result for run in runs for result in run.benchmarks),
        tuple(dict.fromkeys(failure for run in runs for failure in run.failures)),
        tuple(timing for run in runs for timing in run.timings),
        _joined([run.machine for _, run in timed]),
    )


def _require_one_commit(parts: Sequence[_Named]) -> None:
    name, first = parts[0]
    for other, run in parts[1:]:
        if run.commit != first.commit:
            commits = f"{first.commit or 'none'} and {run.commit or 'none'}"
            raise HostError(f"{name} and {other} are of different commits, {commits}", _REMEDY)


def _require_all_shards(parts: Sequence[_Named]) -> None:
    """See that of shards that say which they are, all are there."""
    numbers: dict[int, set[int]] = {}
    for _, run in parts:
        if run.shard:
            numbers.setdefault(run.shard[1], set()).add(run.shard[0])
    if len(numbers) > 1:
        totals = " and ".join(map(str, sorted(numbers)))
        raise HostError(f"the runs are of a suite split into {totals} shards", _REMEDY)
    for total, there in numbers.items():
        missing = [f"{number}/{total}" for number in range(1, total + 1) if number not in there]
        if missing:
            named = f"{', '.join(missing[:_MOST_NAMED])}{' …' * (len(missing) > _MOST_NAMED)}"
            raise HostError(
                f"the shard{'s' * (len(missing) > 1)} {named} {'are' if len(missing) > 1 else 'is'} missing",
                "name the files of all shards, or pass --partial to merge those that are there",
            )


def _require_one_place(parts: Sequence[tuple[str, Environment]], what: str) -> None:
    """Refuse what was measured under different conditions, with a table of what differs."""
    for other, place in parts[1:]:
        name, first = parts[0]
        rows = first.differences(place)
        if rows:
            table = [("what", name, other), *rows]
            widths = [max(len(row[column]) for row in table) for column in range(2)]
            lines = [f"  {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}" for row in table]
            raise HostError("\n".join([f"{name} and {other} are of different {what}:", *lines]), _REMEDY)


def _require_each_once(parts: Iterable[_Named]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for name, run in parts:
        measured: list[Result | Timing] = [*run.benchmarks, *run.timings]
        for each in measured:
            key = (each.id, each.mode)
            if key in seen:
                raise HostError(
                    f"{each.id} is in both {seen[key]} and {name}",
                    "merge shards that were split alike: the same N in --shard 1/N, the same suite and, "
                    "if any, the same --baseline",
                )
            seen[key] = name


def _joined(places: Sequence[Environment]) -> Environment:
    """One environment with the notes of all; the fingerprints are equal by now."""
    if not places:
        return Environment()
    keys = sorted({key for place in places for key in place.notes})
    return Environment(places[0].fingerprint, {key: _all_said(key, places) for key in keys})


def _all_said(key: str, places: Iterable[Environment]) -> str:
    notes: Iterable[Mapping[str, str]] = (place.notes for place in places)
    return " / ".join(dict.fromkeys(note.get(key, "-") for note in notes))
