"""The machine as wall-clock times see it."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from iaipy.measure import environment
from iaipy.measure.walltime import machine

GOVERNOR = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
CPU = "processor\t: 0\nmodel name\t: A Processor @ 2.40GHz\nflags\t: fpu\n\nprocessor\t: 1\nmodel name\t: B\n"

Pretend = Callable[[Mapping[str, str]], None]


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Lets the system's files have these contents; all others can't be read."""

    def files(contents: Mapping[str, str]) -> None:
        monkeypatch.setattr(machine, "_read", lambda path: contents.get(str(path), "").strip())

    return files


@pytest.mark.parametrize(
    ("busy", "governor", "cores", "phrases"),
    [
        (0.0, "", 2, []),
        (0.4, "performance", 2, []),
        (0.6, "", 2, ["busy before timing began (0.6 of 2 cores)"]),
        (0.6, "", 8, []),
        (0.0, "powersave", 4, ["governed by powersave", "cpupower frequency-set -g performance"]),
        (0.0, "schedutil", 4, ["governed by schedutil"]),
        (0.0, "", 1, ["one core"]),
        (1.0, "ondemand", 1, ["busy", "ondemand", "one core"]),
    ],
)
def test_warnings(
    pretend: Pretend,
    monkeypatch: pytest.MonkeyPatch,
    busy: float,
    governor: str,
    cores: int,
    phrases: list[str],
) -> None:
    """A machine on which times can't be trusted is warned of, a good one isn't."""
    pretend({GOVERNOR: f"{governor}\n"})
    monkeypatch.setattr(machine, "cores", lambda: cores)
    found = " · ".join(machine.warnings(busy))
    assert all(phrase in found for phrase in phrases)
    assert bool(found) == bool(phrases)


def test_load_is_of_this_moment_and_of_these_cores(pretend: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted are the cores that this process may use; idling and waiting for disks is not work."""
    columns = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest"]

    def stat(**first: int) -> dict[str, str]:
        times = [str(100 + first.get(column, 0)) for column in columns]
        return {"/proc/stat": f"cpu  9 9 9\ncpu0 {' '.join(times)}\ncpu7 {'5 ' * 9}\nbtime 5\n"}

    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3}, raising=False)
    monkeypatch.setattr(time, "sleep", lambda seconds: pretend(stat(user=10, steal=5, idle=60)))
    pretend(stat())
    assert machine.load() == pytest.approx(15 / 75)
    monkeypatch.setattr(time, "sleep", lambda seconds: pretend(stat(idle=30, iowait=30)))
    pretend(stat())
    assert machine.load() == 0
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    assert machine.load() == 0  # so short a moment that no tick fell into it


def test_load_where_the_system_does_not_tell(pretend: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox may have no such file."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    pretend({})
    assert machine.load() == 0


def test_load_here() -> None:
    """No more cores can be busy than there are."""
    assert 0 <= machine.load() <= machine.cores() + 0.01


def test_described(pretend: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes times incomparable is in the fingerprint, the machine's state among the notes."""
    pretend({GOVERNOR: "performance\n", "/proc/cpuinfo": CPU})
    monkeypatch.setattr(environment, "python_identity", lambda python, env: f"the Python {python}")
    monkeypatch.setattr(machine, "in_container", lambda: True)
    found = machine.described("python3", {}, "pinned", 0.254)
    assert found.fingerprint == {
        "method": machine.METHOD,
        "python": "the Python python3",
        "libc": environment.libc(),
        "architecture": os.uname().machine,
        "cpu": "A Processor @ 2.40GHz",
        "cores": str(machine.cores()),
        "layout": "pinned",
    }
    assert found.notes == {
        "governor": "performance",
        "load": "0.25",
        "container": "yes",
        "kernel": os.uname().release,
    }


def test_described_where_the_system_tells_nothing(pretend: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be found out is said to be unknown; nothing is left empty."""
    pretend({})
    monkeypatch.setattr(environment, "python_identity", lambda python, env: "a Python")
    found = machine.described(sys.executable, {}, "random", 0)
    assert found.notes["governor"] == "unknown"
    assert all({**found.fingerprint, **found.notes}.values())


def test_containers_are_known_by_their_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of docker and of podman."""
    marks = (str(tmp_path / "a"), str(tmp_path / "b"))
    monkeypatch.setattr(machine, "_CONTAINER_MARKS", marks)
    assert not machine.in_container()
    (tmp_path / "b").touch()
    assert machine.in_container()


def test_files_that_cannot_be_read_are_empty(tmp_path: Path) -> None:
    """As for the governor of a virtual machine."""
    assert machine._read(tmp_path / "none") == ""
