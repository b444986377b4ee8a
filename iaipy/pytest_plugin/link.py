"""The host's side of the pytest under valgrind: starts it, and turns what it answers into records."""

from __future__ import annotations

import compileall
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import iaipy
from iaipy import process, workers
from iaipy.errors import MeasurementError
from iaipy.measure import assemble
from iaipy.measure.assemble import Reading
from iaipy.measure.folder import remove
from iaipy.measure.valgrind.nursery import Answer, ForkServer, Launch
from iaipy.model.benchmark import Benchmark
from iaipy.model.metrics import Events
from iaipy.model.run import Result
from iaipy.pytest_plugin import SESSION
from iaipy.pytest_plugin.stats import BASE
from iaipy.workers import launcher

_OUTPUT_LINES = 30
_CALIBRATIONS = {"function": workers.CALIBRATE_FUNCTION, "coroutine": workers.CALIBRATE_COROUTINE}


@dataclass(frozen=True)
class Ran:
    """How one test went.

    Parameters:
        reports, warnings: as the inner pytest serialised them.
        output: what was printed past pytest's capturing.
        result: its numbers; None where it gave none.
        error: why there is no report, if there is none.
        stop: why the session is to end, where the test has asked for that.
    """

    reports: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[Mapping[str, Any]] = ()
    output: str = ""
    result: Result | None = None
    error: MeasurementError | None = None
    stop: str = ""


class _Stopped(Exception):  # noqa: N818  # nothing went wrong
    """A test has asked for the session's end."""


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
        (self.folder / BASE).write_text(json.dumps(self._empty("function")))

    def _empty(self, kind: str) -> Events:
        with self._calibrating:
            if kind not in self._base:
                answer, _ = self._asked(_CALIBRATIONS[kind], self._repeats, 0, self._timeout_s)
                base = assemble.middle(self._readings(answer))
                if not base["Ir"]:
                    raise MeasurementError("valgrind counted nothing in the pytest that it ran")
                self._base[kind] = base
            return self._base[kind]

    def run(self, benchmark: Benchmark, repeats: int, timeout_s: float) -> Ran:
        """Run a test and measure in it; safe to call from several threads."""
        if benchmark.id in self._missing:
            return Ran(
                error=MeasurementError(
                    "was not collected again under valgrind: is its id the same every time?"
                )
            )
        number = self._index[benchmark.id]
        at_once = repeats
        try:
            answer, output = self._asked(number, at_once, benchmark.warmup, timeout_s)
            if answer["again"]:
                self._clear(benchmark.id)
                at_once = 0
                answer, output = self._asked(number, at_once, benchmark.warmup, timeout_s)
            readings = self._readings(answer) if _passed(answer) else []
            while answer["in_place"] and 0 < len(readings) < repeats:
                self._clear(benchmark.id)
                more = self._readings(self._asked(number, min(at_once, 1), benchmark.warmup, timeout_s)[0])
                if not more:
                    break
                readings += more
            result = self._result(benchmark, answer, readings) if readings else None
        except _Stopped as stopped:
            return Ran(stop=str(stopped))
        except MeasurementError as error:
            return Ran(error=error)
        finally:
            self._clear(benchmark.id)
        return Ran(answer["reports"], answer["warnings"], output, result)

    def _clear(self, id_: str) -> None:
        remove(self.folder / temporary_name(id_))

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
        result = assemble.result(record, readings, base, notes=answer["notes"])
        return replace(result, group=answer["group"] or "", extra_info=answer["extra_info"])

    def _asked(self, work: int, repeats: int, warmup: int, timeout_s: float) -> tuple[dict[str, Any], str]:
        ticket = next(self._tickets)
        output = self.folder / workers.output_name(ticket)
        answer = self.converse(work, ticket, repeats, warmup, timeout_s)
        try:
            if error := self.wrong(ticket, answer, timeout_s):
                raise error
            return _decoded(answer), process.last_lines(output, _OUTPUT_LINES)
        finally:
            output.unlink(missing_ok=True)

    def _readings(self, answer: Mapping[str, Any]) -> list[Reading]:
        return [self.read(str(first), str(last), notes) for first, last, notes in answer["readings"]]


def _decoded(answer: Answer) -> dict[str, Any]:
    assert answer.text is not None
    decoded: dict[str, Any] = json.loads(answer.text[:-1])
    if "error" in decoded:
        raise MeasurementError(*decoded["error"])
    if "stop" in decoded:
        raise _Stopped(decoded["stop"])
    return decoded


def _passed(answer: Mapping[str, Any]) -> bool:
    return all(report.get("outcome") == "passed" for report in answer["reports"])


def temporary_name(id_: str) -> str:
    """The folder for a test's temporary files, which has the same path in every run."""
    return f"tmp-{hashlib.sha256(id_.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def search_path(folder: Path) -> list[str]:
    """What the inner pytest has to search first: this folder, if `python -m pytest` put it on the path."""
    return [str(folder)] if {"", str(folder)} & set(sys.path) else []
