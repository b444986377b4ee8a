"""Stands in for `tool`, as a version manager's shims do: finds the version that is wanted and runs it.

The version comes from TOOL_VERSION, or else from the file `versions` beside this one. The tool runs in this
process, with this one's arguments, as if it had been called directly.
"""

import os
import runpy
import sys
from pathlib import Path

NAME = "tool"


def registered(lines: list[str]) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """The default version of each tool, and the file of each version."""
    defaults: dict[str, str] = {}
    files: dict[tuple[str, str], str] = {}
    for line in lines:
        words = line.partition("#")[0].split()
        if not words:
            continue
        first, second, third = words
        if first == "default":
            defaults[second] = third
        else:
            files[first, second] = third
    return defaults, files


def wanted(folder: Path) -> Path:
    """The program to run; SystemExit with a message where there is none."""
    defaults, files = registered((folder / "versions").read_text(encoding="utf-8").splitlines())
    version = os.environ.get("TOOL_VERSION") or defaults.get(NAME)
    file = files.get((NAME, version or ""))
    if file is None or not (folder / file).is_file():
        known = ", ".join(
            sorted(v for name, v in files if name == NAME and (folder / files[name, v]).is_file())
        )
        raise SystemExit(f"shim: {NAME} {version} is not installed; installed: {known}")
    return folder / file


if __name__ == "__main__":
    program = str(wanted(Path(__file__).resolve().parent))
    sys.argv[0] = program
    runpy.run_path(program, run_name="__main__")
