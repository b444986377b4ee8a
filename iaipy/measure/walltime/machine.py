"""The machine as wall-clock times see it: what makes them incomparable, and what makes them doubtful."""

import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path

from iaipy.compare import doubts
from iaipy.measure import environment
from iaipy.model.run import Environment

METHOD = "1"
"""Version of iaipy's way of timing; raised whenever a change of it moves times."""

_WATCHED_S = 0.3
"""How long is looked. The system's load averages tell of the last minutes, iaipy's own work among them."""

_IDLE = (3, 4)
"""Where idling and waiting for disks stand among the times of a core in /proc/stat."""

_CPUS = Path("/sys/devices/system/cpu")
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")


def described(python: str, env: Mapping[str, str], layout: str, load_before: float) -> Environment:
    """Where times are taken.

    Parameters:
        python, env: what they are taken with.
        layout: whether the processes' memory layout is random or pinned.
        load_before: the cores that were busy when it began.
    """
    return Environment(
        fingerprint={
            "method": METHOD,
            "python": environment.python_identity(python, env),
            "libc": environment.libc(),
            "architecture": os.uname().machine,
            "cpu": _cpu_model(),
            "cores": str(cores()),
            "layout": layout,
        },
        notes={
            "governor": governor() or "unknown",
            "load": f"{load_before:.2f}",
            "container": "yes" if in_container() else "no",
            "kernel": platform.release(),
        },
    )


def warnings(load_before: float) -> list[str]:
    """Why times taken here can't be trusted, one sentence each."""
    return doubts.doubts(load_before, cores(), governor())


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load() -> float:
    """How many of the cores that this process may use are busy, looked at for a moment."""
    before = _core_times()
    time.sleep(_WATCHED_S)
    return sum(_busy_share(before[core], after) for core, after in _core_times().items() if core in before)


def _busy_share(before: list[int], after: list[int]) -> float:
    spent = [late - early for early, late in zip(before, after, strict=True)]
    return 1 - sum(spent[state] for state in _IDLE) / sum(spent) if sum(spent) > 0 else 0.0


def _core_times() -> dict[str, list[int]]:
    """What each core that this process may use has spent its time on, in clock ticks since the start."""
    rows = [line.split() for line in _read(Path("/proc/stat")).splitlines()]
    times = {row[0]: [int(word) for word in row[1:9]] for row in rows if row and row[0][3:].isdigit()}
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return {core: times[core] for core in (f"cpu{number}" for number in usable) if core in times}


def governor() -> str:
    """How the frequency of the first core is chosen; "" where the system doesn't say."""
    return _read(_CPUS / "cpu0/cpufreq/scaling_governor")


def in_container() -> bool:
    """Whether this is a container, by the marks that docker and podman leave."""
    return any(Path(mark).exists() for mark in _CONTAINER_MARKS)


def _cpu_model() -> str:
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
