"""Named baselines in a folder, and the last run; written whole or not at all."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from iaipy.errors import BenchmarkError, HostError, NothingToDoError, UsageError
from iaipy.model.profile import Profile
from iaipy.model.run import Run
from iaipy.store import files, profiles
from iaipy.store.document import dumps, loads

LAST = "last"
"""The reserved name under which the last run is found."""

LONGEST_NAME = 100

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_SAVING_REMEDY = "iaipy run --save-baseline NAME saves one"


def save(
    storage: Path,
    name: str,
    run: Run,
    *,
    allow_failures: bool = False,
    with_profiles: Mapping[str, Profile] | None = None,
) -> Path:
    """Save a run as a baseline, in place of an older one of that name and its profiles.

    Parameters:
        storage: iaipy's folder, usually `.iaipy`.
        with_profiles: by benchmarks' ids, what is kept with it.
        allow_failures: save it although benchmarks failed; those are then not in the baseline.

    Returns:
        the file it is in.

    Raises:
        UsageError: the name is not one a baseline can have.
        BenchmarkError: benchmarks failed.
        NothingToDoError: the run has no results.
        HostError: it can't be written; an older baseline is left as it was.
    """
    target = _path(storage, check_name(name))
    if run.failures and not allow_failures:
        raise BenchmarkError(
            f"the baseline {name} was left as it was, because {run.failures[0].id} failed"
            + (f" and {len(run.failures) - 1} more" if len(run.failures) > 1 else ""),
            "mend what failed, or pass --allow-failures to save the rest",
        )
    if not run.benchmarks and not run.timings:
        raise NothingToDoError(f"the baseline {name} was left as it was, because the run has no results")
    with files.writing(f"the baseline {name} was left as it was"), files.locked(storage):
        _write(target, replace(run, failures=()), with_profiles or {})
    return target


def load_profiles(storage: Path, name: str) -> dict[str, Profile]:
    """The profiles that are kept with a baseline, by the benchmarks' ids.

    Raises:
        HostError: they can't be read, or are damaged.
    """
    return profiles.load(_path(storage, name))


def prepare(storage: Path) -> None:
    """Make the folder, set up so that its baselines can be committed and nothing else is.

    Raises:
        HostError: it can't be made.
    """
    with files.writing("the results can't be kept"):
        files.make(storage)


def save_last(storage: Path, run: Run) -> Path:
    """Keep the run so far as the last one; called after every benchmark, so it doesn't wait for the disk.

    Raises:
        HostError: it can't be written.
    """
    target = _path(storage, LAST)
    with files.writing("the results so far can't be kept"):
        files.make(storage)
        files.replace(target, dumps(run), durable=False)
    return target


def load(storage: Path, name: str) -> Run:
    """The baseline of that name, or the last run for `last`.

    Raises:
        UsageError: the name is not one a baseline can have.
        NothingToDoError: there is none of that name.
        HostError: the file can't be read or is damaged.
    """
    path = _path(storage, _checked(name))
    try:
        return _read(path)
    except FileNotFoundError:
        raise _absent(storage, name) from None


def find(storage: Path, name_or_file: str) -> tuple[str, Run]:
    """What a person calls it, and the run: a baseline's name, or the path of a file.

    A baseline goes before a file that is called the same.

    Raises:
        UsageError, NothingToDoError, HostError: as `load` does.
    """
    name, file = name_or_file, Path(name_or_file)
    if name == LAST or name in names(storage):
        return name, load(storage, name)
    try:
        return name, _read(file)
    except FileNotFoundError:
        if os.sep not in name and file.suffix != ".json":
            raise _absent(storage, _checked(name)) from None
        raise NothingToDoError(f"there is no file {name}", _known(storage, name)) from None


def names(storage: Path) -> list[str]:
    """The names of all baselines, sorted.

    Raises:
        HostError: the folder can't be read.
    """
    folder = storage / "baselines"
    try:
        return sorted(
            path.stem for path in folder.iterdir() if path.suffix == ".json" and _NAME.match(path.name)
        )
    except FileNotFoundError:
        return []
    except OSError as error:
        raise HostError(f"{folder} can't be read: {error.strerror}") from error


def delete(storage: Path, name: str) -> None:
    """Remove a baseline.

    Raises:
        UsageError, NothingToDoError: as `load` does; `last` can't be removed.
        HostError: the folder can't be written.
    """
    if check_name(name) not in names(storage):
        raise _absent(storage, name)
    with files.writing(f"the baseline {name} was left as it was"), files.locked(storage):
        path = _path(storage, name)
        files.replace_all({path: None, profiles.beside(path): None}, durable=True)


def export(storage: Path, name: str, to: Path) -> Path:
    """Write a baseline, or the last run, to a file of one's own, and its profiles beside it.

    Raises:
        UsageError, NothingToDoError, HostError: as `load` does, or the file can't be written.
    """
    run, kept = load(storage, name), load_profiles(storage, name)
    with files.writing(f"{to} was left as it was"):
        _write(to, run, kept)
    return to


def import_(storage: Path, name: str, from_: Path, *, allow_failures: bool = False) -> Path:
    """Save the run in a file as a baseline, with the profiles beside it.

    Raises:
        NothingToDoError: there is no such file.
        HostError: it is not a stored run.
        UsageError, BenchmarkError: as `save` does.
    """
    check_name(name)
    try:
        run = _read(from_)
    except FileNotFoundError:
        raise NothingToDoError(f"there is no file {from_}") from None
    return save(storage, name, run, allow_failures=allow_failures, with_profiles=profiles.load(from_))


def _write(path: Path, run: Run, kept: Mapping[str, Profile]) -> None:
    """Write a run's file, and the one of its profiles, or remove that."""
    packed = profiles.pack(kept) if kept else None
    files.replace_all({path: dumps(run).encode(), profiles.beside(path): packed}, durable=True)


def _path(storage: Path, name: str) -> Path:
    return storage / "last-run.json" if name == LAST else storage / "baselines" / f"{name}.json"


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) and len(name) <= LONGEST_NAME and not name.endswith(".json"):
        return name
    better = re.sub(r"[^A-Za-z0-9._-]+", "-", name).removesuffix(".json").strip(".-")[:LONGEST_NAME]
    raise UsageError(
        f"{name[: 2 * LONGEST_NAME]!r} can't be the name of a baseline",
        "letters, digits, '.', '_' and '-' make one, "
        f"up to {LONGEST_NAME} of them, with no dot in front and no .json behind"
        + (f"; for example {better}" if better else ""),
    )


def check_name(name: str) -> str:
    """The name, if a baseline can be saved under it.

    Raises:
        UsageError: it can't.
    """
    if name == LAST:
        raise UsageError(f"the name {LAST} is kept for the last run", "choose another name")
    return _checked(name)


def _absent(storage: Path, name: str) -> NothingToDoError:
    if name == LAST:
        return NothingToDoError(f"there is no last run in {storage} yet", "iaipy run makes one")
    return NothingToDoError(f"there is no baseline {name} in {storage}", _known(storage, name))


def _known(storage: Path, name: str) -> str:
    """Which baselines there are, the nearest to a name that isn't there, and how to make one."""
    there = names(storage)
    if not there:
        return f"there are no baselines in {storage}; {_SAVING_REMEDY}"
    nearest = get_close_matches(name.replace("/", "-"), there, n=1)
    guess = f" (did you mean {nearest[0]}?)" if nearest else ""
    return f"there are {', '.join(there)}{guess}; {_SAVING_REMEDY}"


def _read(path: Path) -> Run:
    """The run in a file; FileNotFoundError is left for the caller, who knows what it was called."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise HostError(f"{path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise HostError(f"{path} can't be used as a stored run: it is not UTF-8 text") from error
    return loads(text, str(path))
