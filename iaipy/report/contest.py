"""Two timings side by side, and how many times as fast the one is as the other."""

from iaipy.model.run import Timing
from iaipy.model.timing import Judgement, Summary
from iaipy.report import times
from iaipy.report.numbers import threshold
from iaipy.report.words import printable

_LABEL_WIDTH = max(map(len, ("Quantiles", *times.ALSO_MEASURED))) + 1


def render(
    base: Timing, head: Timing, judgement: Judgement, base_summary: Summary, head_summary: Summary
) -> str:
    """The two sides, each as a run shows it, then the verdict, as lines of text."""
    lines = [*_side(base, base_summary), *_side(head, head_summary)]
    found = judgement.figures
    if found is not None:
        speedup = found.speedup
        lines += [
            f"head takes {1 / speedup.value:.3g} times the time of base; speed-up {speedup.value:.3g} "
            f"({threshold(1 - judgement.rule.alpha)} interval {speedup.low:.3g} … {speedup.high:.3g})",
            f"{times.sides(judgement)}, {times.test(found, found.p)}",
        ]
    lines.append(f"{judgement.verdict}: {judgement.why}")
    return "".join(f"{line}\n" for line in lines)


def _side(timing: Timing, summary: Summary) -> list[str]:
    return [
        printable(timing.id),
        *(f"  {label + ':':<{_LABEL_WIDTH}} {phrase}" for label, phrase in times.described(timing, summary)),
        *(f"  Note: {printable(note)}" for note in timing.notes),
        "",
    ]
