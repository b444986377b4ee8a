"""`iaipy compare --base`: two revisions, each built and measured beside the user's work tree."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Done, MakeProject, ProcessesIn, Project

BUILD = "cp -R src/thing $VIRTUAL_ENV/lib/python3*/site-packages/"
SETTINGS = f"build: {BUILD}\n"
PACKAGE = """
    def work(n):
        total = 0
        for number in range(n):
            total += number * number
        return total
"""
BENCHMARKS = """
    import asyncio
    from iaipy import benchmark, keep
    from thing import work

    @benchmark
    def loop():
        keep(work(2000))

    @benchmark
    async def tasks():
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(20)))

    @benchmark(mode="walltime", processes=3, warmup_time="10ms", measurement_time="20ms")
    def timed():
        keep(work(1000))
"""
SUITE = 'commands:\n  import: python -c "import thing; print(thing.work(100))"\n'


class Repo:
    """A project under git, and a cache that its tests share."""

    def __init__(self, project: Project, cache: Path) -> None:
        self.project, self.root, self.cache = project, project.root, cache
        self.project.write("iaipy.yaml", SETTINGS)
        self.project.write("src/thing/__init__.py", PACKAGE)
        self.project.write("benchmarks/bench_work.py", BENCHMARKS)
        self.project.write("benchmarks/bench_cli.yaml", SUITE)
        self.project.write(".gitignore", ".iaipy\n__pycache__\n")
        self.git("init", "-q", "-b", "main")
        self.commit("begin")

    def git(self, *words: str, where: Path | None = None) -> str:
        """Run git here."""
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
        return subprocess.run(
            ("git", *identity, *words), cwd=where or self.root, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, message: str) -> str:
        """Commit all there is; the commit."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def loops(self, times: int) -> None:
        """Let the work take so many thousandths of what it took at first."""
        self.project.write(
            "src/thing/__init__.py", PACKAGE.replace("range(n)", f"range(n * {times} // 1000)")
        )

    def compare(self, *words: str, base: str = "main", mode: str = "instructions", **env: str) -> Done:
        """Compare; afterwards git has nothing left to tidy, and the user's tree is as it was."""
        before = self.state()
        done = self.project.iaipy(
            *("compare", "--base", base, "--mode", mode, *words),
            env={"XDG_CACHE_HOME": str(self.cache), **env},
        )
        assert self.state() == before
        return done

    def state(self) -> tuple[str, ...]:
        """What must not change: status, index, branches, work trees and all files."""
        files = {path: path.stat().st_mtime_ns for path in self.root.rglob("*") if ".git" not in path.parts}
        return (
            self.git("status", "--porcelain", "--ignored"),
            self.git("ls-files", "--stage"),
            self.git("for-each-ref"),
            self.git("worktree", "list"),
            self.git("worktree", "prune", "--dry-run", "--verbose"),
            str(sorted(files.items())),
        )


@pytest.fixture(scope="module")
def shared(valgrind: str, make_project: MakeProject, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository whose builds are shared by the tests."""
    return Repo(make_project(), tmp_path_factory.mktemp("cache"))


@pytest.fixture
def repo(shared: Repo) -> Iterator[Repo]:
    """The repository at its first commit; what a test does to it is undone."""
    yield shared
    shared.git("checkout", "-q", "--force", "main")
    shared.git("reset", "-q", "--hard", "main")
    shared.git("clean", "-q", "-fd")


def test_unchanged_pair_is_equal_in_every_counter(repo: Repo) -> None:
    """Base and head of the same code count the same, functions, coroutines and whole programs; the base's
    counts are kept, and the user's work tree, index and branches stay as they are."""
    done = repo.compare()
    assert done.code == 0, done
    assert done.out.count("no change") == 3 * 5, done.out
    assert "change: " not in done.out
    assert done.last_line == "3 benchmarks: 3 unchanged"
    assert "base: main (" in done.err
    again = repo.compare()
    assert again.out == done.out
    assert "counted before" in again.err


def test_slower_work_tree_fails(repo: Repo) -> None:
    """15 % more instructions in a file that isn't committed fail and name the benchmark; 5 % pass."""
    repo.loops(1150)
    done = repo.compare()
    assert done.code == 1, done
    assert "dirty" in done.err
    assert done.last_line.startswith("Regressed: benchmarks/bench_work.py::loop")
    repo.loops(1050)
    done = repo.compare()
    assert done.code == 0, done
    assert re.search(r"bench_work.py::loop\n.*change: \+[45]\.\d", done.out), done


def test_two_revisions(repo: Repo, tmp_path: Path) -> None:
    """With --head a commit is measured, whatever lies in the work tree."""
    repo.git("checkout", "-q", "-b", "slow")
    repo.loops(1300)
    slow = repo.commit("slower")
    repo.git("checkout", "-q", "main")
    repo.project.write("src/thing/__init__.py", "raise RuntimeError('not this one')\n")
    done = repo.compare("--head", "slow", "--report", f"json:{tmp_path / 'run.json'}")
    assert done.code == 1, done
    assert json.loads((tmp_path / "run.json").read_text())["commit"] == slow
    assert f"head: slow ({slow[:7]})" in done.err


def test_times_are_taken_in_turns(repo: Repo) -> None:
    """Wall-clock benchmarks are timed on both sides, each with its own code."""
    repo.project.write("src/thing/__init__.py", "import time\ndef work(n):\n    time.sleep(0.01)\n")
    done = repo.compare("-k", "timed", "--gate-walltime", mode="walltime")
    assert done.code == 1, done
    assert done.last_line == "Slower: benchmarks/bench_work.py::timed"


def test_benchmarks_that_only_the_head_has(repo: Repo) -> None:
    """A new benchmark is measured at the base too, if its file can be imported there, and is new if not."""
    new = "from iaipy import benchmark\nfrom thing import {0}\n@benchmark\ndef fresh():\n    {0}(100)\n"
    repo.project.write("benchmarks/bench_new.py", new.format("work"))
    done = repo.compare("benchmarks/bench_new.py")
    assert (done.code, done.last_line) == (0, "1 benchmark: 1 unchanged"), done
    repo.project.write("src/thing/__init__.py", PACKAGE + "    other = work\n")
    repo.project.write("benchmarks/bench_new.py", new.format("other"))
    done = repo.compare("benchmarks/bench_new.py")
    assert done.code == 5, done
    assert "can't be imported" in done.err
    assert "none of the benchmarks could be compared with main (" in done.err
    done = repo.compare("--benchmarks-from", "each", "-k", "fresh or loop")
    assert done.code == 0, done
    assert "1 new" in done.last_line


def test_a_base_that_cannot_be_built(repo: Repo) -> None:
    """The last lines of its build are shown, with exit code 4; so is a build that takes too long."""
    repo.git("checkout", "-q", "-b", "broken")
    repo.git("rm", "-q", "-r", "src")
    repo.commit("without sources")
    repo.git("checkout", "-q", "main")
    done = repo.compare(base="broken")
    assert done.code == 4, done
    assert "can't be built: `cp -R src/thing" in done.err
    assert "No such file or directory" in done.err
    repo.project.write("iaipy.yaml", "build: sleep 60\nbuild_timeout: 500ms\n")
    done = repo.compare()
    assert done.code == 4, done
    assert "took longer than" in done.err


@pytest.mark.parametrize(
    ("base", "message"),
    [("nowhere", "there is no revision nowhere"), ("--all", "there is no revision --all")],
)
def test_unknown_revision(repo: Repo, base: str, message: str) -> None:
    """A revision that doesn't exist is said so, whatever it looks like."""
    done = repo.compare(base=base)
    assert (done.code, message in done.err) == (5, True), done


def test_a_branch_of_the_remote_is_proposed(repo: Repo) -> None:
    """A branch that is only the remote's is proposed under its full name."""
    repo.git("update-ref", "refs/remotes/origin/stable", "HEAD")
    done = repo.compare(base="stable")
    repo.git("update-ref", "-d", "refs/remotes/origin/stable")
    assert "did you mean origin/stable?" in done.err, done


def test_shallow_clone(repo: Repo, make_project: MakeProject) -> None:
    """In a shallow clone that lacks the commit, the message says how to get it."""
    repo.commit("second")
    clone = make_project()
    shutil.rmtree(clone.root)
    repo.git("clone", "-q", "--depth=1", f"file://{repo.root}", str(clone.root))
    for base, wanted in (("v1", "git fetch --depth=1 origin v1"), ("HEAD~1", "git fetch --unshallow")):
        done = clone.iaipy("compare", "--base", base, env={"XDG_CACHE_HOME": str(repo.cache)})
        assert done.code == 5, done
        assert wanted in done.err


def test_without_git(project: Project) -> None:
    """Outside a repository there are no revisions."""
    done = project.iaipy("compare", "--base", "main")
    assert done.code == 4, done
    assert "is not in a git repository" in done.err


def test_work_tree_on_the_search_path(repo: Repo) -> None:
    """PYTHONPATH that would make both sides import the work tree is refused."""
    done = repo.compare(PYTHONPATH=str(repo.root / "src"))
    assert done.code == 2, done
    assert "both sides would import" in done.err


def test_submodules(repo: Repo, make_project: MakeProject) -> None:
    """Submodules are there on both sides, from the clone's own objects; what isn't there is told."""
    library = make_project()
    library.write("helper.py", "SIZE = 300\n")
    repo.git("init", "-q", "-b", "main", where=library.root)
    repo.git("add", "-A", where=library.root)
    repo.git("commit", "-q", "-m", "helper", where=library.root)
    repo.git("checkout", "-q", "-b", "modules")
    repo.git("submodule", "add", "-q", str(library.root), "vendor")
    bench = "from iaipy import benchmark\nfrom vendor.helper import SIZE\nfrom thing import work\n"
    repo.project.write("benchmarks/bench_sub.py", bench + "@benchmark\ndef sub():\n    work(SIZE)\n")
    repo.commit("with a submodule")
    try:
        done = repo.compare("benchmarks/bench_sub.py", base="modules")
        assert (done.code, done.last_line) == (0, "1 benchmark: 1 unchanged"), done
        shutil.rmtree(repo.root / ".git/modules/vendor")
        (repo.root / "vendor/.git").unlink()
        done = repo.project.iaipy(
            *("compare", "--base", "modules", "--head", "modules", "--fresh", "-k", "sub"),
            env={"XDG_CACHE_HOME": str(repo.cache)},
        )
        assert "the submodule vendor is left empty" in done.err, done
    finally:
        shutil.rmtree(repo.root / "vendor")


def test_interruption(repo: Repo, processes_in: ProcessesIn) -> None:
    """Ctrl-C ends the build and all else, and nothing of it is left in git."""
    repo.project.write("iaipy.yaml", "build: sleep 60\n")
    before = repo.state()
    running = repo.project.start("compare", "--base", "main", env={"XDG_CACHE_HOME": str(repo.cache)})

    def sleeping() -> bool:
        return any("sleep 60" in line for line in processes_in(tree(repo)))

    deadline = time.monotonic() + 120
    while not sleeping():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(running.pid, signal.SIGINT)
    done = repo.project.finish(running)
    assert done.code == 130, done
    assert not sleeping()
    assert repo.state() == before


def tree(repo: Repo) -> Path:
    """Where the side whose turn it is lies."""
    return next((repo.cache / "iaipy").iterdir()) / "tree"


def test_default_build(repo: Repo) -> None:
    """A project with a pyproject.toml is installed with pip, its command line tools too."""
    (repo.root / "iaipy.yaml").unlink()
    repo.project.write(
        "pyproject.toml",
        """
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "thing"
        version = "1.0"
        scripts = {thing = "thing:main"}
        [tool.setuptools.packages.find]
        where = ["src"]
        [tool.iaipy]
        """,
    )
    repo.project.write("src/thing/__init__.py", PACKAGE + "    def main():\n        print(work(100))\n")
    repo.project.write("benchmarks/bench_cli.yaml", "commands:\n  tool: thing\n")
    repo.git("checkout", "-q", "-b", "packaged")
    repo.commit("packaged")
    done = repo.compare("benchmarks/bench_cli.yaml", base="packaged")
    assert done.code == 0, done
    assert done.last_line == "1 benchmark: 1 unchanged"
