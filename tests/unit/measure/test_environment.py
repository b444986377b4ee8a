"""The pinned environment and the fingerprint; no process is started here."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.errors import HostError
from iaipy.measure import environment
from iaipy.process import Finished
from iaipy.settings import CPU_PROFILES

HOST = {
    "PATH": "/bin",
    "HOME": "/root",
    "SECRET": "x",
    "LANG": "de_DE.UTF-8",
    "PYTHONHASHSEED": "5",
    "KEEP": "k",
}


def pinned(
    *,
    host: Mapping[str, str] = HOST,
    profile: str = "avx2",
    extra: Mapping[str, str] | None = None,
    passed: Sequence[str] = (),
) -> dict[str, str]:
    """The environment that comes of a host's."""
    return environment.pinned(host, profile=profile, extra=extra or {}, passed=passed)


def test_only_what_is_needed_is_taken_over() -> None:
    """Of the host's variables PATH and its like stay, and no others."""
    found = pinned()
    assert found["PATH"] == "/bin"
    assert "SECRET" not in found
    assert found.keys() <= {*environment.PASSED, *environment.PINNED}


def test_pinned_variables_win_over_the_host() -> None:
    """What decides counts has one value, whatever it is outside."""
    assert pinned()["PYTHONHASHSEED"] == "0"
    assert pinned(passed=["LANG"])["LANG"] == "C.UTF-8"


def test_more_can_be_let_through_and_added() -> None:
    """pass_env takes a variable over if it is there, and env has the last word."""
    found = pinned(passed=["KEEP", "NOT_THERE"], extra={"TZ": "Asia/Tokyo", "NEW": "1"})
    assert found["KEEP"] == "k"
    assert "NOT_THERE" not in found
    assert (found["TZ"], found["NEW"]) == ("Asia/Tokyo", "1")


def test_profiles() -> None:
    """The profiles of the settings are those there are, and `any` keeps glibc from choosing by CPU."""
    assert set(CPU_PROFILES) == set(environment.CPU_PROFILES)
    assert "GLIBC_TUNABLES" not in pinned()
    assert "hwcaps" in pinned(profile="any")["GLIBC_TUNABLES"]


def test_tunables_say_what_was_added() -> None:
    """The fingerprint holds the variables set on purpose, sorted."""
    assert environment.tunables(profile="avx2", extra={}) == "none"
    assert environment.tunables(profile="avx2", extra={"B": "2", "A": "1"}) == "A=1 B=2"
    assert "GLIBC_TUNABLES" in environment.tunables(profile="any", extra={})


words = st.text(st.characters(codec="utf-8", exclude_characters="\0="), min_size=1, max_size=60)


@given(env=st.dictionaries(words, words, max_size=8), argv=st.lists(words, min_size=1, max_size=6))
def test_padding_fills_the_stack_to_one_length(env: dict[str, str], argv: list[str]) -> None:
    """However long the arguments and the environment are, the stack begins at the same place in a page."""
    env.pop("IAIPY_PAD", None)
    found = environment.padded(env, argv, Path("/work"))
    assert found == {**env, "PWD": "/work", "IAIPY_PAD": found["IAIPY_PAD"]}
    strings = [*argv, argv[0], *(f"{name}={value}" for name, value in found.items())]
    assert sum(len(os.fsencode(each)) + 1 + 8 for each in strings) % 4096 == 0


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        ("d-0-0-0 0-0-0-0 0-20-0-0", "avx2"),
        ("d-0-0-0 0-0-10000000-0 0-0-0-0", "avx"),
        ("d-0-0-0 0-0-100000-0 0-0-0-0", "sse4.2"),
        ("d-0-0-0 0-0-200-0 0-0-0-0", "ssse3"),
        ("d-0-0-0 0-0-0-0 0-0-0-0", "sse2"),
        ("hwcap ff 1f", "other"),
        ("", "other"),
    ],
)
def test_class_of_cpu(leaves: str, expected: str) -> None:
    """The newest vector instructions give a CPU its class; what has no CPUID is of another kind."""
    assert environment.cpu_class(leaves) == expected


def test_python_is_found(tmp_path: Path) -> None:
    """A name is looked for on PATH, a path is taken as it is, and none means this interpreter."""
    (tmp_path / "python3.99").touch(mode=0o755)
    env = {"PATH": str(tmp_path)}
    assert environment.find_python("python3.99", env) == str(tmp_path / "python3.99")
    assert environment.find_python("", env) == sys.executable
    assert environment.find_python(sys.executable, env) == sys.executable
    with pytest.raises(HostError, match=r"the Python python3\.98 was not found"):
        environment.find_python("python3.98", env)


def test_identity_of_this_python() -> None:
    """This interpreter is known without starting it, by its implementation, version and build."""
    identity = environment.python_identity(sys.executable, {})
    assert identity.startswith(f"CPython {sys.version.split()[0]} ")


def test_identity_of_the_c_library() -> None:
    """The C library has a name and a version, and on Linux a build."""
    assert environment.libc().split()[0].startswith(("glibc-", "musl", "libc"))


def test_build_id(tmp_path: Path) -> None:
    """The build id is read from the note of an ELF file; a file without one has none."""
    note = (4).to_bytes(4, sys.byteorder) + (20).to_bytes(4, sys.byteorder) + b"\3\0\0\0GNU\0"
    path = tmp_path / "libc.so.6"
    path.write_bytes(b"\x7fELF" + bytes(100) + note + bytes(range(16, 36)) + bytes(50))
    assert environment.build_id(path) == "101112131415"
    path.write_bytes(b"\x7fELF")
    assert environment.build_id(path) == ""
    assert environment.build_id(tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("head", "changed", "expected"),
    [
        (Finished(0, "abc123\n"), Finished(0, ""), "abc123"),
        (Finished(0, "abc123\n"), Finished(0, " M a.py\n"), "abc123+dirty"),
        (Finished(128, "fatal: not a git repository\n"), Finished(128, "fatal"), ""),
        (Finished(None, ""), Finished(None, ""), ""),
    ],
)
def test_commit(monkeypatch: pytest.MonkeyPatch, head: Finished, changed: Finished, expected: str) -> None:
    """The commit is marked when files differ from it, and empty outside version control."""
    monkeypatch.setattr(environment, "ask", lambda argv, **_: head if "rev-parse" in argv else changed)
    assert environment.commit(Path("/")) == expected


def test_commit_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git isn't installed, there is no commit."""

    def ask(*_: object, **__: object) -> Finished:
        raise FileNotFoundError(2, "No such file or directory", "git")

    monkeypatch.setattr(environment, "ask", ask)
    assert environment.commit(Path("/")) == ""


def test_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may explain a change: what the interpreter says is installed, the kernel and the system."""
    monkeypatch.setattr(environment, "ask", lambda *_, **__: Finished(0, "click==8.1 PyYAML==6.0\n"))
    notes = environment.notes("/usr/bin/python3", {})
    assert notes["distributions"] == "click==8.1 PyYAML==6.0"
    assert notes["kernel"]
    assert notes["system"]


@pytest.mark.parametrize(
    ("user_site", "home"), [(False, "/"), (True, "/home/a")], ids=["told later", "needed at once"]
)
def test_what_a_worker_is_told_later(user_site: bool, home: str) -> None:
    """It starts with constant values for what every user has otherwise, and gets the real ones afterwards."""
    env = {"HOME": "/home/a", "PATH": "/opt/bin", "TMPDIR": "/scratch", "LANG": "C"}
    early, later = environment.parted(env, user_site=user_site)
    assert early == {"HOME": home, "PATH": os.defpath, "LANG": "C"}
    assert {**early, **later} == env


def test_a_worker_has_a_home() -> None:
    """Where the user has none either: Python would ask the account database for one."""
    early, later = environment.parted({"PATH": "/bin"}, user_site=False)
    assert early["HOME"] == "/"
    assert later == {"PATH": "/bin"}
