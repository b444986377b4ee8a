"""The configuration: the file of the nearest project, and over it the options of the command line."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iaipy import values, yaml_text
from iaipy.errors import UsageError
from iaipy.settings import SETTINGS, Setting

YAML_NAME, TOML_NAME = "iaipy.yaml", "pyproject.toml"


@dataclass(frozen=True)
class Config:
    """Everything that can be configured; SETTINGS says what each means.

    Parameters:
        root: the project's root, absolute; relative paths in the configuration begin there.
        shard: which of how many, from 1; None for the whole suite.
        timeout_s: seconds that one measurement may take.
        jobs: how many measurements run at once; "auto" is resolved by now.
        cache: geometry of I1, D1 and LL as "size,associativity,line size", in bytes.
        build: a command for the shell; "" for none.
        build_timeout_s: seconds that each step of a build may take.
        storage: absolute.
        limit: counter → largest relative change, or None where the counter does not gate.
        hard_limit: counter → largest value.
        min_change: a ratio of the estimated cycles.
        report: pairs of a format and the file to write, absolute; None to print.
    """

    root: Path
    benchmarks: tuple[str, ...]
    pattern: tuple[str, ...]
    keyword: str
    tag: tuple[str, ...]
    shard: tuple[int, int] | None
    repeats: int
    timeout_s: float
    jobs: int
    fork: bool
    cpu_profile: str
    cache: Mapping[str, str]
    env: Mapping[str, str]
    pass_env: tuple[str, ...]
    valgrind: str
    python: str
    mode: str
    processes: int
    rounds: int | None
    warmup_time_s: float
    measurement_time_s: float
    time_budget_s: float | None
    layout: str
    significance: float
    walltime_limit: float
    false_discovery_control: bool
    gate_walltime: bool
    build: str
    build_timeout_s: float
    storage: Path
    save_baseline: str | None
    with_profile: bool
    baseline: str | None
    explain: bool
    limit: Mapping[str, float | None]
    hard_limit: Mapping[str, int]
    min_change: float
    fail_on_improvement: bool
    allow_environment_change: bool
    allow_failures: bool
    report: tuple[tuple[str, Path | None], ...]
    color: str


def load_config(start: Path, overrides: Mapping[str, object]) -> Config:
    """The configuration that holds in a folder.

    The root is the nearest folder, from `start` upwards, that has an iaipy.yaml or a pyproject.toml with
    [tool.iaipy]; else the nearest that has a pyproject.toml, .git or .iaipy; else `start`. Overrides go
    before the file, and the file before the defaults. Tables (env, limit, cache ...) are merged name by
    name, and lists are replaced.

    Parameters:
        start: the folder to begin at, which paths in overrides are relative to.
        overrides: key of a setting → value as given on the command line; None, "" or an empty collection
            counts as not given.

    Raises:
        UsageError: a configuration file can't be read, there are two in one folder, or it or an override
            has an unknown key or a wrong value.
    """
    start = start.absolute()
    root, given, label = _find(start)
    values.require_known(overrides, [setting.key for setting in SETTINGS], "the command line", "option")
    chosen: dict[str, object] = {}
    for setting in SETTINGS:
        layers = [] if setting.default is None else [_value(setting, setting.default, setting.key, root)]
        if setting.key in given:
            layers.append(_value(setting, given[setting.key], f"{label}: {setting.key}", root))
        if (override := overrides.get(setting.key)) not in (None, "", (), [], {}):
            layers.append(_value(setting, override, setting.option, start))
        chosen[setting.target] = _topmost(layers)
    return Config(root=root, **chosen)  # type: ignore[arg-type]  # each parser makes its field's type


def _value(setting: Setting, given: object, where: str, folder: Path) -> object:
    if given is None:
        raise UsageError(f"{where} has no value", "give it one, or leave the key out")
    value = setting.parse(given, where)
    return setting.place(value, folder) if setting.place else value


def _topmost(layers: list[object]) -> object:
    """The last value; if they are tables, all of them merged, later ones going first."""
    merged: dict[str, object] = {}
    for layer in layers:
        if not isinstance(layer, Mapping):
            return layers[-1]
        merged.update(layer)
    return merged if layers else None


def _find(start: Path) -> tuple[Path, Mapping[str, object], str]:
    """The root, the settings in its file, and what errors call that file."""
    for folder in (start, *start.parents):
        in_yaml, in_toml = _yaml_settings(folder, start), _toml_settings(folder, start)
        if in_yaml is not None and in_toml is not None:
            raise UsageError(
                f"{folder} has its configuration twice, in {YAML_NAME} and in [tool.iaipy] of {TOML_NAME}",
                "move all of it into one of them",
            )
        if found := in_yaml or in_toml:
            return folder, *found
    for folder in (start, *start.parents):
        if any(_exists(folder / marker) for marker in (TOML_NAME, ".git", ".iaipy")):
            return folder, {}, ""
    return start, {}, ""


_Found = tuple[Mapping[str, object], str]


def _yaml_settings(folder: Path, start: Path) -> _Found | None:
    path = folder / YAML_NAME
    if not _exists(path):
        return None
    label = _label(path, start)
    given = yaml_text.load(yaml_text.read(path, label), label)
    return _checked({} if given is None else given, label), label


def _toml_settings(folder: Path, start: Path) -> _Found | None:
    path = folder / TOML_NAME
    if not _exists(path):
        return None
    label = _label(path, start)
    try:
        tools = tomllib.loads(path.read_bytes().decode()).get("tool", {})
    except OSError as error:
        raise UsageError(f"{label} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{label} is not valid TOML: {error}") from error
    if not isinstance(tools, dict) or "iaipy" not in tools:
        return None
    label = f"{label} [tool.iaipy]"
    return _checked(tools["iaipy"], label), label


def _checked(given: object, label: str) -> Mapping[str, object]:
    """The settings by their keys with underscores."""
    found: dict[str, object] = {}
    for written, value in values.table(given, label).items():
        key = written.replace("-", "_")
        if key in found:
            raise UsageError(f"{label}: {key} is there twice, with dashes and with underscores")
        found[key] = value
    values.require_known(found, [setting.key for setting in SETTINGS], label, "key")
    return found


def _label(path: Path, start: Path) -> str:
    return os.path.relpath(path, start)


def _exists(path: Path) -> bool:
    """Whether it is there; what can't be looked at, such as a folder of someone else's further up, is not."""
    return os.access(path, os.F_OK)
