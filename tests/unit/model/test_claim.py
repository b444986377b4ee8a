"""The records of claims."""

from iaipy.model.claim import METRICS, Budget, Reference, Speedup
from iaipy.model.metrics import COUNTER_KEYS


def test_every_counter_can_have_a_budget() -> None:
    """Beside the figures of wall-clock samples, which are measured on the clock."""
    assert {key for key, metric in METRICS.items() if metric.mode == "instructions"} == set(COUNTER_KEYS)


def test_a_claim_is_named_for_the_command_line_and_for_errors() -> None:
    """By its suite, and by the line in it."""
    budget = Budget("start-up", "benchmarks/bench_cli.yaml", 7, "a.py::b", "p95_ns", 1e8)
    assert budget.id == "benchmarks/bench_cli.yaml::start-up"
    assert budget.where == "benchmarks/bench_cli.yaml:7: start-up"


def test_a_claim_says_what_must_be_measured() -> None:
    """The benchmarks it names, but for one that a baseline holds, in the way its metric needs."""
    now = Speedup("a", "s.yaml", 1, "x.py::new", Reference("x.py::old"), 2.0)
    before = Speedup("b", "s.yaml", 2, "x.py::new", Reference("x.py::new", "main"), 2.0, "instructions")
    assert (now.benchmarks, now.mode) == (("x.py::new", "x.py::old"), "walltime")
    assert (before.benchmarks, before.mode) == (("x.py::new",), "instructions")
    memory = Budget("c", "s.yaml", 3, "x.py::new", "peak_rss", 5e7)
    assert (memory.benchmarks, memory.mode) == (("x.py::new",), "walltime")
