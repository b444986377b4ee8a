"""Shards put together."""

from dataclasses import replace

import pytest

from iaipy.errors import ExitCode, HostError
from iaipy.model.metrics import COUNTER_KEYS, EVENTS
from iaipy.model.run import Environment, Failure, Result, Run, Timing
from iaipy.store.merging import merge

WHERE = Environment({"python": "3.13.1"}, {"kernel": "6.1", "system": "Debian"})
MACHINE = Environment({"cpu": "one"}, {"load": "0.1"})
UNREADABLE = Failure("c.py", "it can't be imported")


def result(name: str) -> Result:
    """A result of a benchmark."""
    return Result(
        f"b.py::{name}",
        "function",
        dict.fromkeys(COUNTER_KEYS, 1),
        dict.fromkeys(EVENTS, 1),
        dict.fromkeys(COUNTER_KEYS, 0),
    )


def timing(name: str) -> Timing:
    """A timing of a benchmark."""
    return Timing(f"b.py::{name}", "function", ((1.0,),), (1,), (0.0,), (1,))


ONE = Run("2026-01-02T00:00:09Z", "abc", WHERE, (result("f"),), (UNREADABLE,))
TWO = Run("2026-01-02T00:00:05Z", "abc", WHERE, (result("g"),), (UNREADABLE, Failure("b.py::h", "it failed")))


def test_results_of_all_parts() -> None:
    """All results and failures, what all parts failed with once, and the time of the earliest."""
    merged = merge([("1.json", ONE), ("2.json", TWO)])
    assert [each.id for each in merged.benchmarks] == ["b.py::f", "b.py::g"]
    assert [failure.id for failure in merged.failures] == ["c.py", "b.py::h"]
    assert (merged.created_utc, merged.commit, merged.environment) == ("2026-01-02T00:00:05Z", "abc", WHERE)


def test_one_part_is_itself() -> None:
    """A single shard stays what it is."""
    assert merge([("1.json", ONE)]) == ONE


def test_notes_that_differ_are_all_kept() -> None:
    """Kernels may differ, and the run then says which there were."""
    other = replace(TWO, environment=Environment(WHERE.fingerprint, {"kernel": "6.5"}))
    assert merge([("1.json", ONE), ("2.json", other)]).environment == Environment(
        WHERE.fingerprint, {"kernel": "6.1 / 6.5", "system": "Debian / -"}
    )


def test_counts_and_times_of_different_parts() -> None:
    """A part that only times, or that failed altogether, has no environment to differ in."""
    timed = Run("2026-01-02T00:00:00Z", "abc", timings=(timing("f"),), machine=MACHINE)
    failed = Run("2026-01-02T00:00:00Z", "abc", failures=(UNREADABLE,))
    merged = merge([("0.json", failed), ("1.json", ONE), ("2.json", timed)])
    assert (merged.environment, merged.machine) == (WHERE, MACHINE)
    assert (merged.benchmarks[0].id, merged.timings[0].id) == ("b.py::f", "b.py::f")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            replace(TWO, environment=Environment({"python": "3.12.0"})),
            "1.json and 2.json are of different environments:\n"
            "  what    1.json  2.json\n"
            "  python  3.13.1  3.12.0",
        ),
        (replace(TWO, commit=""), "1.json and 2.json are of different commits, abc and none"),
        (replace(TWO, benchmarks=ONE.benchmarks), "b.py::f is in both 1.json and 2.json"),
    ],
)
def test_mixed_parts_are_refused(other: Run, message: str) -> None:
    """What isn't one run is refused as a matter of the environment, with what doesn't fit."""
    with pytest.raises(HostError) as error:
        merge([("1.json", ONE), ("2.json", other)])
    assert error.value.message == message
    assert error.value.exit_code is ExitCode.ENVIRONMENT
    assert error.value.remedy.startswith("merge ")


def test_times_of_two_machines_are_refused() -> None:
    """Times of one run are of one machine."""
    parts = [
        Run("2026-01-02T00:00:00Z", timings=(timing(name),), machine=Environment({"cpu": name}))
        for name in ("f", "g")
    ]
    with pytest.raises(HostError, match="are of different machines"):
        merge([("1.json", parts[0]), ("2.json", parts[1])])


def test_missing_shards() -> None:
    """A shard that is missing is named; with `partial` the others are merged all the same, and without a word
    of shards in the result."""
    parts = [("1.json", replace(ONE, shard=(1, 4))), ("3.json", replace(TWO, shard=(3, 4)))]
    with pytest.raises(HostError, match=r"the shards 2/4, 4/4 are missing") as caught:
        merge(parts)
    assert "--partial" in caught.value.remedy
    with pytest.raises(HostError, match=r"the shard 2/2 is missing"):
        merge([("1.json", replace(ONE, shard=(1, 2)))])
    assert merge(parts, partial=True).shard is None
    assert merge([parts[0], ("2.json", replace(TWO, shard=(2, 4)))], partial=True).shard is None


def test_shards_of_different_numbers() -> None:
    """Halves and quarters don't make a whole."""
    with pytest.raises(HostError, match="split into 2 and 4 shards"):
        merge([("1.json", replace(ONE, shard=(1, 2))), ("2.json", replace(TWO, shard=(2, 4)))])


def test_all_shards() -> None:
    """All of them are the whole suite."""
    assert merge([("1", replace(ONE, shard=(1, 2))), ("2", replace(TWO, shard=(2, 2)))]).shard is None
