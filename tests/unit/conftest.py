"""A project whose benchmarks are measured by the fake engine, without any process."""

import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iaipy import cli
from iaipy.config import Config
from iaipy.measure import ENGINES, Engine, environment
from iaipy.measure.fake import FakeEngine
from iaipy.model.metrics import Events
from iaipy.model.profile import Accounting, Frame, Function, Profile
from iaipy.model.run import Environment, Failure

FILE = "benchmarks/bench_cli.yaml"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeProject:
    """A project with a suite of commands, and an engine that answers from a script.

    Parameters:
        root: its folder, the current one.
    """

    def __init__(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.root = root
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def measures(
        self, script: Mapping[str, int | Failure], fingerprint: Mapping[str, str] | None = None
    ) -> None:
        """Write a suite with these commands, and let each count so many instructions, or fail."""
        (self.root / "benchmarks").mkdir(exist_ok=True)
        (self.root / FILE).write_text("commands:\n" + "".join(f"  {name}: /bin/true\n" for name in script))
        answers: dict[str, Events | Failure] = {
            f"{FILE}::{name}": answer if isinstance(answer, Failure) else {"Ir": answer, "Dr": answer // 4}
            for name, answer in script.items()
        }
        where = Environment(
            fingerprint or {"python": "CPython 3.13.1", "valgrind": "3.24.0"}, {"kernel": "6.1"}
        )

        def make(config: Config) -> AbstractContextManager[Engine]:
            return FakeEngine(answers, where)

        self._monkeypatch.setitem(ENGINES, "instructions", make)

    def fails(self, name: str, reason: str, details: str = "") -> Failure:
        """The outcome of a command that gives no numbers."""
        return Failure(f"{FILE}::{name}", reason, details)

    def iaipy(self, line: str) -> tuple[int, str, str]:
        """Run the command line; the exit code, and what went to standard output and error."""
        self._monkeypatch.setattr(sys, "argv", ["iaipy", *shlex.split(line)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = (text.replace(str(self.root), "PROJECT") for text in self._capsys.readouterr())
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    def transcript(self, *lines: str) -> str:
        """Run several command lines; all that they print and their exit codes, as one text."""
        parts = []
        for line in lines:
            code, out, err = self.iaipy(line)
            parts += [
                f"$ iaipy {line}\n",
                out,
                f"--- stderr\n{err}" if err else "",
                f"--- exit code {code}\n\n",
            ]
        return "".join(parts)


class _FixedTime:
    @staticmethod
    def now(zone: object) -> datetime:
        return NOW


@pytest.fixture
def fake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[FakeProject]:
    """An empty project at a fixed time, without version control."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "commit", lambda root: "0123abc")
    monkeypatch.setattr("iaipy.measuring.datetime", _FixedTime)
    monkeypatch.setattr(
        sys.modules["__main__"], "__package__", None
    )  # where click looks for a program's name
    (tmp_path / "iaipy.yaml").touch()
    handler = signal.getsignal(signal.SIGTERM)
    yield FakeProject(tmp_path, monkeypatch, capsys)
    signal.signal(signal.SIGTERM, handler)


MakeProfile = Callable[[Mapping[str, tuple[int, int]]], Profile]


@pytest.fixture
def make_profile() -> MakeProfile:
    """Makes a profile of paths "caller;callee;function", each with its own instructions and calls.

    Callers stand before what they call. Each function is on line 1 of a file named after its module.
    """

    def make(costs: Mapping[str, tuple[int, int]]) -> Profile:
        functions: dict[str, int] = {}
        positions = {"": -1}
        frames: list[Frame] = []
        for path, (own, calls) in costs.items():
            above, _, name = path.rpartition(";")
            index = functions.setdefault(name, len(functions))
            positions[path] = len(frames)
            frames.append(Frame(index, positions[above], own, calls))
        total = sum(own for own, _ in costs.values())
        return Profile(
            "benchmarks/bench_x.py::parse",
            tuple(Function(name, f"{name.partition('.')[0]}.py", 1) for name in functions),
            tuple(frames),
            Accounting(total, 0, 0, total),
        )

    return make
