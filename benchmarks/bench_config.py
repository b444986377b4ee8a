"""A service's configuration: parsed at start-up, and reloaded while it runs.

It stands for the daemon that watches its files: a change of time or size makes it look, a digest tells
whether the content differs, and only then is the one file parsed again and all merged over the defaults.
"""

import hashlib
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import scratch
import yaml

from iaipy import benchmark, keep

DATA = Path(__file__).parent / "data"
SERVICE = (DATA / "service.yaml").read_text(encoding="utf-8")
FEATURES = (DATA / "features.toml").read_text(encoding="utf-8")
OVERRIDES = (DATA / "overrides.yaml").read_bytes()

Settings = dict[str, Any]
DEFAULTS: Settings = {
    "service": {"environment": "development", "region": "local"},
    "http": {
        "listen": "127.0.0.1:8080",
        "workers": 1,
        "timeouts": {"read": 30.0, "write": 30.0, "connect": 3.0},
    },
    "logging": {"level": "warning", "format": "text", "sampling": 0.0},
    "tracing": {"exporter": "none", "sample_ratio": 0.0},
    "fallback": "off",
}
WRITTEN_NS, CHANGED_NS = 1_710_223_200_000_000_000, 1_710_226_800_500_000_000


def parse_yaml(content: bytes) -> Settings:
    settings: Settings = yaml.safe_load(content)
    return settings


def parse_toml(content: bytes) -> Settings:
    return tomllib.loads(content.decode())


LAYERS: dict[str, Callable[[bytes], Settings]] = {
    "service.yaml": parse_yaml,
    "features.toml": parse_toml,
    "overrides.yaml": parse_yaml,
}
PARSERS: dict[str, Callable[[], Settings]] = {
    "yaml": lambda: yaml.load(SERVICE, Loader=yaml.SafeLoader),
    "toml": lambda: tomllib.loads(FEATURES),
}
if yaml.__with_libyaml__:
    PARSERS["yaml-c"] = lambda: yaml.load(SERVICE, Loader=yaml.CSafeLoader)  # a safe loader as well


@benchmark(params={"format": list(PARSERS)}, tags="config")
def parse(format: str) -> None:  # noqa: A002 (the parameter's name is what ids show)
    """A service configuration of 140 lines, in pure Python and with libyaml; its feature flags in TOML."""
    settings = keep(PARSERS[format]())
    assert settings["flags" if format == "toml" else "service"]


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Settings:
    """`base` with what `over` says, mapping by mapping; lists are replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


class Watcher:
    """Layers of configuration in a folder, each kept parsed as long as its file stays the same.

    Parameters:
        folder: where the files of LAYERS are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = {name: folder / name for name in LAYERS}
        self.stamps: dict[str, tuple[int, int]] = {}
        self.digests: dict[str, bytes] = {}
        self.parsed: dict[str, Settings] = {}
        self.settings: Settings = {}
        self.poll()

    def poll(self) -> list[str]:
        """Take over what has changed since the last time; the names of the files that were parsed."""
        changed = [name for name in self.paths if self._has_changed(name)]
        if changed:
            self.settings = DEFAULTS
            for layer in self.parsed.values():
                self.settings = merged(self.settings, layer)
        return changed

    def _has_changed(self, name: str) -> bool:
        status = self.paths[name].stat()
        stamp = (status.st_mtime_ns, status.st_size)
        if self.stamps.get(name) == stamp:
            return False
        self.stamps[name] = stamp
        content = self.paths[name].read_bytes()
        digest = hashlib.blake2b(content, digest_size=16).digest()
        if self.digests.get(name) == digest:
            return False
        self.digests[name] = digest
        self.parsed[name] = LAYERS[name](content)
        return True


def write(path: Path, content: bytes, time_ns: int) -> None:
    path.write_bytes(content)
    scratch.give_away(path)
    os.utime(path, ns=(time_ns, time_ns))  # comparing stamps must not take another path at another hour


def edited() -> Watcher:
    """A watcher whose overrides were edited, and whose main file was only touched, since it last looked."""
    folder = scratch.enter()
    for name in LAYERS:
        write(folder / name, (DATA / name).read_bytes(), WRITTEN_NS)
    watcher = Watcher(folder)
    write(folder / "overrides.yaml", OVERRIDES.replace(b"workers: 2", b"workers: 4"), CHANGED_NS)
    os.utime(folder / "service.yaml", ns=(CHANGED_NS, CHANGED_NS))
    return watcher


def removed(watcher: Watcher) -> None:
    scratch.leave()


@benchmark(setup=edited, teardown=removed, tags="config")
def hot_reload(watcher: Watcher) -> None:
    """One look at three files, one of which was edited and one only touched; then an idle look."""
    assert watcher.poll() == ["overrides.yaml"]
    assert watcher.poll() == []
    assert keep(watcher.settings)["http"]["workers"] == 4
