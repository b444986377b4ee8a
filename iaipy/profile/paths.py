"""A call tree as paths of names."""

from iaipy.model.profile import Profile


def paths(profile: Profile) -> list[tuple[str, ...]]:
    """Frame by frame, the names of the functions from the outermost caller to its own."""
    found: list[tuple[str, ...]] = []
    for frame in profile.frames:
        above = found[frame.parent] if frame.parent >= 0 else ()
        found.append((*above, profile.functions[frame.function].name))
    return found


def costs_by_path(profile: Profile) -> dict[tuple[str, ...], tuple[int, int]]:
    """The frames' own instructions and calls, by their paths of names."""
    costs: dict[tuple[str, ...], tuple[int, int]] = {}
    for path, frame in zip(paths(profile), profile.frames, strict=True):
        own, calls = costs.get(path, (0, 0))
        costs[path] = (own + frame.instructions, calls + frame.calls)
    return costs
