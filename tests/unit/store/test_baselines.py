"""Baselines in their folder."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from iaipy.errors import BenchmarkError, ExitCode, HostError, IaipyError, NothingToDoError, UsageError
from iaipy.model.metrics import COUNTER_KEYS, EVENTS
from iaipy.model.run import Failure, Result, Run
from iaipy.store import baselines, files
from iaipy.store.document import dumps

if TYPE_CHECKING:
    from tests.conftest import Pipe
    from tests.unit.conftest import MakeProfile


def run(instructions: int = 1, *failures: Failure) -> Run:
    """A run of one benchmark."""
    result = Result(
        id="a.py::b",
        kind="function",
        counters=dict.fromkeys(COUNTER_KEYS, 0) | {"instructions": instructions},
        events=dict.fromkeys(EVENTS, 0),
        spread=dict.fromkeys(COUNTER_KEYS, 0),
    )
    return Run("2026-01-01T00:00:00Z", benchmarks=(result,), failures=failures)


BROKEN = Failure("a.py::c", "it broke")


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """A folder that isn't there yet."""
    return tmp_path / "new" / ".iaipy"


def leftovers(storage: Path) -> list[Path]:
    """Temporary files that were left behind."""
    return [path for path in storage.rglob("*") if ".tmp" in path.name]


def test_saved_is_loaded(storage: Path) -> None:
    """A baseline is in its own file, is found by name, and is replaced by a later one."""
    path = baselines.save(storage, "main", run(1))
    assert path == storage / "baselines" / "main.json"
    assert baselines.load(storage, "main") == run(1)
    baselines.save(storage, "main", run(2))
    assert baselines.load(storage, "main") == run(2)
    assert not leftovers(storage)


def test_file_is_as_readable_as_any_other(storage: Path, tmp_path: Path) -> None:
    """A baseline has the permissions of a file that the user makes, so that others can share it."""
    (tmp_path / "plain").write_text("")
    assert baselines.save(storage, "main", run()).stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_baselines_can_be_committed_and_the_rest_is_ignored(storage: Path) -> None:
    """Git is told to leave out the last run, the lock and temporary files, and one's own rules stay."""
    baselines.save(storage, "main", run())
    ignore = storage / ".gitignore"
    assert ignore.read_text().split() == ["last-run.json", "lock", "*.tmp"]
    ignore.write_text("*\n")
    baselines.save(storage, "main", run())
    assert ignore.read_text() == "*\n"


def test_names_are_sorted_and_foreign_files_left_out(storage: Path) -> None:
    """Only baselines are listed, in order; a folder that isn't there holds none."""
    assert baselines.names(storage) == []
    for name in ("weekly", "main", "v1.2"):
        baselines.save(storage, name, run())
    (storage / "baselines" / ".main.json.0a.tmp").write_text("")
    (storage / "baselines" / "notes.txt").write_text("")
    assert baselines.names(storage) == ["main", "v1.2", "weekly"]


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("feature/x", "feature-x"),
        ("../main", "main"),
        (".hidden", "hidden"),
        ("two words", "two-words"),
        ("main.json", "main"),
        ("größe", "gr-e"),
        ("a" * 101, "a" * 100),
        ("", ""),
        ("..", ""),
        ("main\n", "main"),
    ],
)
def test_impossible_names_are_refused_with_a_better_one(storage: Path, name: str, better: str) -> None:
    """A name that could leave the folder or hide in it is refused with nothing written, and one proposed."""
    with pytest.raises(UsageError) as error:
        baselines.save(storage, name, run())
    assert error.value.exit_code == ExitCode.USAGE
    assert error.value.remedy.endswith(f"; for example {better}") == bool(better)
    assert not storage.exists()


def test_longest_name_can_be_saved(storage: Path) -> None:
    """A name of the greatest length works, temporary file included."""
    baselines.save(storage, "a" * 100, run())
    assert baselines.names(storage) == ["a" * 100]


def test_last_is_reserved(storage: Path) -> None:
    """The name of the last run can be neither saved under, nor imported to, nor deleted."""
    for use in (
        lambda: baselines.save(storage, "last", run()),
        lambda: baselines.import_(storage, "last", storage),
        lambda: baselines.delete(storage, "last"),
    ):
        with pytest.raises(UsageError, match="kept for the last run"):
            use()


def test_last_run_is_found_as_last(storage: Path) -> None:
    """The last run is loaded, found and exported under its name, and isn't listed as a baseline."""
    with pytest.raises(NothingToDoError, match="no last run"):
        baselines.load(storage, "last")
    assert baselines.save_last(storage, run(1)) == storage / "last-run.json"
    baselines.save_last(storage, run(2))
    assert baselines.load(storage, "last") == run(2)
    assert baselines.find(storage, "last") == ("last", run(2))
    assert baselines.names(storage) == []
    assert not leftovers(storage)


def test_last_run_may_hold_failures(storage: Path) -> None:
    """The last run is kept as it went, failures included."""
    baselines.save_last(storage, run(1, BROKEN))
    assert baselines.load(storage, "last").failures == (BROKEN,)


def test_run_with_failures_replaces_nothing(storage: Path) -> None:
    """A run with failures is refused, and the old baseline stays; if they are allowed, they are left out."""
    baselines.save(storage, "main", run(1))
    with pytest.raises(
        BenchmarkError, match=r"the baseline main was left as it was, because a.py::c failed"
    ) as error:
        baselines.save(storage, "main", run(2, BROKEN))
    assert error.value.exit_code == ExitCode.BENCHMARK_FAILED
    assert baselines.load(storage, "main") == run(1)
    baselines.save(storage, "main", run(2, BROKEN), allow_failures=True)
    assert baselines.load(storage, "main") == run(2)


@pytest.mark.parametrize("allow_failures", [False, True])
def test_run_without_results_replaces_nothing(storage: Path, allow_failures: bool) -> None:
    """A baseline of nothing would let everything pass."""
    with pytest.raises(NothingToDoError, match="the baseline main was left as it was"):
        baselines.save(storage, "main", Run(""), allow_failures=allow_failures)
    assert baselines.names(storage) == []


def test_missing_baseline_names_what_there_is(storage: Path) -> None:
    """A name without a baseline is answered with those there are, the nearest, and how to make one."""
    with pytest.raises(NothingToDoError, match="there is no baseline mian") as error:
        baselines.load(storage, "mian")
    assert "there are no baselines" in error.value.remedy
    assert "--save-baseline" in error.value.remedy
    for name in ("main", "weekly"):
        baselines.save(storage, name, run())
    with pytest.raises(NothingToDoError) as error:
        baselines.load(storage, "mian")
    assert error.value.exit_code == ExitCode.NOTHING_TO_DO
    assert "there are main, weekly (did you mean main?)" in error.value.remedy


def test_delete(storage: Path) -> None:
    """A deleted baseline is gone, and can't be deleted twice."""
    baselines.save(storage, "main", run())
    baselines.delete(storage, "main")
    assert baselines.names(storage) == []
    with pytest.raises(NothingToDoError, match="there is no baseline main"):
        baselines.delete(storage, "main")


def test_export_and_import(storage: Path, tmp_path: Path) -> None:
    """An exported baseline can be imported under another name, and is the same."""
    baselines.save(storage, "main", run(5))
    file = baselines.export(storage, "main", tmp_path / "there" / "mine.json")
    assert file.read_text() == dumps(run(5))
    baselines.import_(storage, "other", file)
    assert baselines.load(storage, "other") == run(5)


def test_export_to_a_pipe(storage: Path, pipe: Pipe) -> None:
    """A pipe or a device, /dev/null for one, is written to rather than replaced."""
    baselines.save(storage, "main", run(5))
    baselines.export(storage, "main", pipe.path)
    assert pipe.path.is_fifo()
    assert pipe.read().decode() == dumps(run(5))


def test_import_checks_what_it_takes(storage: Path, tmp_path: Path) -> None:
    """A file that is missing, damaged, or holds failures never becomes a baseline."""
    file = tmp_path / "mine.json"
    with pytest.raises(NothingToDoError, match=r"mine\.json"):
        baselines.import_(storage, "main", file)
    file.write_text("{")
    with pytest.raises(HostError, match=r"mine\.json"):
        baselines.import_(storage, "main", file)
    file.write_text(dumps(run(1, BROKEN)))
    with pytest.raises(BenchmarkError):
        baselines.import_(storage, "main", file)
    assert baselines.names(storage) == []
    baselines.import_(storage, "main", file, allow_failures=True)
    assert baselines.names(storage) == ["main"]


def test_find_takes_names_and_files(storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A baseline's name goes before a file that is called the same; any other file is found by its path."""
    monkeypatch.chdir(tmp_path)
    baselines.save(storage, "main", run(1))
    for file in ("main", "other", "run.json"):
        Path(file).write_text(dumps(run(2)))
    assert baselines.find(storage, "main") == ("main", run(1))
    assert baselines.find(storage, "./main") == ("./main", run(2))
    assert baselines.find(storage, "other") == ("other", run(2))
    assert baselines.find(storage, "run.json") == ("run.json", run(2))


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ("absent", NothingToDoError),
        ("absent.json", NothingToDoError),
        ("feature/x", NothingToDoError),
        ("two words", UsageError),
        ("", IaipyError),
        (".", HostError),
        ("x" * 5000, HostError),
    ],
)
def test_find_of_nothing_is_one_clear_error(
    storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, error: type[IaipyError]
) -> None:
    """Whatever doesn't lead to a run is refused in one sentence."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error):
        baselines.find(storage, wanted)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"format": "other"}'])
def test_damaged_baseline_is_named(storage: Path, content: bytes) -> None:
    """A baseline that can't be understood is an error that names its file, and stays where it is."""
    path = baselines.save(storage, "main", run())
    path.write_bytes(content)
    with pytest.raises(HostError) as error:
        baselines.load(storage, "main")
    assert str(path) in error.value.message
    assert path.read_bytes() == content


def refusing(error: BaseException) -> Callable[..., None]:
    """A call that always raises this."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    return refuse


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace"])
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_failed_write_loses_nothing(
    storage: Path, monkeypatch: pytest.MonkeyPatch, call: str, reason: int
) -> None:
    """A disk that is full or read-only is reported with its reason; the old baseline stays, and no litter."""
    baselines.save(storage, "main", run(1))
    monkeypatch.setattr(call, refusing(OSError(reason, os.strerror(reason))))
    with pytest.raises(
        HostError, match=f"the baseline main was left as it was: {os.strerror(reason)}"
    ) as error:
        baselines.save(storage, "main", run(2))
    assert error.value.exit_code == ExitCode.ENVIRONMENT
    monkeypatch.undo()
    assert baselines.load(storage, "main") == run(1)
    assert not leftovers(storage)


def test_interrupted_write_loses_nothing(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while saving leaves the old baseline, no litter, and the lock free."""
    baselines.save(storage, "main", run(1))
    monkeypatch.setattr("os.fsync", refusing(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        baselines.save(storage, "main", run(2))
    monkeypatch.undo()
    assert baselines.load(storage, "main") == run(1)
    assert not leftovers(storage)
    baselines.save(storage, "main", run(3))


def test_folder_that_cannot_be_synced_is_no_failure(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system syncs no folders, the baseline is saved all the same."""
    monkeypatch.setattr("os.open", refusing(OSError(errno.EINVAL, "Invalid argument")))
    monkeypatch.setattr(files, "locked", contextlib.nullcontext)
    storage.mkdir(parents=True)
    baselines.save(storage, "main", run())
    monkeypatch.undo()
    assert baselines.load(storage, "main") == run()


def test_folder_in_place_of_the_file(storage: Path) -> None:
    """A folder that is called as the baseline's file is reported, by saving and by loading, and stays."""
    path = storage / "baselines" / "main.json"
    path.mkdir(parents=True)
    for use in (lambda: baselines.save(storage, "main", run()), lambda: baselines.load(storage, "main")):
        with pytest.raises(HostError, match="Is a directory"):
            use()
    assert path.is_dir()
    assert not leftovers(storage)


def test_file_in_place_of_the_folder(tmp_path: Path) -> None:
    """A file that stands where iaipy's folder belongs is reported by whatever needs the folder, and stays."""
    storage = tmp_path / "storage"
    storage.write_text("mine")
    for use in (
        lambda: baselines.save(storage, "main", run()),
        lambda: baselines.save_last(storage, run()),
        lambda: baselines.load(storage, "main"),
        lambda: baselines.names(storage),
    ):
        with pytest.raises(HostError):
            use()
    assert storage.read_text() == "mine"


def test_lock_held_by_another(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that isn't freed in time is an error that names it, and the baseline stays."""
    baselines.save(storage, "main", run(1))
    monkeypatch.setattr(files, "LOCK_TIMEOUT_S", 0.1)
    with FileLock(storage / "lock"), pytest.raises(HostError, match=r"has been holding .*lock for 0\.1 s"):
        baselines.save(storage, "main", run(2))
    assert baselines.load(storage, "main") == run(1)


def test_simultaneous_saves(storage: Path) -> None:
    """Of runs that save the same baseline at once, one is there in the end, whole."""
    savers = [threading.Thread(target=baselines.save, args=(storage, "main", run(n))) for n in range(1, 9)]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    assert baselines.load(storage, "main").benchmarks[0].counters["instructions"] in range(1, 9)
    assert not leftovers(storage)


def test_profiles_go_with_their_baseline(storage: Path, tmp_path: Path, make_profile: MakeProfile) -> None:
    """They are saved, exported, imported, replaced and deleted together."""
    kept = {"a.py::b": make_profile({"f": (1, 1)})}
    baselines.save(storage, "main", run(1), with_profiles=kept)
    assert baselines.names(storage) == ["main"]
    assert baselines.load_profiles(storage, "main") == kept
    baselines.export(storage, "main", tmp_path / "file.json")
    baselines.import_(storage, "copy", tmp_path / "file.json")
    assert baselines.load_profiles(storage, "copy") == kept
    baselines.save(storage, "main", run(2))
    assert baselines.load_profiles(storage, "main") == {}
    baselines.delete(storage, "copy")
    assert sorted(path.name for path in (storage / "baselines").iterdir()) == ["main.json"]


def test_a_full_disk_leaves_both_as_they_were(
    storage: Path, monkeypatch: pytest.MonkeyPatch, make_profile: MakeProfile
) -> None:
    """Where there is no room for the profiles, the baseline isn't replaced either."""
    kept = {"a.py::b": make_profile({"f": (1, 1)})}
    baselines.save(storage, "main", run(1), with_profiles=kept)
    write = files._write

    def full(file: Path, content: bytes, *, durable: bool) -> None:
        if "profiles" in file.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, content, durable=durable)

    monkeypatch.setattr(files, "_write", full)
    with pytest.raises(HostError, match="was left as it was"):
        baselines.save(storage, "main", run(2), with_profiles={"a.py::b": make_profile({"g": (2, 1)})})
    assert baselines.load(storage, "main") == run(1)
    assert baselines.load_profiles(storage, "main") == kept
    assert not leftovers(storage)
