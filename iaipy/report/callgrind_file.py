"""A callgrind file with Python names, for kcachegrind, qcachegrind and callgrind_annotate."""

from iaipy.model.difference import Difference
from iaipy.model.profile import Function, Profile
from iaipy.profile.sums import calls_between
from iaipy.report.plain import one_line


def render(profile: Profile, difference: Difference | None, *, color: bool = False) -> str:
    """Each function's own instructions, and its calls with what they cost."""
    own = [0] * len(profile.functions)
    for frame in profile.frames:
        own[frame.function] += frame.instructions
    calls = calls_between(profile)
    lines = [
        "# callgrind format",
        "version: 1",
        "creator: iaipy",
        f"cmd: {one_line(profile.benchmark)}",
        "part: 1",
        "",
        "positions: line",
        "events: Ir",
        f"summary: {profile.total}",
        "",
    ]
    called_by: dict[int, list[tuple[int, int, int]]] = {}
    for (caller, callee), (count, cost) in calls.items():
        called_by.setdefault(caller, []).append((callee, count, cost))
    for index, function in enumerate(profile.functions):
        lines += [f"fl={_file(function)}", f"fn={_name(index, function)}", f"{function.line} {own[index]}"]
        for callee, count, cost in called_by.get(index, []):
            target = profile.functions[callee]
            lines += [
                f"cfi={_file(target)}",
                f"cfn={_name(callee, target)}",
                f"calls={count} {target.line}",
                f"{function.line} {cost}",
            ]
        lines.append("")
    lines.append(f"totals: {profile.total}")
    return "\n".join(lines) + "\n"


def _file(function: Function) -> str:
    return one_line(function.file) or "???"


def _name(index: int, function: Function) -> str:
    """The name behind a number: two functions may share a name."""
    return f"({index + 1}) {one_line(function.name)}"
