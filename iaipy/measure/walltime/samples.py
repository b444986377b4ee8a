"""One timing process: started, awaited, and its answer read."""

import ast
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iaipy import process
from iaipy.errors import HostError, MeasurementError
from iaipy.measure import environment
from iaipy.model.benchmark import Benchmark, Command, Pace
from iaipy.workers import launcher

_OUTPUT_LINES = 15
_NS_PER_S = 1_000_000_000
_LONGEST_PAD = 4096
_LARGEST_HASH_SEED = 4_294_967_295
_SMALL_AND_UNSWAYED = ("-E", "-S")
"""What the interpreter of a stopwatch is told: the environment is the command's, not its own."""
DIGITS = 2
"""Decimals of a nanosecond that are kept: no clock tells more, and files stay small."""


@dataclass(frozen=True)
class Place:
    """Where timing processes run.

    Parameters:
        python: the interpreter.
        env: the environment, but for what `layout` varies.
        root: the project's root.
    """

    python: str
    env: Mapping[str, str]
    root: Path


@dataclass(frozen=True)
class Taken:
    """What one process measured; the fields are those of Timing, for one process."""

    samples_ns: tuple[float, ...]
    iterations: int
    overhead_ns: float
    peak_rss_bytes: int
    notes: tuple[str, ...]


def layout(seed: int, env: Mapping[str, str]) -> dict[str, str]:
    """The variables that give a process another memory layout: a hash seed and padding of some length.

    Where things lie in memory speeds a program up or slows it down by per cents; only over many layouts
    does that average out (Mytkowicz et al., "Producing Wrong Data Without Doing Anything Obviously
    Wrong!", ASPLOS 2009).

    Parameters:
        seed: equal seeds give equal variables.
        env: what is set by the user, and so isn't varied.
    """
    chance = random.Random(seed)
    varied = {
        "PYTHONHASHSEED": str(chance.randint(0, _LARGEST_HASH_SEED)),
        "IAIPY_PAD": "x" * chance.randint(0, _LONGEST_PAD),
    }
    return {name: value for name, value in varied.items() if name not in env}


def take(
    benchmark: Benchmark,
    place: Place,
    pace: Pace,
    least_rounds: int,
    timeout_s: float,
    folder: Path,
    limit_s: float | None = None,
) -> Taken:
    """Start one process that times a benchmark, and wait for it.

    Parameters:
        pace: complete but for `rounds` and `iterations`, which may be None.
        least_rounds: the fewest samples.
        folder: an empty folder of its own.
        limit_s: how long warm-up and rounds may take, unless a call alone takes longer; None for no limit.

    Raises:
        MeasurementError: the benchmark gave no samples.
        HostError: the interpreter can't be started.
    """
    numbers = (
        pace.rounds or 0,
        least_rounds,
        pace.iterations or 0,
        round((pace.warmup_s or 0) * _NS_PER_S),
        round((pace.measurement_s or 0) * _NS_PER_S),
        round((limit_s or 0) * _NS_PER_S),
    )
    words = tuple(map(str, numbers))
    if benchmark.command is not None:
        return _command(benchmark.command, place, words, timeout_s, folder)
    return _function(benchmark, place, (pace.loop, *words), timeout_s, folder)


def _function(
    benchmark: Benchmark, place: Place, words: Sequence[str], timeout_s: float, folder: Path
) -> Taken:
    answer = folder / "answer"
    link = launcher.linked(folder, place.root)
    words = launcher.argv(
        "timer", folder, str(link), str(link / benchmark.path), str(answer), str(benchmark.index), *words
    )
    return _read(place, words, ".", answer, timeout_s)


def _command(command: Command, place: Place, words: Sequence[str], timeout_s: float, folder: Path) -> Taken:
    request, answer = folder / "request", folder / "answer"
    asked = {
        "argv": list(command.argv),
        "env": environment.of_command(place.env, command, place.python),
        "stdin": None if command.stdin is None else str(place.root / command.stdin),
        "setup": None if command.setup is None else list(command.setup),
        "teardown": None if command.teardown is None else list(command.teardown),
        "expect_exit": command.expect_exit,
        "ready": command.ready,
        "timeout_s": timeout_s,
        "output": str(folder / "output"),
    }
    request.write_text(ascii(asked), encoding="utf-8")
    words = launcher.argv("stopwatch", folder, str(request), str(answer), *words)
    return _read(place, (*_SMALL_AND_UNSWAYED, *words), command.cwd, answer, None)


def _read(place: Place, words: Sequence[str], cwd: str, answer: Path, timeout_s: float | None) -> Taken:
    """Run a worker to its end, and make samples of its answer."""
    log = answer.with_name("output")
    with log.open("ab") as output:
        try:
            status = process.run(
                (place.python, *words),
                env=place.env,
                cwd=place.root / cwd,
                timeout_s=timeout_s,
                output=output,
            )
        except OSError as error:
            raise HostError(f"{place.python} can't be started: {error.strerror}") from error
    link = str(answer.with_name("project"))
    printed = process.last_lines(log, _OUTPUT_LINES).replace(link, str(place.root))
    if status is None:
        raise MeasurementError(f"took longer than its timeout of {timeout_s:g} s", printed)
    if status != 0 or not answer.exists():
        raise MeasurementError(f"its process {process.described(status)}", printed)
    document = ast.literal_eval(answer.read_text(encoding="utf-8"))
    if "error" in document:
        reason, trace = (text.replace(link, str(place.root)) for text in document["error"])
        raise MeasurementError(reason, "\n".join((trace, printed)).strip())
    return Taken(
        samples_ns=tuple(round(sample, DIGITS) for sample in document["samples_ns"]),
        iterations=document["iterations"],
        overhead_ns=round(document["overhead_ns"], DIGITS),
        peak_rss_bytes=document["peak_rss_bytes"],
        notes=tuple(document["notes"]),
    )
