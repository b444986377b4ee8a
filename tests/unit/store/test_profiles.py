"""Profiles kept beside a baseline."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from iaipy.errors import HostError
from iaipy.store import profiles

if TYPE_CHECKING:
    from tests.unit.conftest import MakeProfile


def test_kept_is_loaded(tmp_path: Path, make_profile: MakeProfile) -> None:
    """What is packed is what is loaded, and the same profiles make the same bytes."""
    kept = {"a.py::b": make_profile({"f": (10, 1)}), "a.py::ü\n": make_profile({"f": (1, 1), "f;g": (2, 2)})}
    packed = profiles.pack(kept)
    profiles.beside(tmp_path / "main.json").write_bytes(packed)
    assert profiles.load(tmp_path / "main.json") == kept
    assert profiles.pack(dict(reversed(kept.items()))) == packed


def test_file_is_no_baseline(tmp_path: Path) -> None:
    """It lies beside the baseline's, under a name that no baseline's file has."""
    assert profiles.beside(tmp_path / "main.json") == tmp_path / "main.profiles.gz"
    assert profiles.beside(tmp_path / "main.x") == tmp_path / "main.x.profiles.gz"


def test_no_file_is_no_profiles(tmp_path: Path) -> None:
    """A baseline without profiles has none."""
    assert profiles.load(tmp_path / "main.json") == {}


def test_profiles_of_many_functions_are_small(tmp_path: Path, make_profile: MakeProfile) -> None:
    """Two hundred functions take less than four kilobytes."""
    many = make_profile({f"package.module.function_{n}": (n * 7919, n) for n in range(200)})
    assert len(profiles.pack({"a.py::b": many})) < 4_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not readable as JSON"),
        (b"no gzip", "damaged"),
        (gzip.compress(b"x" * 9999)[:30], "damaged"),
        (gzip.compress(b"{"), "not readable as JSON"),
        (gzip.compress(b"[" * 100_000), "not readable as JSON"),
        (gzip.compress(b"[]"), "its format is not iaipy.profiles"),
        (gzip.compress(b'{"format": "iaipy.profiles", "version": 9}'), "its version is 9"),
        (gzip.compress(b'{"format": "iaipy.profiles", "version": 1}'), "it has no profiles"),
        (
            gzip.compress(b'{"format": "iaipy.profiles", "version": 1, "profiles": {"a": {}}}'),
            "its format is not iaipy.profile",
        ),
    ],
)
def test_damage_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    """One sentence says what is wrong with the file, whatever it is."""
    profiles.beside(tmp_path / "main.json").write_bytes(content)
    with pytest.raises(HostError, match=r"main\.profiles\.gz") as caught:
        profiles.load(tmp_path / "main.json")
    assert said in caught.value.message
