"""`iaipy run --in-image`: the command line for docker or podman."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from iaipy import image, process
from iaipy.config import load_config
from iaipy.errors import UsageError

if TYPE_CHECKING:
    from tests.unit.conftest import FakeProject


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A docker that is found, and the command lines it is started with."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    for name in image.PASSED:
        monkeypatch.delenv(name, raising=False)
    started: list[tuple[str, ...]] = []

    def foreground(argv: tuple[str, ...]) -> int:
        started.append(argv)
        return 3 if "broken" not in argv else 125

    monkeypatch.setattr(process, "foreground", foreground)
    return started


def test_the_same_words_run_in_the_image(fake: FakeProject, docker: list[tuple[str, ...]]) -> None:
    """All words but our own are given to the iaipy in the image, and its exit code is ours."""
    assert fake.iaipy("run --in-image=team/bench:7 -k parse --limit 2%")[0] == 3
    assert fake.iaipy("run -k parse --in-image team/bench:7 --limit 2%")[0] == 3
    words = ("run", "--rm", "--init", "--volume", f"{fake.root}:/work", "--workdir", "/work", "team/bench:7")
    assert docker == [("docker", *words, "run", "-k", "parse", "--limit", "2%")] * 2


def test_what_programs_ask_the_environment_for(
    fake: FakeProject, docker: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables that say where a program runs are passed on, by name."""
    monkeypatch.setenv("CI", "true")
    fake.iaipy("run --in-image")
    assert docker[0][:7] == ("docker", "run", "--rm", "--init", "--env", "CI", "--volume")


def test_command_is_shown(fake: FakeProject, docker: list[tuple[str, ...]]) -> None:
    """With --print-command nothing runs."""
    code, out, _ = fake.iaipy("run -k 'a or b' --in-image --print-command")
    assert (code, docker) == (0, [])
    assert out.endswith("--workdir /work iaipy run -k 'a or b'\n")
    assert fake.iaipy("run --print-command")[0] == 2


def test_what_goes_wrong(
    fake: FakeProject, docker: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image that can't be run, a target taken for one, and no program to run it: one message each."""
    code, _, err = fake.iaipy("run --in-image broken")
    assert (code, "docker could not run the image broken" in err) == (4, True), err
    code, _, err = fake.iaipy("run --in-image benchmarks/bench_x.py")
    assert (code, "takes benchmarks/bench_x.py for an image" in err) == (2, True), err
    monkeypatch.setenv("PATH", str(fake.root))
    code, _, err = fake.iaipy("run --in-image")
    assert (code, "neither docker nor podman was found" in err) == (4, True), err


def test_repository_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the repository is mounted, and variables that benchmarks may see are passed on."""
    (tmp_path / ".git").mkdir()
    root = tmp_path / "python"
    (root / "benchmarks").mkdir(parents=True)
    (root / "iaipy.yaml").write_text("pass_env: [TOKEN, ABSENT]\n")
    monkeypatch.setenv("TOKEN", "x")
    monkeypatch.delenv("CI", raising=False)
    config = load_config(root, {})
    found = image.command("podman", "iaipy", config, (), root / "benchmarks", terminal=True)
    assert found[:6] == ("podman", "run", "--rm", "--tty", "--env", "TOKEN")
    assert found[-6:] == (
        "--volume",
        f"{tmp_path}:/work",
        "--workdir",
        "/work/python/benchmarks",
        "iaipy",
        "run",
    )


def test_files_outside_the_mount(tmp_path: Path) -> None:
    """A report that would be written where the image doesn't reach is refused."""
    (tmp_path / "iaipy.yaml").touch()
    config = load_config(tmp_path, {"report": ["json:../run.json"]})
    with pytest.raises(UsageError, match=r"run\.json is outside"):
        image.command("docker", "iaipy", config, (), tmp_path, terminal=False)
