"""Claims collected, measured by fake engines, and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from iaipy.config import load_config
from iaipy.errors import ExitCode, NothingToDoError, UsageError
from iaipy.measure import ENGINES
from iaipy.measure.fake import FakeEngine
from iaipy.measuring import Watcher
from iaipy.model.benchmark import Benchmark
from iaipy.model.claim import Budget, ClaimVerdict, Finding
from iaipy.model.metrics import Events
from iaipy.model.run import Failure, Result, Run, Timing
from iaipy.store import baselines
from iaipy.validation import Validation, collect, exit_code, validate

if TYPE_CHECKING:
    from tests.unit.conftest import FakeProject

SUITE = "benchmarks/bench_cli.yaml"
COMMANDS = "commands: {fast: x, slow: y, broken: z, counted: {run: w, mode: instructions}}\n"
TIMES_NS: Mapping[str, float] = {"fast": 1e6, "slow": 3e6, "counted": 1e6}
COUNTS = {"fast": 1000, "slow": 2500, "counted": 70}

Measured = list[tuple[str, list[str]]]


class FakeTimer(FakeEngine):
    """Times by a script what there is a time of; the rest fails."""

    def measure(self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]) -> Iterator[Any]:
        """Yield six processes of five samples each."""
        for benchmark in benchmarks:
            if benchmark.name not in TIMES_NS:
                yield Failure(benchmark.id, "it broke", "", "walltime")
                continue
            samples = tuple(
                tuple(TIMES_NS[benchmark.name] * (1 + (process + round_) / 1000) for round_ in range(5))
                for process in range(6)
            )
            yield Timing(
                benchmark.id,
                benchmark.kind,
                samples,
                (1,) * 6,
                (0.0,) * 6,
                (30_000_000,) * 6,
                path=benchmark.path,
            )


@pytest.fixture
def measured(fake: FakeProject, monkeypatch: pytest.MonkeyPatch) -> Measured:
    """Both engines replaced; the list of what each was asked to measure."""
    asked: Measured = []

    class Counter(FakeEngine):
        def measure(
            self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
        ) -> Iterator[Result | Failure]:
            asked.append(("instructions", [benchmark.name for benchmark in benchmarks]))
            return super().measure(benchmarks, started)

    class Timer(FakeTimer):
        def measure(
            self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
        ) -> Iterator[Any]:
            asked.append(("walltime", [benchmark.name for benchmark in benchmarks]))
            return super().measure(benchmarks, started)

    script: dict[str, Events | Failure] = {
        f"{SUITE}::{name}": {"Ir": count} for name, count in COUNTS.items()
    }
    monkeypatch.setitem(ENGINES, "instructions", lambda config: Counter(script))
    monkeypatch.setitem(ENGINES, "walltime", lambda config: Timer({}))
    return asked


def write(fake: FakeProject, claims: str, name: str = SUITE, commands: str = COMMANDS) -> None:
    """A suite with these claims."""
    path = fake.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{commands}claims:\n{claims}")


def validated(
    fake: FakeProject, *words: str, stored: str = "", strict: bool = False, **given: object
) -> Validation:
    """Judge the claims of the project."""
    config = load_config(fake.root, given)
    return validate(config, words, fake.root, Watcher(), stored=stored, strict=strict)


def verdicts(found: Validation) -> dict[str, str]:
    """Name → verdict."""
    return {finding.claim.name: finding.verdict for finding in found.findings}


CLAIMS = """
  twice: {faster: fast, than: slow, by: 2}
  ten times: {faster: fast, than: slow, by: 10}
  fewer: {faster: fast, than: slow, by: 2.5, metric: instructions}
  memory: {budget: fast, metric: peak_rss, below: 50MB}
"""


def test_measures_what_claims_name(fake: FakeProject, measured: Measured) -> None:
    """Each benchmark as its claims need it, and no other; the verdicts and the exit code follow."""
    write(fake, CLAIMS)
    found = validated(fake)
    assert measured == [("instructions", ["fast", "slow"]), ("walltime", ["fast", "slow"])]
    assert verdicts(found) == {"twice": "holds", "ten times": "fails", "fewer": "holds", "memory": "holds"}
    assert found.exit_code is ExitCode.REGRESSION
    assert found.run.created_utc == "2026-01-02T03:04:05Z"


def test_configured_selection_and_mode_do_not_matter(fake: FakeProject, measured: Measured) -> None:
    """They are about what `iaipy run` measures."""
    (fake.root / "iaipy.yaml").write_text("keyword: other\ntag: slow\nmode: instructions\n")
    write(fake, CLAIMS)
    assert verdicts(validated(fake))["twice"] == "holds"


def test_only_the_claims_asked_for(fake: FakeProject, measured: Measured) -> None:
    """Only their benchmarks are measured."""
    write(fake, CLAIMS)
    write(
        fake,
        "  other: {budget: one, metric: mean_ns, below: 1s}\n",
        "benchmarks/bench_b.yaml",
        "commands: {one: x}\n",
    )
    assert verdicts(validated(fake, f"{SUITE}::fewer")) == {"fewer": "holds"}
    assert measured == [("instructions", ["fast", "slow"])]
    config = load_config(fake.root, {})
    assert collect(config, (), fake.root)[0].name == "other"
    assert len(collect(config, (SUITE,), fake.root)) == 4


def test_claims_of_a_suite_without_commands(fake: FakeProject, measured: Measured) -> None:
    """They name the benchmarks of other files by their whole ids."""
    write(fake, "  a: {faster: fast, than: slow}\n")
    claim = f'  b: {{faster: "{SUITE}::fast", than: "{SUITE}::slow", by: 2}}\n'
    write(fake, claim, "benchmarks/bench_claims.yaml", "")
    assert verdicts(validated(fake, "benchmarks/bench_claims.yaml")) == {"b": "holds"}


def test_stored_run(fake: FakeProject, measured: Measured) -> None:
    """Nothing is measured; the last validation is a stored run, and what it doesn't hold can't be judged."""
    write(fake, CLAIMS)
    first = validated(fake)
    measured.clear()
    again = validated(fake, stored="last")
    assert measured == []
    assert verdicts(again) == verdicts(first)
    write(fake, "  a: {budget: counted, metric: instructions, below: 5}\n")
    partial = validated(fake, stored="last")
    assert verdicts(partial) == {"a": "not measured"}
    assert partial.exit_code is ExitCode.BENCHMARK_FAILED


def test_failing_benchmark(fake: FakeProject, measured: Measured) -> None:
    """Its claim isn't judged, and a claim that fails still counts more."""
    write(fake, "  a: {budget: broken, metric: mean_ns, below: 1s}\n")
    found = validated(fake)
    assert (verdicts(found), found.exit_code) == ({"a": "not measured"}, ExitCode.BENCHMARK_FAILED)
    assert found.findings[0].why == f"{SUITE}::broken: it broke"


def test_python_file_that_cannot_be_imported(
    fake: FakeProject, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it has the benchmark can't be known: its claims aren't judged."""
    from iaipy.errors import MeasurementError

    def refuse(path: object, *_: object) -> None:
        raise MeasurementError("can't be imported")

    monkeypatch.setattr("iaipy.collect.python_files.read_file", refuse)
    write(fake, "  a: {faster: fast, than: 'benchmarks/bench_x.py::y'}\n")
    (fake.root / "benchmarks/bench_x.py").touch()
    found = validated(fake)
    assert found.findings[0].why == "benchmarks/bench_x.py: can't be imported"


def test_before_and_after(fake: FakeProject, measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    """A baseline's benchmark isn't measured; it must have been, in the way that the claim needs."""
    write(fake, "  a: {budget: slow, metric: mean_ns, below: 1s}\n")
    run = validated(fake).run
    baselines.save(fake.root / ".iaipy", "before", run)
    measured.clear()
    write(fake, "  a: {faster: fast, than: {baseline: before, benchmark: slow}, by: 2.5}\n")
    found = validated(fake)
    assert measured == [("walltime", ["fast"])]
    assert verdicts(found) == {"a": "holds"}
    write(fake, "  a: {faster: fast, than: {baseline: before, benchmark: slaw}}\n")
    with pytest.raises(UsageError, match="the baseline before has no times of") as caught:
        validated(fake)
    assert caught.value.remedy == f"did you mean {SUITE}::slow?"
    write(fake, "  a: {faster: fast, than: {baseline: before, benchmark: slow}, metric: instructions}\n")
    with pytest.raises(UsageError, match="has no counts of") as caught:
        validated(fake)
    assert caught.value.remedy == "iaipy run --mode instructions --save-baseline before adds them"
    write(fake, "  a: {faster: fast, than: {baseline: befor}}\n")
    with pytest.raises(UsageError, match=r"bench_cli.yaml:3: a: than: there is no baseline befor"):
        validated(fake)


@pytest.mark.parametrize(
    ("claim", "message", "remedy"),
    [
        (
            "{faster: fats, than: slow}",
            f"there is no benchmark {SUITE}::fats",
            f"did you mean {SUITE}::fast?",
        ),
        (
            "{faster: fast, than: zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz}",
            "there is no benchmark",
            "iaipy list",
        ),
        (
            "{faster: fast, than: 'benchmarks/bench_cly.yaml::slow'}",
            "there is no file benchmarks/bench_cly.yaml",
            f"did you mean {SUITE}?",
        ),
        (f"{{faster: fast, than: '{'a' * 300}::slow'}}", "there is no file aaa", ""),
        (
            "{budget: counted, metric: mean_ns, below: 1s}",
            f"needs times of {SUITE}::counted, which is declared for counts alone",
            "add walltime to its mode",
        ),
        ("{budget: fast, metric: per_element_ns, below: 1s}", "needs the elements of", "declare elements"),
    ],
)
def test_claim_about_what_is_not_there(
    fake: FakeProject, measured: Measured, claim: str, message: str, remedy: str
) -> None:
    """It is refused before anything is measured, with its line and the nearest name."""
    write(fake, f"  a: {claim}\n")
    with pytest.raises(UsageError) as caught:
        validated(fake)
    assert caught.value.message.startswith(f"{SUITE}:3: a")
    assert message in caught.value.message
    assert caught.value.remedy.startswith(remedy)
    assert measured == []


def test_no_claims(fake: FakeProject, measured: Measured) -> None:
    """There must be some, and those that are named must exist."""
    fake.measures({"fast": 5})
    with pytest.raises(NothingToDoError, match="no claims in benchmarks"):
        validated(fake)
    with pytest.raises(NothingToDoError, match=r"bench_cli\.yaml has no claim twice"):
        validated(fake, f"{SUITE}::twice")
    write(fake, CLAIMS)
    with pytest.raises(NothingToDoError, match=r"bench_cli\.yaml has no claim twise") as caught:
        validated(fake, f"{SUITE}::twise")
    assert caught.value.remedy == "did you mean twice?"
    with pytest.raises(UsageError, match="there is no file or folder nowhere"):
        validated(fake, "nowhere")


def test_interruption(fake: FakeProject, measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured by then is judged, and the exit code says that the rest wasn't."""

    class Interrupted(FakeTimer):
        def measure(
            self, benchmarks: Sequence[Benchmark], started: Callable[[Benchmark], None]
        ) -> Iterator[Any]:
            yield next(super().measure(benchmarks, started))
            raise KeyboardInterrupt

    monkeypatch.setitem(ENGINES, "walltime", lambda config: Interrupted({}))
    write(
        fake,
        "  a: {budget: fast, metric: mean_ns, below: 1s}\n  b: {budget: slow, metric: mean_ns, below: 1s}\n",
    )
    found = validated(fake)
    assert verdicts(found) == {"a": "holds", "b": "not measured"}
    assert found.exit_code is ExitCode.INTERRUPTED


@pytest.mark.parametrize(
    ("found", "strict", "code"),
    [
        ((), False, ExitCode.OK),
        (("holds", "not shown"), False, ExitCode.OK),
        (("holds", "not shown"), True, ExitCode.REGRESSION),
        (("incomparable", "not shown"), False, ExitCode.ENVIRONMENT),
        (("incomparable", "not measured"), False, ExitCode.BENCHMARK_FAILED),
        (("incomparable", "not measured", "fails"), False, ExitCode.REGRESSION),
    ],
)
def test_exit_code(found: tuple[ClaimVerdict, ...], strict: bool, code: ExitCode) -> None:
    """What fails goes before what wasn't measured, and that before what can't be compared."""
    claim = Budget("a", SUITE, 1, "x", "mean_ns", 5)
    assert exit_code([Finding(claim, verdict) for verdict in found], strict=strict) is code


def test_environments_that_differ(fake: FakeProject, measured: Measured) -> None:
    """Counts from another environment aren't compared, unless that is allowed."""
    write(
        fake, "  a: {faster: fast, than: {baseline: before, benchmark: slow}, by: 2, metric: instructions}\n"
    )
    counts = Run("2026-01-02T03:04:05Z", benchmarks=(_counted("slow", 5000),))
    elsewhere = replace(counts, environment=replace(counts.environment, fingerprint={"python": "3.9"}))
    baselines.save(fake.root / ".iaipy", "before", elsewhere)
    found = validated(fake)
    assert (verdicts(found), found.exit_code) == ({"a": "incomparable"}, ExitCode.ENVIRONMENT)
    assert verdicts(validated(fake, allow_environment_change=True)) == {"a": "holds"}


def _counted(name: str, count: int) -> Result:
    benchmark = Benchmark(f"{SUITE}::{name}", "command", SUITE)
    (result,) = FakeEngine({benchmark.id: {"Ir": count}}).measure((benchmark,), lambda started: None)
    assert isinstance(result, Result)
    return result
