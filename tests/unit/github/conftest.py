"""Two runs and what is said of them."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from iaipy.config import load_config
from iaipy.github.packet import Packet, settings_of
from iaipy.model.metrics import COUNTER_KEYS, EVENTS, counters
from iaipy.model.run import Environment, Result, Run
from tests.fake_github import SHA

PLACE = Environment({"python": "CPython 3.13.1"}, {"kernel": "6.1"})


def result(name: str, instructions: int) -> Result:
    """A result of a benchmark."""
    events = dict.fromkeys(EVENTS, 0) | {"Ir": instructions, "Dr": instructions // 4}
    return Result(
        id=f"benchmarks/bench_a.py::{name}",
        kind="function",
        counters=counters(events),
        events=events,
        spread=dict.fromkeys(COUNTER_KEYS, 0),
        path="benchmarks/bench_a.py",
    )


def run(**instructions: int) -> Run:
    """A run with these counts."""
    results = tuple(result(name, number) for name, number in instructions.items())
    return Run("2026-01-02T03:04:05Z", SHA, PLACE, results)


def zipped(files: Mapping[str, str | bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive with these files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", kind) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return archive.getvalue()


@pytest.fixture
def packet(tmp_path_factory: pytest.TempPathFactory) -> Packet:
    """A comparison in which one benchmark regressed."""
    folder = tmp_path_factory.mktemp("configured")
    (folder / "iaipy.yaml").touch()
    settings = settings_of(load_config(folder, {}))
    return Packet(
        run(parse=1_150_000, write=500_000), run(parse=1_000_000, write=500_000), "main", "", settings
    )


@pytest.fixture
def verdict(packet: Packet) -> dict[str, Any]:
    """The document of that comparison's verdict."""
    return {
        "format": "iaipy.pull-request",
        "version": 1,
        "base_name": packet.base_name,
        "problem": "",
        "settings": dict(packet.settings),
    }
