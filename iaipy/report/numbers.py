"""Numbers as a person reads them."""

import math
from collections.abc import Sequence

MOST_DIGITS = 12


def count(value: int) -> str:
    """152345 → 152,345."""
    return f"{value:,}"


def threshold(limit: float) -> str:
    """A limit without needless digits: 0.1 → 10%, 0.005 → 0.5%."""
    whole, _, decimals = f"{limit * 100:,.6f}".partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}%" if decimals else f"{whole}%"


def percent(ratio: float, limit: float | None = None) -> str:
    """A relative change with its sign: 0.049 → +4.9%, 0.0023 → +0.23%.

    It has as many digits as it needs not to read as nought, nor as the limit it is beyond.

    Parameters:
        ratio: the change, 0.049 for +4.9 %.
        limit: the limit that it is held against, likewise.
    """
    if math.isinf(ratio):
        return "from 0"
    size = abs(ratio) * 100
    bound = math.inf if limit is None else round(limit * 100, 9)
    beyond = round(size, 9) > bound
    for digits in range(1 if size >= 1 else 2, MOST_DIGITS):
        shown = round(size, digits)
        if shown and (shown > bound) == beyond:
            break
    return f"{ratio * 100:+,.{digits}f}%" if ratio else "0%"


_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))
_SIZES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))


def duration(nanoseconds: float) -> str:
    """A time in four digits: 1234567 → 1.235 ms."""
    return _in_unit(nanoseconds, _UNITS)


def size(size_bytes: float) -> str:
    """A size in memory in four digits: 14200000 → 14.20 MB."""
    return _in_unit(size_bytes, _SIZES)


def _in_unit(value: float, units: Sequence[tuple[float, str]]) -> str:
    scale, unit = next((pair for pair in units if _rounded(value) >= pair[0]), units[-1])
    before_point = len(str(int(_rounded(value) / scale)))
    return f"{value / scale:,.{max(0, min(3, 4 - before_point))}f} {unit}"


def _rounded(value: float) -> float:
    """The size of a value in four digits: 999.96 is a thousand."""
    return float(f"{abs(value):.4g}")
