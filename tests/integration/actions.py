"""Runs a job of a workflow here as GitHub would: scripts for real, the actions it uses as copies of files.

Only what the workflows of this repository use is understood; anything else is an error.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
_TOKEN = re.compile(r"'[^']*'|&&|\|\||!=|==|!|[()]|[A-Za-z_][\w-]*(?:\.[\w-]+)*|\d+")
_WORDS = {"&&": " and ", "||": " or ", "!": " not "}
_TIMEOUT_S = 300


@dataclass
class Hosted:
    """What GitHub keeps between jobs.

    Parameters:
        caches: by key, the files of a cache by their paths; the newest last.
        artifacts: by name, likewise.
    """

    caches: dict[str, dict[str, bytes]] = field(default_factory=dict)
    artifacts: dict[str, dict[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """How a step ended: its exit code, its log, and the outputs it has set."""

    name: str
    code: int
    log: str
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Job:
    """How a job ended.

    Parameters:
        steps: those that ran.
        summary: of all of them.
    """

    steps: tuple[Step, ...]
    summary: str

    @property
    def passed(self) -> bool:
        """Whether no step failed."""
        return all(step.code == 0 for step in self.steps)

    @property
    def log(self) -> str:
        """The logs of all steps."""
        return "".join(step.log for step in self.steps)

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)


class Runner:
    """A machine that a job runs on.

    Parameters:
        hosted: what there is from other jobs.
        workspace: where the repository is checked out; None makes a checkout do nothing.
        scratch: a folder for all else.
        github: the context of that name.
        env: variables that the job sees besides those of this machine.
    """

    def __init__(
        self, hosted: Hosted, workspace: Path, scratch: Path, github: dict[str, Any], env: Mapping[str, str]
    ) -> None:
        self._hosted, self._workspace, self._scratch = hosted, workspace, scratch
        self._temp = scratch / "temp"
        self._temp.mkdir(parents=True, exist_ok=True)
        self._contexts: dict[str, Any] = {
            "github": {"token": "secret", "run_id": 99, "run_attempt": 1, **github},
            "runner": {"os": "Linux", "arch": "X64", "temp": str(self._temp)},
            "steps": {},
            "inputs": {},
        }
        event = scratch / "event.json"
        event.write_text(json.dumps(github.get("event", {})))
        self._env = {
            **os.environ,
            "PATH": f"{_programs(scratch / 'bin')}:{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(scratch / "caches"),
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_TEMP": str(self._temp),
            **env,
        }

    def job(self, workflow: str, name: str) -> Job:
        """Run a job of a workflow, given as text, if its condition holds."""
        document = yaml.safe_load(workflow)
        job = document["jobs"][name]
        assert self._value(job.get("if", "true"), failed=False), f"the job {name} does not run"
        return self._run(job["steps"])

    def action(self, path: Path, inputs: Mapping[str, str]) -> Job:
        """Run a composite action."""
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        unknown = set(inputs) - set(document["inputs"])
        assert not unknown, unknown
        defaults = {name: given.get("default", "") for name, given in document["inputs"].items()}
        self._contexts["inputs"] = {**defaults, **inputs}
        self._env["GITHUB_ACTION_PATH"] = str(path.parent)
        assert all("shell" in step for step in document["runs"]["steps"] if "run" in step)
        return self._run(document["runs"]["steps"])

    def _run(self, steps: list[dict[str, Any]]) -> Job:
        summary = self._scratch / "summary"
        summary.write_text("")
        done: list[Step] = []
        for step in steps:
            failed = any(each.code != 0 for each in done)
            if not self._value(step.get("if", "success()"), failed):
                continue
            name = step.get("name") or step["uses"].partition("@")[0]
            if "run" in step:
                done.append(self._script(name, step, summary))
                self._contexts["steps"][step.get("id", name)] = {"outputs": done[-1].outputs}
            else:
                done.append(self._used(name, step))
        return Job(tuple(done), summary.read_text())

    def _script(self, name: str, step: Mapping[str, Any], summary: Path) -> Step:
        assert "${{" not in step["run"], "an expression inside a script"
        script, outputs = self._scratch / "script.sh", self._scratch / "outputs"
        script.write_text(step["run"])
        outputs.write_text("")
        env = {key: str(self._filled(value)) for key, value in step.get("env", {}).items()}
        shell = (
            ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail") if "shell" in step else ("bash", "-e")
        )
        done = subprocess.run(
            [*shell, str(script)],
            cwd=self._workspace,
            env={**self._env, **env, "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
        )
        found = re.findall(r"^([\w-]+)<<(\w+)\n(.*?)\n\2$", outputs.read_text(), re.MULTILINE | re.DOTALL)
        return Step(name, done.returncode, done.stdout, {key: value for key, _, value in found})

    def _used(self, name: str, step: Mapping[str, Any]) -> Step:
        given = {key: self._filled(value) for key, value in step.get("with", {}).items()}
        paths = str(given.get("path", "")).split()
        match step["uses"].partition("@")[0]:
            case "actions/checkout" | "actions/setup-python":
                pass
            case "actions/cache/restore":
                self._restore(str(given["key"]), str(given.get("restore-keys", "")).split(), paths)
            case "actions/cache/save":
                assert given["key"] not in self._hosted.caches, "a cache is never written again"
                self._hosted.caches[str(given["key"])] = self._read(paths, self._workspace)
            case "actions/upload-artifact":
                below = self._workspace if len(paths) > 1 else self._workspace / paths[0]
                files = self._read(paths, below if below.is_dir() else below.parent)
                hidden = [path for path in paths if "/." in f"/{path}"]
                assert not hidden or given.get("include-hidden-files"), "hidden files are left out"
                assert files or given["if-no-files-found"] != "error", paths
                self._hosted.artifacts[str(given["name"])] = files
            case other:
                raise AssertionError(f"{other} is not understood")
        return Step(name, 0, "", {})

    def _restore(self, key: str, prefixes: list[str], paths: list[str]) -> None:
        newest = list(reversed(self._hosted.caches))
        fitting = [name for prefix in (key, *prefixes) for name in newest if name.startswith(prefix)]
        if not fitting:
            return
        for name, content in self._hosted.caches[fitting[0]].items():
            assert any(name.startswith(path.rstrip("/")) for path in paths)
            target = self._workspace / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def _read(self, paths: list[str], below: Path) -> dict[str, bytes]:
        places = [self._workspace / path for path in paths]
        files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
        return {str(file.relative_to(below)): file.read_bytes() for file in files if file.is_file()}

    def _filled(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        return _EXPRESSION.sub(lambda found: _shown(self._evaluated(found[1], failed=False)), value)

    def _value(self, condition: str, failed: bool) -> bool:
        """Whether a condition holds; one that doesn't ask after failures holds only if there were none."""
        text = condition.removeprefix("${{").removesuffix("}}")
        asks = re.search(r"\b(success|failure|always|cancelled)\(", text)
        return bool(self._evaluated(text, failed)) and not (failed and not asks)

    def _evaluated(self, expression: str, failed: bool) -> object:
        functions = {"success": lambda: not failed, "always": lambda: True, "cancelled": lambda: False}
        tokens = _TOKEN.findall(expression)
        assert "".join(tokens).replace(" ", "") == expression.replace(" ", ""), expression
        words = [
            _WORDS.get(token)
            or (f"look({token!r})" if re.match(r"[A-Za-z_]", token) and token not in functions else token)
            for token in tokens
        ]
        return eval("".join(words), {**functions, "look": self._look})  # a workflow of our own

    def _look(self, name: str) -> object:
        if name == "true":
            return True
        found: Any = self._contexts
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return "" if found is None else found


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _programs(folder: Path) -> Path:
    """A folder with the programs of a fresh machine: installing does nothing, since all is here already."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    iaipy = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from iaipy.cli import main; main()"
    python = f'case "$*" in "-m pip install"*) ;; *) exec {sys.executable} "$@" ;; esac'
    for name, script in {
        "sudo": 'exec "$@"',
        "apt-get": ":",
        "python": python,
        "iaipy": f'exec {sys.executable} -c {shlex.quote(iaipy)} "$@"',
    }.items():
        path = folder / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)
    return folder
