"""What the job of a pull request hands to the one that comments: two runs, and how they were judged.

Whoever opens a pull request decides what is in it. So it is read like any file from a stranger: bounded in
size, nothing but the files known here, each checked in full; and the report is made anew of its numbers.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from iaipy import pipeline
from iaipy.compare import gate
from iaipy.config import YAML_NAME, Config, load_config
from iaipy.errors import HostError, IaipyError
from iaipy.model.run import Run
from iaipy.pipeline import Outcome
from iaipy.report import github_summary, markdown
from iaipy.store import document

FORMAT, VERSION = "iaipy.pull-request", 1
# History of the format:
#   1  the first one

HEAD, BASE, VERDICT, REPORT = "head.json", "base.json", "verdict.json", "report.md"
NAMES = (HEAD, BASE, VERDICT, REPORT)

MOST_BYTES = 10_000_000
"""Of the archive, and of each file in it: some 10,000 benchmarks."""

_LONGEST_TEXT = 4000
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
    *(OSError, EOFError, ValueError),
)
"""What reading a zip archive raises, each for another kind of nonsense."""

_JUDGED_BY = (
    "limit",
    "hard_limit",
    "min_change",
    "significance",
    "walltime_limit",
    "false_discovery_control",
    "allow_environment_change",
)


@dataclass(frozen=True)
class Packet:
    """A comparison as it is handed on.

    Parameters:
        head, base: the runs; None where there is none.
        base_name: what the base is called.
        problem: why there is no verdict; "" where there is one.
        settings: by which the runs are judged, as `load_config` takes them.
    """

    head: Run | None
    base: Run | None
    base_name: str
    problem: str
    settings: Mapping[str, object]


def packed(config: Config, outcome: Outcome) -> Packet:
    """What came out, with no more of the base than it was compared with."""
    ids = {entry.id for entry in outcome.comparison.entries}
    timed = {entry.id for entry in outcome.comparison.timings}
    base = outcome.base and replace(
        outcome.base,
        benchmarks=tuple(result for result in outcome.base.benchmarks if result.id in ids),
        timings=tuple(timing for timing in outcome.base.timings if timing.id in timed),
    )
    compared = not gate.nothing_compared(outcome.comparison)
    problem = "" if compared else "none of the benchmarks could be compared with the base"
    return Packet(outcome.run, base, outcome.comparison.base_name, problem, settings_of(config))


def settings_of(config: Config) -> dict[str, object]:
    """The settings that a verdict depends on, as they stand in a configuration file."""
    return {
        "limit": {name: "off" if ratio is None else _percent(ratio) for name, ratio in config.limit.items()},
        "hard_limit": dict(config.hard_limit),
        **{key: _percent(getattr(config, key)) for key in ("min_change", "significance", "walltime_limit")},
        **{key: getattr(config, key) for key in ("false_discovery_control", "allow_environment_change")},
    }


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.12g}%"


def pack(packet: Packet, folder: Path) -> None:
    """Write a packet's files, in place of those of an earlier one.

    Raises:
        HostError: they can't be written.
    """
    verdict = {
        "format": FORMAT,
        "version": VERSION,
        "base_name": packet.base_name[:_LONGEST_TEXT],
        "problem": packet.problem[:_LONGEST_TEXT],
        "settings": packet.settings,
    }
    texts = {
        VERDICT: json.dumps(verdict, indent=1) + "\n",
        HEAD: document.dumps(packet.head) if packet.head else "",
        BASE: document.dumps(packet.base) if packet.base else "",
        REPORT: render(packet, github_summary.MOST_BYTES),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).unlink(missing_ok=True)
            if text:
                (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise HostError(f"the results can't be kept in {folder}: {error.strerror}") from error


def unpack(archive: bytes) -> Packet:
    """The packet in a zip archive that anybody may have made.

    Raises:
        HostError: it is too large, or not what `pack` makes.
    """
    texts = _texts(archive)
    if VERDICT not in texts:
        raise _refused(f"it has no {VERDICT}")
    verdict = _verdict(texts[VERDICT])
    runs = {name: document.loads(texts[name], name) for name in (HEAD, BASE) if name in texts}
    if HEAD not in runs and not verdict["problem"]:
        raise _refused(f"it has no {HEAD}")
    return Packet(
        runs.get(HEAD), runs.get(BASE), verdict["base_name"], verdict["problem"], verdict["settings"]
    )


def render(packet: Packet, most_bytes: int) -> str:
    """The report, in Markdown in which nothing that the packet holds can act as markup.

    Raises:
        IaipyError: its settings are wrong.
    """
    said = f"### ⚠️ Nothing was compared\n\n{markdown.code(packet.problem)}\n" if packet.problem else ""
    if packet.head is None:
        return said
    with TemporaryDirectory() as folder:
        (Path(folder) / YAML_NAME).touch()  # so that no other configuration is found
        config = load_config(Path(folder), packet.settings)
    base = None if packet.problem else packet.base
    outcome = pipeline.held(config, packet.head, base, packet.base_name if base else "")
    report = markdown.render(outcome.run, outcome.comparison)
    return github_summary.fitted(f"{said}\n{report}" if said else report, most_bytes)


def _texts(archive: bytes) -> dict[str, str]:
    if len(archive) > MOST_BYTES:
        raise _refused(f"it has {len(archive):,} bytes, and {MOST_BYTES:,} are allowed")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            members = file.infolist()
            names = [member.filename for member in members]
            if len(set(names)) < len(names) or not set(names) <= set(NAMES):
                raise _refused("it holds files that don't belong there")
            if {member.compress_type for member in members} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise _refused("it is packed in a way that GitHub doesn't pack")
            return {member.filename: _text(file, member) for member in members if member.filename != REPORT}
    except _DAMAGE as error:
        raise _refused(f"it is damaged: {error}") from error


def _text(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    """A file's text; what its header says of its size is not believed."""
    with file.open(member) as content:
        data = content.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise _refused(f"{member.filename} has more than {MOST_BYTES:,} bytes")
    return data.decode()


def _verdict(text: str) -> dict[str, Any]:
    try:
        verdict = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(f"{VERDICT} is not readable as JSON") from error
    if not isinstance(verdict, dict) or verdict.get("format") != FORMAT or verdict.get("version") != VERSION:
        raise _refused(f'{VERDICT} is not of the format "{FORMAT}", version {VERSION}')
    for key, kind in (("base_name", str), ("problem", str), ("settings", dict)):
        if not isinstance(verdict.get(key), kind):
            raise _refused(f"{VERDICT} has no {key}, or one of the wrong type")
    if max(len(verdict["base_name"]), len(verdict["problem"])) > _LONGEST_TEXT:
        raise _refused(f"{VERDICT} has a text that is too long")
    complete = set(verdict["settings"]) == set(_JUDGED_BY)
    if not complete and (verdict["settings"] or not verdict["problem"]):
        raise _refused(f"{VERDICT} has other settings than those that judge")
    return verdict


def _refused(why: str) -> IaipyError:
    return HostError(
        f"the artifact is refused: {why}",
        "whoever opens a pull request can make of it what they like",
    )
