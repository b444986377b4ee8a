"""The Markdown report, made to fit where GitHub Actions takes summaries of steps.

GitHub doesn't cut a summary that is too large, it drops it.
"""

from iaipy.model.comparison import Comparison
from iaipy.model.run import Run
from iaipy.report import markdown

MOST_BYTES = 1_000_000
"""A step may write 1 MiB (1,048,576 bytes); the rest is for what else the step has to say."""

_NOTE = "This report was cut off here: all of it would take {size:,} bytes, and {most:,} fit."
_OPENING, _CLOSING = "<details>", "</details>"


def render(run: Run, comparison: Comparison, *, color: bool = False) -> str:
    """The Markdown report, cut off at the end of a line if it would be too large."""
    return fitted(markdown.render(run, comparison), MOST_BYTES)


def fitted(text: str, most_bytes: int) -> str:
    """A Markdown report that has no more than so many bytes, with a note at its end if lines are missing.

    A code block or a fold that is open where it ends is closed. What matters most comes first in the
    report, so that is what stays.

    Parameters:
        text: by `markdown.render`.
        most_bytes: at least some hundred.
    """
    size = len(text.encode())
    if size <= most_bytes:
        return text
    note = "\n\n" + _NOTE.format(size=size, most=most_bytes) + "\n"
    kept: list[str] = []
    fence, folded, room = "", False, most_bytes - len(note.encode())
    for line in text.splitlines(keepends=True):
        if fence:
            next_fence, next_folded = ("" if line.rstrip("\n") == fence else fence), folded
        else:
            next_fence = _fence(line)
            next_folded = (folded or line.startswith(_OPENING)) and not line.startswith(_CLOSING)
        room -= len(line.encode())
        if room < len(_ending(next_fence, next_folded).encode()):
            break
        kept.append(line)
        fence, folded = next_fence, next_folded
    return "".join(kept).rstrip("\n") + _ending(fence, folded) + note


def _fence(line: str) -> str:
    """The run of back quotes that opens a code block on this line; "" where none does."""
    ticks = line[: len(line) - len(line.lstrip("`"))]
    return ticks if len(ticks) > 2 else ""


def _ending(fence: str, folded: bool) -> str:
    """What closes a code block and a fold."""
    return (f"\n{fence}" if fence else "") + (f"\n\n{_CLOSING}" if folded else "")
