"""Log lines: a web server's access log taken apart by a regular expression and summed up by route.

It stands for log shippers and nightly statistics, where one pattern runs over every line there is.
"""

import re
from pathlib import Path

from iaipy import benchmark, keep

LINES = (Path(__file__).parent / "data/access.log").read_text(encoding="utf-8").splitlines()
LINE = re.compile(
    r"""(?P<client>\S+)\ \S+\ (?P<user>\S+)\ \[(?P<time>[^\]]+)\][ ]
    "(?P<method>[A-Z]+)\ (?P<target>\S+)\ HTTP/[\d.]+"\ (?P<status>\d{3})\ (?P<size>\d+|-)[ ]
    "[^"]*"\ "(?P<agent>[^"]*)"\ (?P<seconds>\d+\.\d+)""",
    re.VERBOSE,
)
IDENTIFIER = re.compile(r"/\d+(?=/|$)")


@benchmark(tags="text")
def access_log() -> None:
    """A hundred and twenty lines: requests, errors, bytes and slowest answer of each route."""
    routes: dict[str, list[float]] = {}
    unknown = 0
    for line in LINES:
        match = LINE.fullmatch(line)
        if match is None:
            unknown += 1
            continue
        path = match["target"].partition("?")[0]
        route = routes.setdefault(f"{match['method']} {IDENTIFIER.sub('/{id}', path)}", [0, 0, 0, 0.0])
        route[0] += 1
        route[1] += match["status"] >= "500"
        route[2] += int(match["size"])
        route[3] = max(route[3], float(match["seconds"]))
    keep(sorted(routes.items()))
    assert unknown == 2
