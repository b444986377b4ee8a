"""A profile as a table of functions, and the difference of two as sentences and a table."""

from iaipy.model.profile import Function, Profile
from iaipy.profile.difference import Change, Difference
from iaipy.profile.sums import ranked
from iaipy.report.numbers import count, percent
from iaipy.report.plain import one_line

_ROWS = 25
_SENTENCES = 3
_LONGEST_PLACE = 60
_SMALLEST_SHARE = 0.005


def render(profile: Profile, difference: Difference | None, *, color: bool = False) -> str:
    """The functions by their own costs; with a difference, by what they contribute to it."""
    lines = _table(profile) if difference is None else _changes(difference)
    return "\n".join((*lines, "", *accounted(profile), *map(one_line, profile.notes))) + "\n"


def accounted(profile: Profile) -> list[str]:
    """How the total came about, in sentences."""
    told = profile.accounting
    if not profile.python:
        return []
    sentences = []
    overhead = told.trampolines + told.calls
    if overhead:
        sentences.append(
            f"The trampolines that give Python functions their names took {count(overhead)} instructions "
            f"({_part(overhead, told.counted)}) more, left out here: {count(told.trampolines)} of their own, "
            f"{count(told.calls)} in Python calls, taken from the called functions by their calls."
        )
    apart = told.total - told.counted
    if apart:
        sentences.append(
            f"The total is {count(abs(apart))} instructions ({_part(abs(apart), told.counted)}) "
            f"{'above' if apart > 0 else 'below'} what cachegrind counts, {count(told.counted)}."
        )
    return sentences


def sentence(change: Change, difference: Difference) -> str:
    """A change as it is told: by how much, which part of the whole, and how often it is called."""
    now, before = change.now, change.before
    if before is None:
        size = "new"
    elif now is None:
        size = "gone"
    else:
        size = percent(change.own / before.own) if before.own else "from 0"
    words = f"{one_line(change.function.name)} {change.own:+,} instructions ({size})"
    share = difference.share(change)
    if share is not None and abs(share) >= _SMALLEST_SHARE:
        words += f", {share:.0%} of the change"
    was, is_ = change.calls
    if was != is_:
        words += f"; called {count(was)} → {count(is_)} times"
    return words


def _table(profile: Profile) -> list[str]:
    total = profile.total
    sums = [each for each in ranked(profile) if each.own or each.calls]
    rows = [
        (
            count(each.own),
            _part(each.own, total),
            count(each.inclusive),
            _part(each.inclusive, total),
            count(each.calls),
            _named(each.function),
        )
        for each in sums[:_ROWS]
    ]
    head = ("self", "", "inclusive", "", "calls", "function")
    rest = sums[_ROWS:]
    return [
        _title(profile),
        "",
        *_aligned((head, *rows)),
        *([_more(len(rest), sum(each.own for each in rest))] if rest else []),
    ]


def _title(profile: Profile) -> str:
    calls = f" in {count(profile.iterations)} calls" if profile.iterations > 1 else ""
    return f"{one_line(profile.benchmark)}: {count(profile.total)} instructions{calls}"


def _changes(difference: Difference) -> list[str]:
    before, now = difference.before.total, difference.now.total
    relative = f" ({percent(difference.total / before)})" if before else ""
    lines = [
        f"{one_line(difference.now.benchmark)}: {count(before)} → {count(now)} instructions, "
        f"{difference.total:+,}{relative}"
    ]
    if not difference.changes:
        return [*lines, "No function changed."]
    lines += ["", *(sentence(change, difference) for change in difference.changes[:_SENTENCES])]
    rows = [
        (
            f"{change.own:+,}",
            change.kind,
            count(change.before.own if change.before else 0),
            count(change.now.own if change.now else 0),
            f"{change.inclusive:+,}",
            "→".join(map(count, dict.fromkeys(change.calls))),
            _named(change.function),
        )
        for change in difference.changes[:_ROWS]
    ]
    head = ("self", "", "before", "now", "inclusive", "calls", "function")
    rest = difference.changes[_ROWS:]
    return [
        *lines,
        "",
        *_aligned((head, *rows)),
        *([_more(len(rest), sum(change.own for change in rest))] if rest else []),
    ]


def _more(functions: int, own: int) -> str:
    return f"and {count(functions)} more, with {count(own)} instructions of their own"


def _named(function: Function) -> str:
    place = one_line(function.place)
    if len(place) > _LONGEST_PLACE:
        place = f"…{place[-_LONGEST_PLACE:]}"
    return one_line(function.name) + (f" ({place})" if place else "")


def _part(value: int, total: int) -> str:
    return f"{100 * value / total:.1f}%" if total else "-"


def _aligned(rows: tuple[tuple[str, ...], ...]) -> list[str]:
    """Rows in columns, numbers to the right and the last column, the names, to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return [
        "  ".join((*(cell.rjust(width) for cell, width in zip(row[:-1], widths, strict=True)), row[-1]))
        for row in rows
    ]
