"""One timing process, without starting it: what it is asked, and what is made of its answer."""

import ast
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy import process
from iaipy.errors import HostError, MeasurementError
from iaipy.measure.walltime.samples import Place, Taken, layout, take
from iaipy.model.benchmark import Benchmark, Command, Pace

FUNCTION = Benchmark("benchmarks/bench_a.py::f", "function", "benchmarks/bench_a.py", index=3)
ANSWER = {
    "samples_ns": [1.239, 2.0],
    "iterations": 7,
    "overhead_ns": 0.126,
    "peak_rss_bytes": 9_000_000,
    "notes": ["left something"],
}


class Started:
    """A process that was not started.

    Parameters:
        answer: what it writes into its answer's file; None for nothing.
        status: how it ends; None where its time ran out.
        prints: what it prints.
    """

    def __init__(self, answer: object, status: int | None = 0, prints: str = "") -> None:
        self.argv: tuple[str, ...] = ()
        self.env: Mapping[str, str] = {}
        self.cwd = Path()
        self.timeout_s: float | None = None
        self.request: dict[str, object] = {}
        self._answer, self._status, self._prints = answer, status, prints

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        timeout_s: float | None,
        output: IO[bytes],
    ) -> int | None:
        """Take the place of `process.run`."""
        self.argv, self.env, self.cwd, self.timeout_s = tuple(argv), env, cwd, timeout_s
        (answer,) = (Path(word) for word in argv if word.endswith("/answer"))
        if self._answer is not None:
            answer.write_text(ascii(self._answer))
        request = answer.with_name("request")
        if request.exists():
            self.request = ast.literal_eval(request.read_text())
        output.write(self._prints.replace("LINK", str(answer.with_name("project"))).encode())
        return self._status


Start = Callable[[Started], Started]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """Makes a process the one that will be started."""

    def use(started: Started) -> Started:
        monkeypatch.setattr(process, "run", started.run)
        return started

    return use


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A project of its own."""
    (tmp_path / "project").mkdir()
    return Place(sys.executable, {"PATH": "/bin", "PYTHONHASHSEED": "5"}, tmp_path / "project")


def taken(
    place: Place, benchmark: Benchmark = FUNCTION, pace: Pace | None = None, limit_s: float | None = None
) -> Taken:
    """The samples of one process."""
    folder = place.root.parent / "work"
    folder.mkdir()
    return take(benchmark, place, pace or Pace(), 10, 60.0, folder, limit_s)


def command(**fields: object) -> Benchmark:
    """A command with these fields."""
    asked = replace(Command(("app", "--help")), **fields)  # type: ignore[arg-type]
    return Benchmark("bench_c.yaml::help", "command", "bench_c.yaml", command=asked)


def test_answer(start: Start, place: Place) -> None:
    """Times keep two decimals of a nanosecond, all else is taken as it is."""
    start(Started(ANSWER))
    assert taken(place) == Taken((1.24, 2.0), 7, 0.13, 9_000_000, ("left something",))


def test_what_a_function_is_timed_with(start: Start, place: Place) -> None:
    """The file behind a link, its benchmark's number, the loop, and the pace in nanoseconds."""
    started = start(Started(ANSWER))
    taken(place, pace=Pace(rounds=4, warmup_s=0.5, measurement_s=1.5, loop="uvloop"), limit_s=2.5)
    link = place.root.parent / "work/project"
    assert started.argv[0] == sys.executable
    assert started.argv[-11:] == (
        str(link),
        str(link / "benchmarks/bench_a.py"),
        str(place.root.parent / "work/answer"),
        *("3", "uvloop", "4", "10", "0", "500000000", "1500000000", "2500000000"),
    )
    assert (started.env, started.cwd, started.timeout_s) == (place.env, place.root, 60.0)


def test_what_a_command_is_timed_with(start: Start, place: Place) -> None:
    """Its own environment goes to it alone, and its timeout is for each run of it."""
    started = start(Started(ANSWER))
    found = command(env={"PYTHONHOME": "/nowhere"}, stdin="in.txt", cwd="data", setup=("a", "b"), ready="^up")
    taken(place, found)
    assert started.env == place.env
    assert {"-E", "-S"} < set(started.argv)
    assert (started.cwd, started.timeout_s) == (place.root / "data", None)
    assert started.request == {
        "argv": ["app", "--help"],
        "env": {**place.env, "PATH": f"{Path(sys.executable).parent}:/bin", "PYTHONHOME": "/nowhere"},
        "stdin": str(place.root / "in.txt"),
        "setup": ["a", "b"],
        "teardown": None,
        "expect_exit": 0,
        "ready": "^up",
        "timeout_s": 60.0,
        "output": str(place.root.parent / "work/output"),
    }


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (None, None, "took longer than its timeout of 60 s"),
        (ANSWER, None, "took longer than its timeout of 60 s"),
        (None, 0, "its process ended with exit status 0"),
        (None, 3, "its process ended with exit status 3"),
        (None, -signal.SIGSEGV, "its process was killed by SIGSEGV (Segmentation fault)"),
        (ANSWER, 1, "its process ended with exit status 1"),
    ],
)
def test_no_answer(start: Start, place: Place, answer: object, status: int | None, reason: str) -> None:
    """How the process ended is said, with what it printed; half an answer is none."""
    start(Started(answer, status, "in LINK/benchmarks/bench_a.py"))
    with pytest.raises(MeasurementError) as failed:
        taken(place)
    assert failed.value.message == reason
    assert failed.value.details == f"in {place.root}/benchmarks/bench_a.py"


def test_what_went_wrong_is_told(start: Start, place: Place) -> None:
    """The reason, then the traceback with the project where a person knows it, then the output."""
    link = place.root.parent / "work/project"
    start(Started({"error": (f"raised OSError: {link}/x", f'File "{link}/b.py"')}, prints="printed\n"))
    with pytest.raises(MeasurementError) as failed:
        taken(place)
    assert failed.value.message == f"raised OSError: {place.root}/x"
    assert failed.value.details == f'File "{place.root}/b.py"\nprinted'


def test_an_interpreter_that_cannot_be_started(place: Place) -> None:
    """That is the machine's fault, not the benchmark's."""
    with pytest.raises(HostError, match="/nowhere/python can't be started: No such file or directory"):
        taken(replace(place, python="/nowhere/python"))


@given(st.integers(0, 2**40))
def test_layout_is_the_seeds_alone(seed: int) -> None:
    """Equal seeds give equal variables, and a hash seed that Python takes."""
    found = layout(seed, {})
    assert found == layout(seed, {})
    assert 0 <= int(found["PYTHONHASHSEED"]) <= 4_294_967_295
    assert len(found["IAIPY_PAD"]) <= 4096


def test_layouts_differ() -> None:
    """Processes with seeds in a row have different hash seeds and environments of different sizes."""
    found = [layout(seed, {}) for seed in range(10)]
    for name in ("PYTHONHASHSEED", "IAIPY_PAD"):
        assert len({each[name] for each in found}) == 10


def test_what_is_set_is_not_varied() -> None:
    """A person who sets the hash seed wants that one."""
    assert set(layout(1, {"PYTHONHASHSEED": "7"})) == {"IAIPY_PAD"}
