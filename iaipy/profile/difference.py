"""What changed between two profiles: function by function, and what it is put down to.

Functions are matched by their qualified names, so that moved lines and files don't matter.
"""

from iaipy.model.difference import Change, Difference
from iaipy.model.profile import Profile
from iaipy.profile.blame import causes
from iaipy.profile.sums import by_name


def difference(before: Profile, now: Profile) -> Difference:
    """Hold one profile against another.

    Changes and causes are ranked by what they contribute to the whole change: where the benchmark has become
    dearer, the functions that became dearer come first, by how much.
    """
    old, new = by_name(before), by_name(now)
    changes = [
        Change((new.get(name) or old[name]).function, old.get(name), new.get(name))
        for name in dict.fromkeys((*new, *old))
    ]
    direction = 1 if now.total >= before.total else -1
    changes = [change for change in changes if change.own or change.calls[0] != change.calls[1]]
    changes.sort(
        key=lambda change: (
            -direction * change.own,
            -abs(change.calls[1] - change.calls[0]),
            change.function.name,
        )
    )
    return Difference(before, now, tuple(changes), causes(before, now, (old, new)))
