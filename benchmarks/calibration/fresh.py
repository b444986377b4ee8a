"""Fresh runs of the twenty subjects, with or without load that comes and goes."""

import contextlib
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from iaipy.model.run import Run
from iaipy.store import document

HERE = Path(__file__).parent
SUBJECTS = HERE / "subjects"
UNITS = 25


def run(*options: str, units: int = UNITS, only: Sequence[str] = (), kept: Path | None = None) -> Run:
    """One `iaipy run` of the subjects, or of some of them, from start to end.

    Parameters:
        units: how often a call does its unit of work.
        kept: the file for its document. A run that is there already is not made again.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = kept or Path(folder, "run.json")
        if not target.exists():
            words = [f"work.py::work[subject={name}]" for name in only] or ["work.py"]
            argv = [
                *(sys.executable, "-P", "-m", "iaipy", "run", *words, "--mode", "walltime"),
                *("--storage", f"{folder}/storage", "--report", f"json:{target.absolute()}"),
                *("--env", f"CALIBRATION_UNITS={units}", *options),
            ]
            subprocess.run(argv, cwd=SUBJECTS, check=True, stderr=subprocess.DEVNULL)
        return document.loads(target.read_text(), str(target))


@contextlib.contextmanager
def coming_and_going(seed: int = 1) -> Iterator[None]:
    """Keep from none to all cores busy, for a second to eight at a time."""
    over = threading.Event()
    chance = random.Random(seed)
    loop = [sys.executable, "-c", "while True: sum(range(1000))"]

    def disturb() -> None:
        while not over.is_set():
            others = [subprocess.Popen(loop) for _ in range(chance.randint(0, os.cpu_count() or 1))]
            over.wait(chance.uniform(1, 8))
            for other in others:
                other.kill()
                other.wait()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def machine() -> str:
    """What was measured on, for a report's first lines."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{model[1] if model else 'unknown CPU'}, {os.cpu_count()} cores, CPython {sys.version.split()[0]}"


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---", *("--:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def seconds_since(start: float) -> str:
    """The minutes and seconds from a reading of time.monotonic until now."""
    minutes, seconds = divmod(round(time.monotonic() - start), 60)
    return f"{minutes} min {seconds} s"
