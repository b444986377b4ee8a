"""Folded stacks: a line for each path, as flamegraph.pl, difffolded.pl and inferno read them."""

from iaipy.model.difference import Difference
from iaipy.model.profile import Profile
from iaipy.profile.paths import costs_by_path
from iaipy.report.plain import one_line


def render(profile: Profile, difference: Difference | None, *, color: bool = False) -> str:
    """`caller;callee;function instructions`; with a difference, the instructions before and now."""
    now = _by_stack(profile)
    if difference is None:
        return "".join(f"{stack} {own}\n" for stack, own in now.items() if own)
    before = _by_stack(difference.before)
    rows = ((stack, before.get(stack, 0), now.get(stack, 0)) for stack in dict.fromkeys((*now, *before)))
    return "".join(f"{stack} {old} {new}\n" for stack, old, new in rows if old or new)


def _by_stack(profile: Profile) -> dict[str, int]:
    stacks: dict[str, int] = {}
    for path, (own, _) in costs_by_path(profile).items():
        stack = ";".join(_frame(name) for name in path)
        stacks[stack] = stacks.get(stack, 0) + own
    return stacks


def _frame(name: str) -> str:
    """A name without what separates frames."""
    return one_line(name).replace(";", ":")
