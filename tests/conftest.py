"""What all tests share: golden files, and a GitHub."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fake_github import FakeGitHub, serving

Golden = Callable[[str, str], None]

_FOLDER = Path(__file__).parent / "golden"


def pytest_configure() -> None:
    """Have signals do what they do in a terminal: a shell's background jobs ignore one, nohup's the other."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture
def golden() -> Golden:
    """Compare a text with a golden file, named by its path in tests/golden.

    On a mismatch the text is put beside it as `NAME.got`; with UPDATE_GOLDEN=1 in the environment it
    replaces the file.
    """

    def check(name: str, text: str) -> None:
        wanted, got = _FOLDER / name, _FOLDER / f"{name}.got"
        if os.environ.get("UPDATE_GOLDEN") == "1":
            wanted.parent.mkdir(parents=True, exist_ok=True)
            wanted.write_text(text, encoding="utf-8")
        if wanted.exists() and wanted.read_text(encoding="utf-8") == text:
            got.unlink(missing_ok=True)
            return
        got.parent.mkdir(parents=True, exist_ok=True)
        got.write_text(text, encoding="utf-8")
        pytest.fail(f"{name} differs from what is expected: see {got}, or run with UPDATE_GOLDEN=1")

    return check


@dataclass(frozen=True)
class Pipe:
    """A named pipe that is open for reading, so that writing to it doesn't wait."""

    path: Path
    descriptor: int

    def read(self) -> bytes:
        """What has been written to it."""
        return os.read(self.descriptor, 1 << 16)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    """A file that isn't a plain one. No test tries its luck with the machine's own /dev/null."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield Pipe(path, descriptor)
    os.close(descriptor)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub."""
    with serving() as fake:
        yield fake
