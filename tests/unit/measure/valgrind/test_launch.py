"""Valgrind's command lines; no valgrind is started here."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from iaipy.errors import ExitCode, HostError
from iaipy.measure.valgrind import launch
from iaipy.measure.valgrind.launch import Valgrind, cachegrind_argv, find
from iaipy.process import Finished

CACHE = {"I1": "32768,8,64", "D1": "16384,4,64", "LL": "8388608,16,64"}


def valgrind(major: int, minor: int) -> Valgrind:
    """A valgrind of this version."""
    return Valgrind("/usr/bin/valgrind", f"{major}.{minor}.0", (major, minor))


def argv(of: Valgrind, *, late: bool = False, children: bool = False) -> list[str]:
    """Its command line."""
    return cachegrind_argv(of, Path("/tmp/x"), CACHE, late=late, children=children)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A file that could be valgrind."""
    path = tmp_path / "valgrind"
    path.touch(mode=0o755)
    return path


def answers(monkeypatch: pytest.MonkeyPatch, finished: Finished | OSError) -> None:
    """Let whatever is asked for its version answer so."""

    def ask(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Finished:
        assert list(argv[1:]) == ["--version"]
        if isinstance(finished, OSError):
            raise finished
        return finished

    monkeypatch.setattr(launch, "ask", ask)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems(platform: str) -> None:
    """Anything but Linux is refused before anything is looked for."""
    with pytest.raises(HostError, match=f"on Linux, and this is {platform}") as caught:
        find("valgrind", {}, platform)
    assert caught.value.exit_code is ExitCode.ENVIRONMENT
    assert "container" in caught.value.remedy


def test_missing_valgrind(tmp_path: Path) -> None:
    """A valgrind that is not on PATH is named, with how to install it."""
    with pytest.raises(HostError, match="valgrind was not found") as caught:
        find("valgrind", {"PATH": str(tmp_path)}, "linux")
    assert "apt-get install valgrind" in caught.value.remedy


def test_valgrind_that_is_not_executable(tmp_path: Path) -> None:
    """A file without the right to be executed is told from one that isn't there."""
    (tmp_path / "valgrind").touch(mode=0o644)
    with pytest.raises(HostError, match="is not executable"):
        find(str(tmp_path / "valgrind"), {}, "linux")


@pytest.mark.parametrize(
    ("output", "release", "version"),
    [
        ("valgrind-3.15.0\n", "3.15.0", (3, 15)),
        ("valgrind-3.19.0\n", "3.19.0", (3, 19)),
        ("valgrind-3.24.0.GIT\n", "3.24.0.GIT", (3, 24)),
        ("warning: something\nvalgrind-3.27.1\n", "3.27.1", (3, 27)),
    ],
)
def test_versions(
    program: Path, monkeypatch: pytest.MonkeyPatch, output: str, release: str, version: tuple[int, int]
) -> None:
    """The version is read from whatever valgrind calls itself."""
    answers(monkeypatch, Finished(0, output))
    assert find("valgrind", {"PATH": str(program.parent)}, "linux") == Valgrind(
        str(program), release, version
    )


@pytest.mark.parametrize(
    ("finished", "message"),
    [
        (Finished(0, "valgrind-3.14.0\n"), "valgrind 3.14 at .* is too old"),
        (Finished(0, "valgrind-2.4.0\n"), "too old"),
        (Finished(0, "hello\n"), "no working valgrind: --version printed 'hello'"),
        (Finished(1, "valgrind-3.24.0\n"), "no working valgrind"),
        (Finished(None, ""), "no working valgrind"),
        (OSError(8, "Exec format error"), "can't be started: Exec format error"),
    ],
)
def test_unusable_valgrind(
    program: Path, monkeypatch: pytest.MonkeyPatch, finished: Finished | OSError, message: str
) -> None:
    """A valgrind that is too old, or is none, is refused with its path."""
    answers(monkeypatch, finished)
    with pytest.raises(HostError, match=message) as caught:
        find(str(program), {}, "linux")
    assert str(program) in caught.value.message


def test_geometry_and_files() -> None:
    """The caches' geometry and the folder for the files are said in so many words."""
    words = argv(valgrind(3, 19))
    assert words[0] == "/usr/bin/valgrind"
    assert {"--tool=cachegrind", "--cache-sim=yes", "--D1=16384,4,64"} <= set(words)
    assert "--cachegrind-out-file=/tmp/x/counts.%p" in words
    assert "--log-file=/tmp/x/valgrind.%p" in words
    assert "--trace-children=no" in words


def test_settings_of_a_person_are_ignored() -> None:
    """A .valgrindrc or VALGRIND_OPTS can't change the counts; the word for it must come first."""
    assert argv(valgrind(3, 19))[1] == "--command-line-only=yes"


def test_children() -> None:
    """Programs that are started are counted where that is asked for."""
    assert "--trace-children=yes" in argv(valgrind(3, 19), children=True)


@pytest.mark.parametrize(("minor", "late"), [(15, False), (21, False), (22, True), (27, True)])
def test_counting_can_start_late(minor: int, late: bool) -> None:
    """From 3.22 on the import can run uncounted."""
    assert valgrind(3, minor).can_start_late is late
    assert ("--instr-at-start=no" in argv(valgrind(3, minor), late=late)) is late


@pytest.mark.parametrize(
    ("minor", "word"),
    [(15, "--vex-guest-chase-thresh=0"), (16, "--vex-guest-chase=no"), (27, "--vex-guest-chase=no")],
)
def test_translation_is_the_same_everywhere(minor: int, word: str) -> None:
    """The option that keeps valgrind from following jumps has had two names."""
    assert word in argv(valgrind(3, minor))
