"""The phrases and figures of wall-clock results."""

from dataclasses import replace

import pytest

from iaipy.compare import timings
from iaipy.model.comparison import Comparison, TimingEntry
from iaipy.model.run import Run, Timing
from iaipy.model.timing import Rule, Summary
from iaipy.report import times
from iaipy.report.times import (
    COLUMNS,
    also_measured,
    cells,
    changed,
    described,
    figures,
    interval,
    notes,
    status,
)


def entry(comparison: Comparison, name: str) -> TimingEntry:
    """The entry of a benchmark."""
    return next(each for each in comparison.timings if each.id.endswith(f"::{name}"))


def summary_of(found: TimingEntry) -> Summary:
    """What its samples amount to."""
    assert found.summary
    return found.summary


def measured(run: Run, name: str) -> Timing:
    """The timing of a benchmark."""
    return next(each for each in run.timings if each.id.endswith(f"::{name}"))


def labels(comparison: Comparison, run: Run, name: str) -> dict[str, str]:
    """What is said of a timing, by label."""
    return dict(described(measured(run, name), summary_of(entry(comparison, name))))


def test_cells_fill_the_columns(timed: Comparison) -> None:
    """Every timing with samples has one cell for each column; what is missing has none."""
    for each in timed.timings:
        assert len(cells(each)) == (len(COLUMNS) if each.summary else 0)
    assert cells(entry(timed, "gone")) == cells(entry(timed, "broken")) == []


def test_one_sample_has_no_spread(timed_run: Run) -> None:
    """Neither ± nor an interval is made up for it, and it says so."""
    one = replace(measured(timed_run, "same"), samples_ns=((1500.0,),))
    (alone,) = timings.compare(replace(timed_run, timings=(one,), failures=()), None)
    assert cells(alone)[0] == "1.500 µs"
    assert figures(summary_of(alone))[0] == ("Mean", "1.500 µs (no interval from one process)")
    assert alone.summary is not None
    assert interval(alone.summary) == ""


@pytest.mark.parametrize(
    ("samples", "shown"),
    [
        (((1.0,), (100.0,)), "0.000 ns … 679.5 ns"),
        (((-1.0,), (100.0,)), "-592.2 ns … 691.2 ns"),
    ],
)
def test_no_time_is_below_nought(timed_run: Run, samples: tuple[tuple[float, ...], ...], shown: str) -> None:
    """An interval of times begins at 0 at the earliest; that of a difference may begin below."""
    one = replace(measured(timed_run, "same"), samples_ns=samples)
    (alone,) = timings.compare(replace(timed_run, timings=(one,), failures=()), None)
    assert interval(summary_of(alone)) == shown


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("same", "UNCHANGED (+0.4% ("),
        ("slower[rows=10]", "SLOWER (+24.3% ("),
        ("faster", "FASTER (-18.8% ("),
        ("wobbly", "INCONCLUSIVE (+4.2% ("),
        ("gone", "MISSING (not in this run)"),
        ("other_way", "INCOMPARABLE (measured differently: minus was none"),
        ("alone", "INCONCLUSIVE (too few processes (5 in base, 1 in head)"),
    ],
)
def test_status_says_what_it_rests_on(timed: Comparison, name: str, phrase: str) -> None:
    """In one line, the verdict first."""
    assert status(entry(timed, name)).startswith(phrase)


def test_without_a_baseline_there_is_no_status(timed: Comparison, timed_alone: Comparison) -> None:
    """Nor has what the baseline doesn't have."""
    assert {status(each) for each in timed_alone.timings if each.status == "new"} == {""}
    assert status(entry(timed, "fresh")) == ""


def test_changes(timed: Comparison, timed_alone: Comparison) -> None:
    """A change has its interval where there is one, and its test."""
    slower, alone = entry(timed, "slower[rows=10]"), entry(timed, "alone")
    assert changed(slower) == "+24.3% (+20.5% … +28.4%)"
    assert (
        times.tested(slower) == "46.01 µs → 57.21 µs, speed-up 0.804, t(3.8) = 18.85, p = 0.00026, d = 14.0"
    )
    assert (changed(alone), times.tested(alone)) == ("-2.0%", "")
    assert {changed(each) + times.tested(each) for each in timed_alone.timings} == {""}


def test_what_goes_with_a_time(timed: Comparison, timed_run: Run) -> None:
    """Throughput, memory and the harness's own cost, each where it is known."""
    found = labels(timed, timed_run, "slower[rows=10]")
    assert found["Throughput"] == "168,013 elements/s"
    assert found["Peak memory"] == "19.50 MB"
    assert found["Overhead"] == "65.20 ns per iteration, subtracted"
    assert "Overhead" not in labels(timed, timed_run, "wobbly")
    assert "Throughput" not in labels(timed, timed_run, "same")
    assert labels(timed, timed_run, "alone")["Peak memory"] == "not measured"


@pytest.mark.parametrize(
    ("elements", "text"),
    [(1e-3, "4e-04 elements/s"), (1, "0.4 elements/s"), (100, "40 elements/s"), (1e6, "400,000 elements/s")],
)
def test_throughput_of_slow_things(timed_run: Run, elements: float, text: str) -> None:
    """Less than one element a second is not nought."""
    slow = replace(measured(timed_run, "wobbly"), samples_ns=((2.5e9,),), elements=elements)
    (found,) = timings.compare(replace(timed_run, timings=(slow,), failures=()), None)
    assert dict(also_measured(slow, summary_of(found)))["Throughput"].replace("0.0004", "4e-04") == text


def test_no_throughput_of_no_time(timed_run: Run) -> None:
    """What takes 0 ns deals with nothing per second."""
    none = replace(measured(timed_run, "wobbly"), samples_ns=((0.0, 0.0),), elements=5)
    (found,) = timings.compare(replace(timed_run, timings=(none,), failures=()), None)
    assert "Throughput" not in dict(also_measured(none, summary_of(found)))


def test_samples_are_counted(timed: Comparison, timed_run: Run) -> None:
    """With the processes they come from, and the outliers among them."""
    assert labels(timed, timed_run, "same")["Samples"] == "50 in 5 processes; outliers: 0 mild, 5 severe"
    assert labels(timed, timed_run, "alone")["Samples"].startswith("10 in 1 process; ")


def test_notes(timed: Comparison) -> None:
    """Number of samples, rule for outliers, and test; all figures are those of the table."""
    samples, outliers, test = notes(timed.timings)
    assert "from 1 to 5 fresh processes each" in samples
    assert "1 mild and 25 severe of 300 samples" in outliers
    assert "p < 0.05 and more than 10%" in test
    assert "the whole 95% interval" in test


def test_notes_of_another_rule(timed_run: Run, timed_base: Run) -> None:
    """They name the threshold and the confidence that were asked for."""
    found = timings.compare(timed_run, timed_base, rule=Rule(alpha=0.001, threshold=0.005))
    assert "p < 0.001 and more than 0.5%; unchanged means that the whole 99.9% interval" in notes(found)[2]


def test_notes_of_nothing(timed: Comparison, timed_alone: Comparison) -> None:
    """Without a baseline nothing was tested, and without samples there is nothing to say."""
    assert len(notes(timed_alone.timings)) == 2
    assert notes([entry(timed, "gone")]) == notes([]) == []


def test_notes_of_one_process(timed: Comparison) -> None:
    """One process is no range."""
    assert "from 1 fresh process each" in notes([entry(timed, "alone")])[0]
