"""Child processes, without starting any."""

import os
from itertools import count

import pytest

from iaipy import process


@pytest.mark.parametrize(("own", "last"), [(1, 257), (200, 257), (300, None)])
def test_small_numbers_are_used_up(own: int, last: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container of its own iaipy starts processes until their numbers are above those Python keeps."""
    numbers = count(own + 1)
    ended: list[int] = []
    monkeypatch.setattr(os, "getpid", lambda: own)
    monkeypatch.setattr(os, "posix_spawnp", lambda *_: next(numbers))
    monkeypatch.setattr(os, "waitpid", lambda number, _: ended.append(number))
    process._use_up_small_numbers.__wrapped__()
    assert ended == ([] if last is None else list(range(own + 1, last + 1)))


def test_missing_program_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is nothing to start, things stay as they are."""

    def missing(*_: object) -> int:
        raise FileNotFoundError

    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(os, "posix_spawnp", missing)
    process._use_up_small_numbers.__wrapped__()
