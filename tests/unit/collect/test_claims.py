"""Claims as a suite writes them."""

from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iaipy.collect.claims import read_claims
from iaipy.errors import UsageError
from iaipy.model.claim import METRICS, Budget, Claim, Reference, Speedup

SUITE = "benchmarks/bench_cli.yaml"


def claims(root: Path, text: str) -> tuple[Claim, ...]:
    """Read the claims of a suite with this text."""
    path = root / SUITE
    path.parent.mkdir(exist_ok=True)
    path.write_text(dedent(text), encoding="utf-8")
    return read_claims(path, root)


def refusal(root: Path, given: str) -> UsageError:
    """The error that a claim `a` of this text ends in."""
    with pytest.raises(UsageError) as caught:
        claims(root, f"claims:\n  a: {given}\n")
    assert caught.value.message.startswith(f"{SUITE}:2: a")
    return caught.value


def test_speedups(tmp_path: Path) -> None:
    """Two benchmarks, or one before and after; a name without a file is a command of the suite itself."""
    found = claims(
        tmp_path,
        """
        commands: {help: tool --help, shim: shim --help}
        claims:
          three times as fast:
            faster: "benchmarks/bench_spawn.py::parallel[agents=3]"
            than: "benchmarks/bench_spawn.py::sequential[agents=3]"
            by: 3
          no slower: {faster: help, than: shim}
          sixfold: {faster: help, than: {baseline: before, benchmark: shim}, by: 6x}
          since then: {faster: help, than: {baseline: before}, by: 1.2, metric: instructions}
        """,
    )
    parallel, sequential = (
        f"benchmarks/bench_spawn.py::{how}[agents=3]" for how in ("parallel", "sequential")
    )
    assert found == (
        Speedup("three times as fast", SUITE, 4, parallel, Reference(sequential), 3.0),
        Speedup("no slower", SUITE, 8, f"{SUITE}::help", Reference(f"{SUITE}::shim"), 1.0),
        Speedup("sixfold", SUITE, 9, f"{SUITE}::help", Reference(f"{SUITE}::shim", "before"), 6.0),
        Speedup(
            "since then",
            SUITE,
            10,
            f"{SUITE}::help",
            Reference(f"{SUITE}::help", "before"),
            1.2,
            "instructions",
        ),
    )


@pytest.mark.parametrize(
    ("metric", "written", "below"),
    [
        ("p95_ns", "100ms", 1e8),
        ("mean_ns", "1 µs", 1e3),
        ("mean_ns", "1 \u03bcs", 1e3),
        ("max_ns", "1.5us", 1.5e3),
        ("p50_ns", "20 ns", 20),
        ("p99_ns", "2min", 1.2e11),
        ("per_element_ns", "0.1s", 1e8),
        ("peak_rss", "50MB", 5e7),
        ("peak_rss", "4 MiB", 4 * 1024**2),
        ("peak_rss", "512 B", 512),
        ("peak_rss", "1.5GB", 1.5e9),
        ("instructions", "2_000_000", 2_000_000),
        ("estimated_cycles", "'2,000,000'", 2_000_000),
        ("ram_accesses", "'12'", 12),
    ],
)
def test_budgets(tmp_path: Path, metric: str, written: str, below: float) -> None:
    """Limits arrive in nanoseconds, in bytes, or as they are."""
    (found,) = claims(tmp_path, f"claims: {{a: {{budget: x.py::y, metric: {metric}, below: {written}}}}}")
    assert found == Budget("a", SUITE, 1, "x.py::y", metric, below)


def test_a_suite_without_claims(tmp_path: Path) -> None:
    """It has none."""
    assert claims(tmp_path, "commands: {a: b}") == claims(tmp_path, "claims: {}") == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("5", " must be a mapping, not 5"),
        ("{by: 3}", " must have one of the keys faster and budget, and has neither"),
        ("{faster: b, budget: c}", "and has both"),
        ("{faster: b}", " lacks the key than"),
        ("{faster: '', than: c}", ": faster must not be empty"),
        ("{faster: 'b::', than: c}", ": faster must be a benchmark's id FILE::NAME"),
        ("{faster: [b], than: c}", ": faster must be text"),
        ("{faster: b, than: b}", " holds benchmarks/bench_cli.yaml::b against itself"),
        ("{faster: b, than: c, below: 5}", ": unknown key 'below'"),
        ("{faster: b, than: c, by: 0}", ": by must be a factor above 0"),
        ("{faster: b, than: c, by: -1}", ": by must be a factor above 0"),
        ("{faster: b, than: c, by: .nan}", ": by must be a factor above 0"),
        ("{faster: b, than: c, by: .inf}", ": by must be a factor above 0"),
        (f"{{faster: b, than: c, by: {'9' * 400}}}", ": by must be a factor above 0"),
        ("{faster: b, than: c, by: twice}", ": by must be a factor above 0, such as 6 or 1.5, not 'twice'"),
        ("{faster: b, than: c, metric: p95_ns}", ": unknown metric for a comparison 'p95_ns'"),
        ("{faster: b, than: {benchmark: c}}", ": than lacks the key baseline"),
        ("{faster: b, than: {baseline: m, name: c}}", ": than: unknown key 'name'"),
        ("{budget: b, below: 5ms}", " lacks the key metric"),
        ("{budget: b, metric: p95_ns}", " lacks the key below"),
        ("{budget: b, metric: p95, below: 5ms}", ": unknown metric 'p95'"),
        ("{budget: b, metric: [p95_ns], below: 5ms}", ": unknown metric ['p95_ns']"),
        (
            "{budget: b, metric: p95_ns, below: 5}",
            "a duration above 0 such as 50ms, because the metric is p95_ns",
        ),
        ("{budget: b, metric: p95_ns, below: 0ms}", ": below must be a duration above 0"),
        ("{budget: b, metric: p95_ns, below: 5MB}", ": below must be a duration above 0"),
        ("{budget: b, metric: peak_rss, below: 5ms}", ": below must be a size above 0 such as 50MB"),
        ("{budget: b, metric: peak_rss, below: 50mb}", ": below must be a size above 0"),
        ("{budget: b, metric: instructions, below: 5ms}", ": below must be a whole number of at least 1"),
        ("{budget: b, metric: instructions, below: 0}", ": below must be a whole number of at least 1"),
        ("{budget: b, metric: instructions, below: 1.5}", ": below must be a whole number"),
        ("{budget: b, metric: instructions, below: true}", ": below must be a whole number"),
        (f"{{budget: b, metric: instructions, below: {'9' * 30}}}", ": below must be a whole number"),
    ],
)
def test_a_wrong_claim_is_refused(tmp_path: Path, given: str, message: str) -> None:
    """The message names the file, the line, the claim and the key."""
    assert message in refusal(tmp_path, given).message


def test_the_nearest_name_is_offered(tmp_path: Path) -> None:
    """For keys, metrics and, with all there are, for units."""
    assert refusal(tmp_path, "{fast: b, faster: c, than: d}").remedy == "did you mean faster?"
    assert refusal(tmp_path, "{budget: b, metric: p95, below: 5ms}").remedy == "did you mean p95_ns?"
    unit = refusal(tmp_path, "{budget: b, metric: peak_rss, below: 50mb}")
    assert unit.remedy == "its units are B, kB, MB, GB, KiB, MiB, GiB"


@pytest.mark.parametrize("name", ["''", "' a'", "a::b", '"a\\tb"'])
def test_a_name_that_makes_no_target_is_refused(tmp_path: Path, name: str) -> None:
    """It stays on one line and has one separator."""
    with pytest.raises(UsageError, match="can't name a claim"):
        claims(tmp_path, f"claims: {{{name}: {{faster: x, than: y}}}}")


@pytest.mark.parametrize("given", ["", "[a]", "5"])
def test_a_section_that_is_no_mapping_is_refused(tmp_path: Path, given: str) -> None:
    """The message names its line."""
    with pytest.raises(UsageError, match=f"{SUITE}:1: claims must be a mapping"):
        claims(tmp_path, f"claims: {given}\n")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(("faster", "than", "by", "budget", "metric", "below"))
SENSIBLE = st.sampled_from(("x.py::y", "5ms", *METRICS))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(KEYS, SENSIBLE | VALUES))
def test_any_value_is_taken_or_refused(tmp_path: Path, keys: dict[str, object]) -> None:
    """No value of any key ends in another exception."""
    try:
        claims(tmp_path, yaml.safe_dump({"claims": {"a": keys}}, allow_unicode=True))
    except UsageError as error:
        assert error.message.startswith(SUITE)
