"""A profile as a table of functions, and the difference of two as sentences and a table."""

from iaipy.model.difference import Cause, Difference
from iaipy.model.profile import Function, Profile
from iaipy.profile.sums import ranked
from iaipy.report.numbers import count, percent
from iaipy.report.plain import one_line

_ROWS = 25
_SENTENCES = 3
_LONGEST_PLACE = 60
_SMALLEST_SHARE = 0.005

_BY_PLACE = 0.2
"""Of what is counted: how much more or less it may be where memory lies otherwise."""
_BY_CALL = 1000
"""Instructions: how much more a call from Python to Python may take with trampolines; up to 460 were seen."""


def render(profile: Profile, difference: Difference | None, *, color: bool = False) -> str:
    """The functions by their own costs; with a difference, by what they contribute to it."""
    lines = _table(profile) if difference is None else _changes(difference)
    return "\n".join((*lines, "", *accounted(profile), *map(one_line, profile.notes))) + "\n"


def accounted(profile: Profile) -> list[str]:
    """How the total compares with what is counted, in sentences."""
    told = profile.accounting
    if not profile.python or told.executed == told.counted:
        return []
    part = f"{count(abs(told.calls))} instructions ({_part(abs(told.calls), told.counted)})"
    by_place = _BY_PLACE * max(1, told.counted)
    python_calls = sum(
        frame.calls for frame in profile.frames if not profile.functions[frame.function].native
    )
    if not -by_place < told.calls < by_place + _BY_CALL * python_calls:
        how = "more" if told.calls > 0 else "less"
        why = (
            f"The functions above took {part} {how}, which trampolines don't explain: the benchmark did "
            "something else than when it was counted. Does it activate trampolines itself?"
        )
    elif told.calls < 0:
        why = f"Memory lay otherwise with them, and the functions above took {part} less."
    else:
        why = (
            f"Calls from Python to Python take more with them, {part} in all, which the functions above have."
        )
    return [
        f"cachegrind counts {count(told.counted)} instructions, without the trampolines that give Python "
        f"functions their names. The trampolines' own {count(told.trampolines)} "
        f"({_part(told.trampolines, told.counted)}) are left out here. {why}"
    ]


def sentences(difference: Difference, most: int) -> list[str]:
    """The first so many causes, but for those that are next to nothing of the change."""
    return [
        sentence(cause, difference)
        for cause in difference.causes[:most]
        if abs(cause.amount) >= _SMALLEST_SHARE * abs(difference.total)
    ]


def sentence(cause: Cause, difference: Difference) -> str:
    """A cause as it is told: by how much, which part of the whole, and what happened."""
    was, is_ = cause.calls
    size = (
        "gone"
        if was and not is_
        else percent(cause.amount / cause.before)
        if cause.before
        else "new"
        if is_ and not was
        else "from 0"
    )
    words = f"{one_line(cause.function.name)} {cause.amount:+,} instructions ({size})"
    share = difference.share(cause.amount)
    if share is not None and abs(share) >= _SMALLEST_SHARE:
        words += f", {share:.0%} of the change"
    return words + "".join(f"; {remark}" for remark in _remarks(cause))


def _remarks(cause: Cause) -> list[str]:
    """How often it is called and by whom, or what it is that changed below it."""
    remarks = []
    was, is_ = cause.calls
    if was != is_:
        remarks.append(f"called {count(was)} → {count(is_)} times")
    if cause.caller:
        by = f"by {one_line(cause.caller)}"
        if cause.caller_calls == cause.calls and remarks:
            remarks = [f"{remarks[0]} {by}"]
        else:
            was, is_ = cause.caller_calls
            remarks.append(f"{by} {count(was)} → {count(is_)} times")
    if cause.place:
        remarks.append(f"in {one_line(cause.place)}")
    if cause.instead:
        remarks.append(f"in place of {one_line(cause.instead)}")
    return remarks


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
    lines += ["", *sentences(difference, _SENTENCES)]
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
