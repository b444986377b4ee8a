"""What the integration tests share: throw-away projects, and `iaipy` run in them as a person runs it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

_TIMEOUT_S = 240


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, and what it printed on standard output and error."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """The last line of standard output."""
        return self.out.rstrip("\n").rpartition("\n")[2]


class Project:
    """A folder with benchmarks, in which `iaipy` is run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "iaipy.yaml").touch()  # makes it a project's root

    def write(self, name: str, text: str) -> Path:
        """Put a file there, its text without the indentation it has in the test."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def start(
        self,
        *words: str,
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = ("-m", "iaipy"),
        prefix: Sequence[str] = (),
    ) -> subprocess.Popen[str]:
        """Start `iaipy` with these words, in a process group of its own."""
        return subprocess.Popen(
            [*prefix, sys.executable, *program, *words],
            cwd=self.root,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def finish(self, process: subprocess.Popen[str], timeout_s: float = _TIMEOUT_S) -> Done:
        """Wait until it ends; an error of iaipy's own is never shown as a traceback."""
        try:
            out, err = process.communicate(timeout=timeout_s)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        done = Done(process.returncode, out, err)
        # Inside a benchmark's own details it is indented.
        assert not any(line.startswith("Traceback") for line in (out + err).splitlines()), done
        return done

    def iaipy(
        self,
        *words: str,
        env: Mapping[str, str] | None = None,
        program: Sequence[str] = ("-m", "iaipy"),
        prefix: Sequence[str] = (),
    ) -> Done:
        """Run `iaipy` with these words to its end."""
        return self.finish(self.start(*words, env=env, program=program, prefix=prefix))

    def measured(self, *words: str, **options: Any) -> dict[str, dict[str, int]]:
        """Run the benchmarks, all of which must work; their counters by name."""
        done = self.iaipy("run", *words, **options)
        assert done.code == 0, done
        return self.counters()

    def last(self) -> dict[str, Any]:
        """The document of the last run."""
        document: dict[str, Any] = json.loads((self.root / ".iaipy" / "last-run.json").read_text())
        return document

    def results(self) -> dict[str, dict[str, Any]]:
        """The last run's results, by name."""
        return {entry["id"].partition("::")[2]: entry for entry in self.last()["benchmarks"]}

    def counters(self) -> dict[str, dict[str, int]]:
        """The last run's counters, by name."""
        return {name: entry["counters"] for name, entry in self.results().items()}

    def failures(self) -> dict[str, dict[str, str]]:
        """The last run's failures, by name, or by file where that failed."""
        return {entry["id"].partition("::")[2] or entry["id"]: entry for entry in self.last()["failures"]}


MakeProject = Callable[[], Project]


@pytest.fixture(scope="session")
def valgrind() -> str:
    """The path of valgrind; without one the test is skipped, but in CI it fails."""
    path = shutil.which("valgrind")
    if path is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("valgrind is not installed, and these tests run it: apt-get install valgrind")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> MakeProject:
    """Makes empty projects."""
    return lambda: Project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def project(make_project: MakeProject) -> Project:
    """An empty project."""
    return make_project()


ProcessesIn = Callable[[Path], list[str]]


@pytest.fixture(scope="session")
def processes_in() -> ProcessesIn:
    """Lists the command lines of the processes that name a folder there, or stand in it."""

    def find(folder: Path) -> list[str]:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(folder) in line or (entry / "cwd").readlink() == folder:
                    found.append(line)
        return found

    return find


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB; where this user can't mount one, the test is skipped."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder))
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no small disk to fill: {error}")
    if done.returncode != 0:
        pytest.skip(f"no small disk to fill: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)


@pytest.fixture(scope="session")
def named_python() -> str:
    """An interpreter that gives Python functions names in profiles: 3.12 or newer, with cffi."""
    probe = "import sys, _cffi_backend; sys.activate_stack_trampoline"
    prepared = str(Path(__file__).parents[2] / ".venv/named/bin/python")  # by ci/prepare
    names = (
        os.environ.get("IAIPY_TEST_PYTHON"),
        sys.executable,
        prepared,
        "python3.14",
        "python3.13",
        "python3.12",
    )
    for path in filter(None, map(shutil.which, filter(None, names))):
        if subprocess.run((path, "-c", probe), capture_output=True, check=False).returncode == 0:
            return path
    pytest.skip(
        "no Python 3.12 or newer with cffi: install one and run ci/prepare test, or set IAIPY_TEST_PYTHON"
    )
