"""The verdict on wall-clock samples: is head slower than base, faster, the same, or can't these samples tell?

What stands for a process is the median of its samples, and the processes are compared by Welch's test on
means trimmed by 30 % at either end (Yuen 1974): on a machine whose load comes and goes, a few slow rounds
in a process and a few slow processes are the rule, and plain means follow them. docs/statistics.md has the
figures behind that choice, and what it can't see.
"""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from iaipy.compare.statistics import (
    Samples,
    benjamini_hochberg,
    cohens_d,
    least_detectable,
    process_values,
    speedup,
    trimmed_mean,
    welch,
)
from iaipy.model.run import Timing
from iaipy.model.timing import DEFAULT_RULE, Estimate, Figures, Judgement, Rule, TimeVerdict

MEASURABLE_SHARE = 0.1
"""Of the time that measuring takes. The latter is subtracted, and known to some per cents of itself."""


def least_measurable(*timings: Timing) -> float:
    """The nanoseconds above which a time is more than what subtracting the harness's own leaves by chance.

    A tenth of the median overhead of the timing that has the largest; docs/statistics.md has the measurement.
    """
    return MEASURABLE_SHARE * max(float(median(timing.overhead_ns)) for timing in timings)


def judge(base: Samples, head: Samples, rule: Rule = DEFAULT_RULE, *, least_ns: float = 0.0) -> Judgement:
    """Judge head against base; `Judgement` says how.

    Parameters:
        base, head: nanoseconds per iteration, one sequence per process.
        least_ns: a side that takes no more than that has no measurable time.

    Raises:
        ValueError: no samples, or a sample that is NaN or infinite.
    """
    return judge_all([(base, head)], rule, least_ns=[least_ns])[0]


def judge_all(
    pairs: Sequence[tuple[Samples, Samples]],
    rule: Rule = DEFAULT_RULE,
    control_false_discovery: bool = True,
    *,
    least_ns: Sequence[float] = (),
) -> tuple[Judgement, ...]:
    """Judge a suite of benchmarks; the judgements come in the order of the pairs.

    Parameters:
        pairs: base and head of each benchmark.
        control_false_discovery: adjust the p values after Benjamini & Hochberg (1995), so that of the
            changes found in the suite a share of at most alpha is chance. The intervals, and so the verdict
            unchanged, are each benchmark's own.
        least_ns: for each benchmark as of `judge`; none for 0 ns everywhere.

    Raises:
        ValueError: as of `judge`.
    """
    floors = least_ns or [0.0] * len(pairs)
    undecided = [
        _undecided(base, head, rule, floor) for (base, head), floor in zip(pairs, floors, strict=True)
    ]
    tested = [judgement.figures.p for judgement in undecided if judgement.figures]
    adjusted = iter(benjamini_hochberg(tested) if control_false_discovery else tested)
    return tuple(
        _decided(judgement, judgement.figures, next(adjusted)) if judgement.figures else judgement
        for judgement in undecided
    )


def _undecided(base: Samples, head: Samples, rule: Rule, least_ns: float) -> Judgement:
    """All that doesn't depend on the suite's other benchmarks."""
    before = process_values(base, rule.location, what="base samples")
    after = process_values(head, rule.location, what="head samples")
    base_ns, head_ns = trimmed_mean(before, trim=rule.trim), trimmed_mean(after, trim=rule.trim)
    why = ""
    figures = None
    measurable = min(base_ns, head_ns) > max(0.0, least_ns)
    if not measurable:
        side, value = ("base", base_ns) if base_ns <= max(0.0, least_ns) else ("head", head_ns)
        small = f", less than {MEASURABLE_SHARE:.0%} of what measuring itself takes" if value > 0 else ""
        shown = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
        why = f"{side} takes no measurable time ({shown} ns{small}): there is nothing to compare"
    elif min(len(before), len(after)) < 2:
        why = (
            f"too few processes ({len(before)} in base, {len(after)} in head): from fewer than two of each "
            "nobody can tell how much they differ by chance"
        )
    else:
        figures = _figures(before, after, rule)
    return Judgement(
        verdict="inconclusive",
        why=why,
        base_processes=len(before),
        head_processes=len(after),
        base_ns=base_ns,
        head_ns=head_ns,
        change=head_ns / base_ns - 1 if measurable else None,
        figures=figures,
        p_adjusted=None,
        rule=rule,
        mean_change=_mean_change(base, head),
    )


def _mean_change(base: Samples, head: Samples) -> float | None:
    """How the mean of the processes' means changed; None from nought or below it."""
    before, after = (trimmed_mean(process_values(samples, "mean")) for samples in (base, head))
    return after / before - 1 if before > 0 else None


def _figures(before: tuple[float, ...], after: tuple[float, ...], rule: Rule) -> Figures:
    trim, in_turn, confidence = rule.trim, rule.in_turn, 1 - rule.alpha
    test = welch(before, after, trim=trim, in_turn=in_turn)
    slowdown = speedup(after, before, trim=trim, confidence=confidence, in_turn=in_turn)
    return Figures(
        speedup=speedup(before, after, trim=trim, confidence=confidence, in_turn=in_turn),
        change=Estimate(slowdown.value - 1, slowdown.low - 1, slowdown.high - 1),
        t=test.t,
        df=test.df,
        p=test.p,
        cohens_d=cohens_d(before, after, trim=trim),
        least_detectable=least_detectable(
            before, after, alpha=rule.alpha, trim=trim, threshold=rule.threshold, in_turn=in_turn
        ),
    )


def _decided(judgement: Judgement, figures: Figures, p_adjusted: float) -> Judgement:
    change, rule = figures.change, judgement.rule
    verdict = _verdict(change, p_adjusted < rule.alpha, rule.threshold)
    why = _WHY[verdict].format(
        change=f"{change.value:+.1%}",
        interval=f"{(1 - rule.alpha) * 100:.6g}% interval {change.low:+.1%} to {change.high:+.1%}",
        p=f"p = {p_adjusted:.2g}{' adjusted for the suite' if p_adjusted > figures.p else ''}",
        alpha=f"{rule.alpha:g}",
        threshold=f"{rule.threshold * 100:.6g}%",
        least=f"{figures.least_detectable:+.1%}",
    )
    mean = judgement.mean_change or 0.0
    if verdict == "unchanged" and round(abs(mean), 12) > rule.threshold:
        verdict = "inconclusive"
        why = (
            f"most samples took the same time ({change.value:+.1%}), but their mean moved by {mean:+.1%}: "
            "some rounds or processes were much slower on one side"
        )
    return replace(judgement, verdict=verdict, why=why, p_adjusted=p_adjusted)


_WHY: dict[TimeVerdict, str] = {
    "regression": "{change} ({interval}), {p}: below {alpha}, and above +{threshold}",
    "improvement": "{change} ({interval}), {p}: below {alpha}, and below -{threshold}",
    "unchanged": "{change} ({interval}): a change beyond {threshold} is excluded",
    "inconclusive": "{change} ({interval}), {p}: a change beyond {threshold} is neither shown nor excluded; "
    "with this scatter, one of {least} would be found",
}


def _verdict(change: Estimate, significant: bool, threshold: float) -> TimeVerdict:
    # 100 → 110 is no change beyond 10 %, though 110 / 100 − 1 is a little more than 0.1 in binary.
    value, low, high = (round(ratio, 12) for ratio in (change.value, change.low, change.high))
    if significant and value > threshold and low > 0:
        return "regression"
    if significant and value < -threshold and high < 0:
        return "improvement"
    if -threshold <= low and high <= threshold:
        return "unchanged"
    return "inconclusive"
