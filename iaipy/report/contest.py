"""Two timings side by side, and how many times as fast the one is as the other."""

from iaipy.model.run import Timing
from iaipy.model.timing import Judgement
from iaipy.report.numbers import duration, threshold
from iaipy.report.times import peak_memory
from iaipy.report.words import printable


def render(base: Timing, head: Timing, judgement: Judgement) -> str:
    """The two sides, then the verdict, as lines of text."""
    lines = [_side(base, judgement.base_ns), _side(head, judgement.head_ns)]
    found = judgement.figures
    if found is not None:
        speedup = found.speedup
        lines += [
            f"head takes {1 / speedup.value:.3g} times the time of base; speed-up {speedup.value:.3g} "
            f"({threshold(1 - judgement.rule.alpha)} interval {speedup.low:.3g} … {speedup.high:.3g})",
            f"t({found.df:.1f}) = {found.t:.2f}, p = {found.p:.2g}, d = {found.cohens_d:.1f}",
        ]
    lines.append(f"{judgement.verdict}: {judgement.why}")
    return "".join(f"{line}\n" for line in lines)


def _side(timing: Timing, compared_ns: float) -> str:
    samples = sum(map(len, timing.samples_ns))
    return (
        f"{printable(timing.id)}\n  {duration(compared_ns)}, {samples:,} samples in {len(timing.samples_ns)} "
        f"processes, peak memory {peak_memory(timing)}"
    )
