"""The host's side of the pytest under valgrind: starts it, and turns what it answers into records."""

from __future__ import annotations

import compileall
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from threading import Lock
from typing import Any

import iaipy
from iaipy import process, workers
from iaipy.errors import MeasurementError
from iaipy.measure import assemble
from iaipy.measure.assemble import Reading
from iaipy.measure.folder import remove
from iaipy.measure.valgrind.nursery import ForkServer, Launch
from iaipy.model.benchmark import Benchmark
from iaipy.model.metrics import Events
from iaipy.model.run import Result
from iaipy.pytest_plugin import SESSION
from iaipy.workers import launcher

_CRASH = "Fatal Python error: "
_EXTENSIONS = "\n\nExtension modules"
"""What faulthandler's report of a crash begins with, and its last line: cffi is one of those."""
_PYTEST = "/_pytest/"
_OURS = ("/iaipy/pytest_plugin/", "/iaipy/workers/")
_REPORT_LINES = 200
"""More than such a report has: of a stack it shows 100 frames."""

_CALIBRATIONS = {"function": workers.CALIBRATE_FUNCTION, "coroutine": workers.CALIBRATE_COROUTINE}


@dataclass(frozen=True)
class Ran:
    """What came of measuring a test.

    Parameters:
        result: its numbers; None where it gave none.
        error: why it gave none though it should have.
        fatal: whether the test had its process ended, or ran out of time.
    """

    result: Result | None = None
    error: MeasurementError | None = None
    fatal: bool = False


class InnerPytest(ForkServer):
    """One pytest under valgrind.

    Parameters:
        args: pytest's command line.
        ids: of the tests that will be run, by which `run` numbers them.
        path: folders to put in front of its search path.
        capture: pytest's method of capturing what tests print.
        repeats: how often the empty region is measured.

    Raises:
        MeasurementError: it can't collect.
        HostError: valgrind can't be started.
    """

    def __init__(
        self,
        launch: Launch,
        folder: Path,
        args: Sequence[str],
        ids: Sequence[str],
        path: Sequence[str],
        capture: str,
        repeats: int,
        timeout_s: float,
    ) -> None:
        compileall.compile_dir(Path(iaipy.__file__).parent, quiet=2, maxlevels=3)
        session = {
            "args": [*args],
            "items": {id_: temporary_name(id_) for id_ in ids},
            "path": [*path],
            "searched": [folder for folder in sys.path if isinstance(folder, str)],
            "late": launch.late,
            "capture": capture,
        }
        (folder / SESSION).write_text(json.dumps(session))
        words = launcher.argv("iaipy.pytest_plugin.inner", launch.links, str(folder))
        place = launcher.linked(launch.links, launch.root)
        super().__init__(launch, words, folder, place, "collecting the tests under valgrind", timeout_s)
        self._tickets = count()
        self._repeats, self._timeout_s = repeats, timeout_s
        self._base: dict[str, Events] = {}
        self._calibrating = Lock()
        self._index = {id_: number for number, id_ in enumerate(ids)}
        missing = filter(None, self.hello["missing"].split(","))
        self._missing = {ids[int(number)] for number in missing}

    def calibrate(self) -> None:
        """Measure an empty region, for functions; for coroutines it is measured with the first of them.

        Raises:
            MeasurementError: it can't be.
        """
        self.warm_up()
        self._empty("function")

    def _empty(self, kind: str) -> Events:
        with self._calibrating:
            if kind not in self._base:
                answer, readings = self._repeated(_CALIBRATIONS[kind], "", self._repeats, 0, self._timeout_s)
                if answer["trouble"]:
                    raise MeasurementError(*answer["trouble"])
                base = assemble.middle(readings)
                if not base["Ir"]:
                    raise MeasurementError("valgrind counted nothing in the pytest that it ran")
                self._base[kind] = base
            return self._base[kind]

    def run(self, benchmark: Benchmark, repeats: int, timeout_s: float) -> Ran:
        """Measure a test; safe to call from several threads."""
        if benchmark.id in self._missing:
            return Ran(
                error=MeasurementError(
                    "was not collected again under valgrind: is its id the same every time?"
                )
            )
        number, folder = self._index[benchmark.id], temporary_name(benchmark.id)
        try:
            answer, readings = self._repeated(number, folder, repeats, benchmark.warmup, timeout_s)
            result = self._result(benchmark, answer, readings) if readings else None
        except MeasurementError as error:
            return Ran(error=error, fatal=True)
        return Ran(result, MeasurementError(*answer["trouble"]) if answer["trouble"] else None)

    def _repeated(
        self, work: int, folder: str, repeats: int, warmup: int, timeout_s: float
    ) -> tuple[dict[str, Any], list[Reading]]:
        """What a process answered, and the readings of all repeats, of as many processes as that takes."""

        def asked(at_once: int) -> dict[str, Any]:
            try:
                return self._asked(work, at_once, warmup, timeout_s)
            finally:
                if folder:
                    remove(self.folder / folder)

        answer, each = asked(repeats), 1
        if answer["again"]:
            answer, each = asked(0), 0
        readings = self._readings(answer)
        while answer["in_place"] and 0 < len(readings) < repeats:
            more = self._readings(asked(each))
            if not more:
                break
            readings += more
        return answer, readings

    def _result(self, benchmark: Benchmark, answer: Mapping[str, Any], readings: Sequence[Reading]) -> Result:
        record = Benchmark(
            id=benchmark.id,
            kind=answer["kind"],
            path=benchmark.path,
            line=benchmark.line,
            warmup=answer["warmup"],
            iterations=answer["iterations"],
            limits=benchmark.limits,
        )
        base = self._empty(answer["kind"])
        return assemble.result(record, readings, base, notes=answer["notes"])

    def _asked(self, work: int, repeats: int, warmup: int, timeout_s: float) -> dict[str, Any]:
        ticket = next(self._tickets)
        output = self.folder / workers.output_name(ticket)
        answer = self.converse(work, ticket, repeats, warmup, timeout_s)
        try:
            if error := self.wrong(ticket, answer, timeout_s):
                raise error
            assert answer.text is not None
            told: dict[str, Any] = json.loads(answer.text[:-1])
            return told
        finally:
            output.unlink(missing_ok=True)

    def _printed(self, path: Path) -> str:
        return crash_in(process.last_lines(path, _REPORT_LINES)) or super()._printed(path)

    def _readings(self, answer: Mapping[str, Any]) -> list[Reading]:
        readings = [self.read(str(first), str(last), notes) for first, last, notes in answer["readings"]]
        self.forget(str(pid) for first, last, _ in answer["readings"] for pid in (first, last))
        return readings


def crash_in(printed: str) -> str:
    """Where a test crashed, if a report of that is the last thing its process printed; else "".

    Of the stack, innermost first, what lies between the crash and pytest is the test's.
    """
    _, found, rest = printed.rpartition(_CRASH)
    report, ended, after = rest.partition(_EXTENSIONS)
    if not found or not ended or "\n" in after:
        return ""
    inside = takewhile(lambda line: _PYTEST not in line, report.splitlines())
    lines = [line for line in inside if not any(part in line for part in _OURS)]
    shown = lines if any('  File "' in line for line in lines) else report.splitlines()
    return found + "\n".join(shown)


def temporary_name(id_: str) -> str:
    """The folder for a test's temporary files, which has the same path in every run."""
    return f"tmp-{hashlib.sha256(id_.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def search_path(folder: Path) -> list[str]:
    """What the inner pytest has to search first: this folder, if `python -m pytest` put it on the path."""
    return [str(folder)] if {"", str(folder)} & set(sys.path) else []
