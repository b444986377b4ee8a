"""Why benchmarks regressed: which profiles are made, and which are held against each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from iaipy import explaining, profiling
from iaipy.config import Config, load_config
from iaipy.errors import BenchmarkError, HostError
from iaipy.measuring import Watcher
from iaipy.model.benchmark import Benchmark, Command
from iaipy.model.metrics import COUNTER_KEYS, EVENTS
from iaipy.model.profile import Accounting, Profile
from iaipy.model.run import Environment, Result, Run
from iaipy.store import baselines

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.conftest import MakeProfile

WHERE = Environment({"python": "3.13"})


def run(**counted: int) -> Run:
    """A run that counted so many instructions for each benchmark; `command` is one."""
    results = tuple(
        Result(
            id=name,
            kind="command" if name == "command" else "function",
            counters=dict.fromkeys(COUNTER_KEYS, 1),
            events=dict.fromkeys(EVENTS, 0) | {"Ir": instructions},
            spread=dict.fromkeys(COUNTER_KEYS, 0),
        )
        for name, instructions in counted.items()
    )
    return Run("2026-01-01T00:00:00Z", "0123abc4567890", WHERE, results)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Of an empty project."""
    return load_config(tmp_path, {"jobs": 2})


class Maker:
    """Stands in for valgrind: a benchmark's profile has one function, which takes all that was counted."""

    def __init__(self, make_profile: MakeProfile) -> None:
        self._make_profile = make_profile
        self.made: list[str] = []

    def profile(self, id_: str, counted: int) -> Profile:
        """The profile of a benchmark."""
        profile = self._make_profile({"f": (counted, 1)})
        return replace(
            profile,
            benchmark=id_,
            accounting=Accounting(counted, 0, 0, counted),
            fingerprint=WHERE.fingerprint,
        )

    def of_counted(self, config: Config, benchmark: Benchmark, counted: int, where: Environment) -> Profile:
        """In place of `profiling.of_counted`."""
        self.made.append(benchmark.id)
        if benchmark.id == "broken":
            raise BenchmarkError("broken raised ValueError")
        return self.profile(benchmark.id, counted)


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch, make_profile: MakeProfile) -> Maker:
    """What makes the profiles."""
    maker = Maker(make_profile)
    monkeypatch.setattr(profiling, "of_counted", maker.of_counted)
    return maker


def profiles(config: Config, head: Run, *warnings: list[str]) -> explaining.Profiles:
    """The profiles of a run."""
    benchmarks = [
        Benchmark(r.id, r.kind, "a.py", command=Command(("/bin/true",)) if r.kind == "command" else None)
        for r in head.benchmarks
    ]
    watcher = Watcher(warned=warnings[0].append) if warnings else Watcher()
    return explaining.Profiles(config, head, benchmarks, watcher)


def test_each_profile_is_made_once(config: Config, maker: Maker) -> None:
    """Whoever asks for it, and only if somebody does; commands have none."""
    found = profiles(config, run(a=10, b=20, command=5))
    assert list(found.of(["a"])) == ["a"]
    assert sorted(found.of_all()) == ["a", "b"]
    assert maker.made == ["a", "b"]


def test_a_profile_that_cannot_be_made_is_told(config: Config, maker: Maker) -> None:
    """The others are made all the same."""
    warnings: list[str] = []
    assert list(profiles(config, run(broken=1, b=2), warnings).of_all()) == ["b"]
    assert warnings == ["no profile is kept: broken raised ValueError"]


def test_profiles_are_held_against_the_baselines(config: Config, maker: Maker) -> None:
    """What explains a regression comes from the profile that the baseline has, and that of the run."""
    base = run(a=10, b=20)
    baselines.save(config.storage, "main", base, with_profiles={"a": maker.profile("a", 10)})
    (found,) = explaining.explain(
        config, "main", base, run(a=15, b=20), ["a"], profiles(config, run(a=15, b=20)).of
    )
    assert found.difference is not None
    assert (found.difference.total, maker.made) == (5, ["a"])


def test_what_cannot_be_explained_says_why(config: Config, maker: Maker) -> None:
    """A profile that isn't there, of another state, of a command, or that fails; none is made in vain."""
    base = run(a=10, b=20, command=5, broken=1)
    kept = {"b": maker.profile("b", 19), "broken": maker.profile("broken", 1)}
    baselines.save(config.storage, "main", base, with_profiles=kept)
    head = run(a=15, b=25, command=9, broken=2)
    ids = ["a", "b", "command", "broken"]
    found = explaining.explain(config, "main", base, head, ids, profiles(config, head).of)
    remedy = "make one at 0123abc45678: iaipy run --save-baseline main --with-profile"
    assert [each.lacking for each in found] == [
        f"The baseline main has no profile of it; {remedy}",
        f"The baseline main has a profile of another state of it; {remedy}",
        "A command has no call tree; --native says which C functions changed.",
        "It has no profile: broken raised ValueError",
    ]
    assert maker.made == ["broken"]


def test_profiles_that_are_not_alike_are_not_compared(config: Config, maker: Maker) -> None:
    """One with Python names and one without say nothing about each other."""
    base = run(a=10)
    baselines.save(
        config.storage, "main", base, with_profiles={"a": replace(maker.profile("a", 10), python=False)}
    )
    (found,) = explaining.explain(config, "main", base, run(a=15), ["a"], profiles(config, run(a=15)).of)
    assert "only one of them has Python names" in found.lacking


def test_a_stored_run_is_profiled_as_the_code_is_now(
    config: Config, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it isn't what the run measured any more, or elsewhere, that is said."""
    base = run(a=10)
    baselines.save(config.storage, "main", base, with_profiles={"a": maker.profile("a", 10)})
    now = maker.profile("a", 17)
    monkeypatch.setattr(profiling, "profile", lambda *_: now)
    (found,) = explaining.stored(config, "main", base, run(a=15), ["a"], Watcher())
    assert found.lacking == "It has changed since the last run: 15 instructions then, 17 now."
    (found,) = explaining.stored(config, "main", base, run(a=17), ["a"], Watcher())
    assert found.lacking == ""
    now = replace(now, fingerprint={"python": "3.14"})
    with pytest.raises(HostError, match="python"):
        explaining.stored(config, "main", base, run(a=15), ["a"], Watcher())
