"""The phrases and figures of wall-clock results, for the reports for people."""

from collections.abc import Iterable

from iaipy.model.comparison import TimingEntry
from iaipy.model.run import Timing
from iaipy.model.timing import Figures, Judgement, Summary
from iaipy.report.numbers import count, duration, percent, size, threshold
from iaipy.report.words import TIMING_OUTCOMES

COLUMNS = ("Mean ± Stddev", "Min", "P50", "P95", "P99", "Max", "n")


def cells(entry: TimingEntry) -> list[str]:
    """What stands in the columns of a table of times."""
    summary = entry.summary
    if summary is None:
        return []
    spread = "" if summary.stddev_ns is None else f" ± {duration(summary.stddev_ns)}"
    return [duration(summary.mean_ns) + spread, *map(duration, _points(summary)), count(summary.n)]


def _points(summary: Summary) -> tuple[float, ...]:
    return summary.min_ns, summary.p50_ns, summary.p95_ns, summary.p99_ns, summary.max_ns


def status(entry: TimingEntry) -> str:
    """`SLOWER (...)` and the like, with what it rests on; "" where there was nothing to compare with."""
    if entry.judgement is None and not entry.why:
        return ""
    return f"{TIMING_OUTCOMES[entry.status].upper()} ({entry.why})"


def described(timing: Timing, summary: Summary) -> list[tuple[str, str]]:
    """A label and a phrase for each thing that is to be said of a timing by itself."""
    return [*figures(summary), *also_measured(timing, summary)]


def figures(summary: Summary) -> list[tuple[str, str]]:
    """A label and a phrase for each thing that a timing's samples say."""
    mean = duration(summary.mean_ns)
    if summary.stddev_ns is not None:
        mean += f" ± {duration(summary.stddev_ns)}"
    within = interval(summary)
    mean += f" (95% interval {within})" if within else " (no interval from one process)"
    points = (
        ("min", summary.min_ns),
        ("p50", summary.p50_ns),
        ("p95", summary.p95_ns),
        ("p99", summary.p99_ns),
    )
    return [
        ("Mean", mean),
        ("Quantiles", ", ".join(f"{name} {duration(ns)}" for name, ns in (*points, ("max", summary.max_ns)))),
        (
            "Samples",
            f"{count(summary.n)} in {_processes(count(summary.processes))}; outliers: "
            f"{count(summary.mild_outliers)} mild, {count(summary.severe_outliers)} severe",
        ),
    ]


def interval(summary: Summary) -> str:
    """The 95 % interval of the mean: `1.271 ms … 1.321 ms`; "" where there was one process."""
    if summary.interval_ns is None:
        return ""
    low_ns, high_ns = summary.interval_ns
    return f"{duration(low_ns)} … {duration(high_ns)}"


def peak_memory(timing: Timing) -> str:
    """The most memory that any of the processes had."""
    return size(max(timing.peak_rss_bytes)) if any(timing.peak_rss_bytes) else "not measured"


def also_measured(timing: Timing, summary: Summary) -> list[tuple[str, str]]:
    """What goes with the time: throughput, memory, and the harness's own cost."""
    values = zip(ALSO_MEASURED, also_cells(timing, summary), strict=True)
    phrases = {"Overhead": "{} per iteration, subtracted"}
    return [(label, phrases.get(label, "{}").format(value)) for label, value in values if value]


ALSO_MEASURED = ("Throughput", "Peak memory", "Overhead")


def also_cells(timing: Timing, summary: Summary) -> tuple[str, str, str]:
    """The values of ALSO_MEASURED; "" where there is none."""
    throughput = ""
    if timing.elements and summary.mean_ns > 0:
        per_second = timing.elements / summary.mean_ns * 1e9
        throughput = f"{per_second:{',.0f' if per_second >= 100 else '.3g'}} elements/s"
    overhead = duration(max(timing.overhead_ns)) if any(timing.overhead_ns) else ""
    return throughput, peak_memory(timing), overhead


def changed(entry: TimingEntry) -> str:
    """`+12.1% (+10.3% … +14.0%)`; "" without a baseline."""
    judgement = entry.judgement
    if judgement is None or judgement.change is None:
        return ""
    change = percent(judgement.change, judgement.rule.threshold)
    interval = judgement.figures and judgement.figures.change
    return f"{change} ({percent(interval.low)} … {percent(interval.high)})" if interval else change


def tested(entry: TimingEntry) -> str:
    """`51.23 ms → 57.31 ms, speed-up 0.894` and what `test` says; "" where nothing was tested."""
    judgement = entry.judgement
    if judgement is None or judgement.figures is None or judgement.p_adjusted is None:
        return ""
    found = judgement.figures
    return f"{sides(judgement)}, speed-up {found.speedup.value:.3g}, {test(found, judgement.p_adjusted)}"


def sides(judgement: Judgement) -> str:
    """The times that were compared: `51.23 ms → 57.31 ms`."""
    return f"{duration(judgement.base_ns)} → {duration(judgement.head_ns)}"


def test(found: Figures, p: float) -> str:
    """`t(6.2) = 3.40, p = 0.0004, d = 3.1`."""
    return f"t({found.df:.1f}) = {found.t:.2f}, p = {p:.2g}, d = {found.cohens_d:.1f}"


def notes(entries: Iterable[TimingEntry]) -> list[str]:
    """How the figures of a table of times are to be read, one sentence each."""
    summaries = [entry.summary for entry in entries if entry.summary]
    judgements = [entry.judgement for entry in entries if entry.judgement]
    if not summaries:
        return []
    processes = sorted({summary.processes for summary in summaries})
    mild, severe, samples = (
        count(sum(getattr(summary, field) for summary in summaries))
        for field in ("mild_outliers", "severe_outliers", "n")
    )
    told = [
        f"n is the number of samples, from {_processes(_range(processes), 'fresh ')} each. The mean is the "
        "mean of the processes' means; standard deviation and quantiles are those of all samples.",
        f"Outliers by Tukey's fences (1.5 and 3 interquartile ranges): {mild} mild and {severe} severe of "
        f"{samples} samples. They are in all figures.",
    ]
    if judgements:
        rule = judgements[0].rule
        told.append(
            f"Changes are judged by Welch's t-test on one value per process, its {rule.location}, with means "
            f"trimmed by {rule.trim:.0%} at either end. Slower means p < {rule.alpha:g} and more than "
            f"{threshold(rule.threshold)}; unchanged means that the whole {threshold(1 - rule.alpha)} "
            "interval lies within that."
        )
    return told


def _processes(number: str, kind: str = "") -> str:
    return f"{number} {kind}process{'' if number == '1' else 'es'}"


def _range(numbers: list[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
