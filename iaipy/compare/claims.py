"""Whether claims hold: of speed-ups and budgets, on the clock and on counters.

Speed-ups in time are compared as `walltime` compares: the median of each process, the means of these trimmed.
docs/claims.md says what a verdict means.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from iaipy.compare import quantiles, statistics, timings
from iaipy.compare.conditions import elsewhere, obstacle
from iaipy.compare.walltime import least_measurable
from iaipy.model.claim import (
    Basis,
    Budget,
    Claim,
    ClaimVerdict,
    Finding,
    Side,
    Speedup,
    WelchTest,
)
from iaipy.model.run import Environment, Result, Run, Timing
from iaipy.model.timing import DEFAULT_ALPHA, DEFAULT_LOCATION, DEFAULT_TRIM, Estimate

_DIGITS = 12
"""Ratios are rounded to so many decimals: 0.3 / 0.1 is a speed-up of 3, though a little less in binary."""

_FEW_PROCESSES = "there is one process only, and nobody can tell how much processes differ by chance"
_NO_PEAK = "the peak memory was not measured in every process"
_NO_UPPER_END = "these samples are too few to bound it from above: more rounds or processes do"


def judge(
    claim: Claim,
    head: Run,
    bases: Mapping[str, Run],
    *,
    alpha: float = DEFAULT_ALPHA,
    any_environment: bool = False,
) -> Finding:
    """What a run says of a claim.

    Parameters:
        head: the run that is judged.
        bases: by name, the stored runs that claims refer to.
        alpha: 1 − the confidence of the intervals.
        any_environment: compare also what was measured under conditions that differ.
    """
    for benchmark in claim.benchmarks:
        if absence := _absence(head, benchmark, claim):
            return Finding(claim, "not measured", absence)
    if isinstance(claim, Budget):
        judge_budget = _counter_budget if claim.mode == "instructions" else _time_budget
        return judge_budget(claim, head, 1 - alpha)
    base = bases[claim.than.baseline] if claim.than.baseline else head
    if kept_apart := _kept_apart(claim, head, base, any_environment):
        return Finding(claim, "incomparable", kept_apart)
    if claim.mode == "walltime":
        fast, slow = _timing(head, claim.faster), _timing(base, claim.than.benchmark)
        return _time_speedup(claim, fast, slow, 1 - alpha)
    return _counter_speedup(claim, _result(head, claim.faster), _result(base, claim.than.benchmark))


def _timing(run: Run, benchmark: str) -> Timing:
    """The times of a benchmark; KeyError where there are none."""
    return {timing.id: timing for timing in run.timings}[benchmark]


def _result(run: Run, benchmark: str) -> Result:
    """The counts of a benchmark; KeyError where there are none."""
    return {result.id: result for result in run.benchmarks}[benchmark]


def _measured(run: Run, claim: Claim) -> list[str]:
    """The ids of what a run holds in the way that a claim is judged by."""
    outcomes = run.timings if claim.mode == "walltime" else run.benchmarks
    return [outcome.id for outcome in outcomes]


def _absence(run: Run, benchmark: str, claim: Claim) -> str:
    """Why a run can't tell of a benchmark; "" where it can."""
    if benchmark in _measured(run, claim):
        unsaid = claim.metric == "per_element_ns" and not _timing(run, benchmark).elements
        return f"{benchmark} doesn't say its elements" if unsaid else ""
    file = benchmark.partition("::")[0]
    for failure in run.failures:
        if failure.id == file or (failure.id == benchmark and failure.mode == claim.mode):
            return f"{failure.id}: {failure.reason}"
    return f"the run has no {'times' if claim.mode == 'walltime' else 'counts'} of {benchmark}"


_CONDITIONS = {
    "walltime": timings.CONDITIONS,
    "instructions": ("kind", "iterations", "warmup", "minus"),
}
"""What must be equal, by mode, of one benchmark before and after."""


def _kept_apart(claim: Speedup, head: Run, base: Run, any_environment: bool) -> str:
    """Why two benchmarks can't be compared; "" where they can, as always in one run."""
    if head is base:
        return ""
    if not any_environment:
        place = elsewhere(_environment(base, claim).differences(_environment(head, claim)))
        if place:
            return place
    if claim.faster == claim.than.benchmark:
        find: Callable[[Run, str], Timing | Result] = _timing if claim.mode == "walltime" else _result
        return obstacle(find(base, claim.than.benchmark), find(head, claim.faster), _CONDITIONS[claim.mode])
    return ""


def _environment(run: Run, claim: Claim) -> Environment:
    return run.machine if claim.mode == "walltime" else run.environment


def _time_speedup(claim: Speedup, fast: Timing, slow: Timing, confidence: float) -> Finding:
    in_turn = bool(claim.than.baseline)  # benchmarks of one run take turns
    after, before = (statistics.process_values(each.samples_ns, DEFAULT_LOCATION) for each in (fast, slow))
    sides = tuple(
        Side(statistics.trimmed_mean(values, trim=DEFAULT_TRIM), _size(each), len(values))
        for values, each in ((after, fast), (before, slow))
    )
    finding = Finding(
        claim,
        "not shown",
        confidence=confidence,
        sides=sides,
        remarks=_apart(claim) + _notes(fast, slow),
    )
    least = least_measurable(fast, slow)
    if not all(side.value > least for side in sides):
        taking_none = claim.than.benchmark if sides[0].value > least else claim.faster
        return replace(finding, why=f"{taking_none} takes no measurable time")
    if min(len(after), len(before)) < 2:
        return replace(finding, why=_FEW_PROCESSES)
    speedup = statistics.speedup(before, after, trim=DEFAULT_TRIM, confidence=confidence, in_turn=in_turn)
    test = statistics.welch(after, before, trim=DEFAULT_TRIM, in_turn=in_turn)
    effect = statistics.cohens_d(after, before, trim=DEFAULT_TRIM)
    return replace(
        finding,
        verdict=at_least(round(speedup.low, _DIGITS), round(speedup.high, _DIGITS), claim.by),
        measured=speedup,
        test=WelchTest(test.t, test.df, test.p, effect),
    )


def _counter_speedup(claim: Speedup, few: Result, many: Result) -> Finding:
    """The ratio of two counts, and what their repeats let it be."""
    alike = few.iterations == many.iterations
    few_low, few_value, few_high = _counts(few, claim.metric, 1 if alike else few.iterations)
    many_low, many_value, many_high = _counts(many, claim.metric, 1 if alike else many.iterations)
    finding = Finding(
        claim,
        "not shown",
        basis=_basis(claim.metric, few, many),
        sides=(_side(few, few_value), _side(many, many_value)),
        remarks=(() if alike else _per_call(claim)) + _notes(few, many),
    )
    if not few_value and not many_value:
        return replace(finding, why="both count 0")
    by = _decimal(claim.by)
    # No quotient decides: a function that does nothing counts nought.
    if many_low and many_low >= by * few_high:
        finding = replace(finding, verdict="holds")
    elif many_high < by * few_low:
        finding = replace(finding, verdict="fails")
    ratios = ((many_value, few_value), (many_low, few_high), (many_high, few_low))
    return replace(finding, measured=Estimate(*(_ratio(*pair) for pair in ratios)))


def _apart(claim: Speedup) -> tuple[str, ...]:
    """What is to be known of a comparison with a baseline."""
    if not claim.than.baseline:
        return ()
    return (
        f"the baseline {claim.than.baseline} was not measured in turns with this run: what happened to the "
        "machine in between is in the speed-up",
    )


def _per_call(claim: Speedup) -> tuple[str, ...]:
    """What is to be known of a comparison of benchmarks that make different numbers of calls."""
    return (f"{claim.faster} and {claim.than.benchmark} make different numbers of calls: compared per call",)


def _counter_budget(claim: Budget, head: Run, confidence: float) -> Finding:
    counted = _result(head, claim.benchmark)
    low, value, high = map(float, _counts(counted, claim.metric, 1))
    return Finding(
        claim,
        below(low, high, claim.below),
        measured=Estimate(value, low, high),
        basis=_basis(claim.metric, counted),
        sides=(_side(counted, value),),
        remarks=_notes(counted),
    )


def _time_budget(claim: Budget, head: Run, confidence: float) -> Finding:
    timed = _timing(head, claim.benchmark)
    basis, figure = _FIGURES[claim.metric]
    estimate = figure(timed, confidence)
    value = estimate.value if estimate else 0.0
    sides = (Side(value, _size(timed), len(timed.samples_ns)),)
    if estimate is None:
        why = _NO_PEAK if claim.metric == "peak_rss" else _FEW_PROCESSES
        return Finding(claim, "not shown", why, sides=sides, remarks=_notes(timed))
    verdict = below(estimate.low, estimate.high, claim.below)
    unbounded = verdict == "not shown" and estimate.value < claim.below < estimate.high == math.inf
    return Finding(
        claim,
        verdict,
        (_NO_PEAK if claim.metric == "peak_rss" else _NO_UPPER_END) if unbounded else "",
        measured=estimate,
        basis=basis,
        confidence=confidence,
        sides=sides,
        remarks=_notes(timed),
    )


def at_least(low: float, high: float, required: float) -> ClaimVerdict:
    """The verdict on what lies from `low` to `high` and is to reach `required`."""
    if low >= required:
        return "holds"
    return "fails" if high < required else "not shown"


def below(low: float, high: float, limit: float) -> ClaimVerdict:
    """The verdict on what lies from `low` to `high` and is to stay below `limit`."""
    if high < limit:
        return "holds"
    return "fails" if low >= limit else "not shown"


def _mean(timed: Timing, confidence: float) -> Estimate | None:
    means = statistics.process_values(timed.samples_ns, "mean")
    if len(means) < 2:
        return None
    found = statistics.mean_interval(means, confidence=confidence)
    return replace(found, low=max(0.0, found.low))


def _mean_per_element(timed: Timing, confidence: float) -> Estimate | None:
    mean, elements = _mean(timed, confidence), timed.elements or 1.0
    return mean and Estimate(mean.value / elements, mean.low / elements, mean.high / elements)


def _quantile(percent: float) -> "_Figure":
    def find(timed: Timing, confidence: float) -> Estimate | None:
        return quantiles.quantile_interval(timed.samples_ns, percent, confidence=confidence)

    return find


def _largest(timed: Timing, confidence: float) -> Estimate:
    return _observed(max(map(max, timed.samples_ns)))


def _peak(timed: Timing, confidence: float) -> Estimate | None:
    most = max(timed.peak_rss_bytes)
    if all(timed.peak_rss_bytes):
        return _observed(most)
    return Estimate(most, most, math.inf) if most else None


def _observed(value: float) -> Estimate:
    return Estimate(value, value, value)


_Figure = Callable[[Timing, float], Estimate | None]

_FIGURES: dict[str, tuple[Basis, _Figure]] = {
    "mean_ns": ("interval", _mean),
    "p50_ns": ("interval", _quantile(50)),
    "p95_ns": ("interval", _quantile(95)),
    "p99_ns": ("interval", _quantile(99)),
    "max_ns": ("observed", _largest),
    "per_element_ns": ("interval", _mean_per_element),
    "peak_rss": ("observed", _peak),
}
"""Metric → what its ends are, and the figure; None where one process can't tell."""


def _size(timed: Timing) -> int:
    return sum(map(len, timed.samples_ns))


def _counts(counted: Result, counter: str, calls: int) -> tuple[Fraction, Fraction, Fraction]:
    """A counter, and around it what its repeats let it be, in so many equal parts."""
    value, spread = counted.counters[counter], counted.spread[counter]
    return Fraction(max(0, value - spread), calls), Fraction(value, calls), Fraction(value + spread, calls)


def _side(counted: Result, value: float | Fraction) -> Side:
    return Side(float(value), counted.repeats, counted.repeats)


def _notes(*outcomes: Timing | Result) -> tuple[str, ...]:
    """What was remarked as they were measured."""
    return tuple(f"{outcome.id}: {note}" for outcome in outcomes for note in outcome.notes)


def _basis(counter: str, *results: Result) -> Basis:
    return "spread" if any(counted.spread[counter] for counted in results) else "exact"


def _ratio(many: Fraction, few: Fraction) -> float:
    if few:
        return float(many / few)
    return math.inf if many else 0.0


def _decimal(number: float) -> Fraction:
    """The decimal that a person wrote, not the binary fraction next to it: 120 is 1.2 times 100."""
    return Fraction(f"{number:.12g}")
