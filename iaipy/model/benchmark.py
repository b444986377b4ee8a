"""What is to be measured: one record per benchmark."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["function", "coroutine", "command"]
Mode = Literal["instructions", "walltime"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class Limits:
    """How far a benchmark's counters may move.

    Parameters:
        soft: counter name → largest allowed relative increase (0.1 is 10 %), or None where the counter
            does not gate.
        hard: counter name → largest allowed absolute value.
    """

    soft: Mapping[str, float | None] = field(default_factory=dict)
    hard: Mapping[str, int] = field(default_factory=dict)

    def over(self, wider: "Limits") -> "Limits":
        """These limits where they are set, `wider` where they are not."""
        return Limits({**wider.soft, **self.soft}, {**wider.hard, **self.hard})


@dataclass(frozen=True)
class Command:
    """A program to run as a benchmark.

    Parameters:
        argv: the program and its arguments.
        stdin: path of the file it reads, from the project's root; None for an empty input.
        env: variables added to the pinned environment.
        cwd: folder it runs in, from the project's root.
        setup, teardown: programs run, unmeasured, before and after each measurement.
        expect_exit: the exit status that means success.
        ready: a regular expression; the measurement ends when a line of output matches it.
        minus: id of the command whose counters are subtracted from this one's.
    """

    argv: tuple[str, ...]
    stdin: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "."
    setup: tuple[str, ...] | None = None
    teardown: tuple[str, ...] | None = None
    expect_exit: int = 0
    ready: str | None = None
    minus: str | None = None


@dataclass(frozen=True)
class Pace:
    """How a benchmark is timed; None wherever the configuration is to decide.

    Parameters:
        processes: fresh processes, the unit of replication.
        rounds: samples in each process.
        iterations: calls in a round; None to calibrate.
        warmup_s, measurement_s: seconds per process.
        loop: the event loop of a coroutine: asyncio, or a module with a `new_event_loop` such as uvloop.
        elements: things that one call deals with, for the throughput.
        python: the interpreter, where it is not the configured one.
    """

    processes: int | None = None
    rounds: int | None = None
    iterations: int | None = None
    warmup_s: float | None = None
    measurement_s: float | None = None
    loop: str = "asyncio"
    elements: float | None = None
    python: str = ""


@dataclass(frozen=True)
class Benchmark:
    """One thing to measure.

    Parameters:
        id: `benchmarks/bench_x.py::name[rows=10]`.
        kind: function, coroutine or command.
        path: the file that declares it, from the project's root, with forward slashes.
        line: line of the declaration, from 1.
        index: position among the benchmarks that the file declares.
        warmup: calls before the measured region, not counted.
        iterations: calls inside the measured region.
        repeats: separate measurements; None for the configured number.
        timeout_s: seconds one measurement may take; None for the configured time.
        fork: False to give each measurement a fresh process instead of a fork of a prepared one.
        modes: those that it was declared for; none where it is fit for any.
    """

    id: str
    kind: Kind
    path: str
    line: int = 1
    index: int = 0
    warmup: int = 1
    iterations: int = 1
    repeats: int | None = None
    timeout_s: float | None = None
    fork: bool = True
    limits: Limits = Limits()
    tags: tuple[str, ...] = ()
    command: Command | None = None
    modes: tuple[Mode, ...] = ()
    pace: Pace = Pace()

    @property
    def name(self) -> str:
        """The part of the id behind the file."""
        return self.id.partition("::")[2]
