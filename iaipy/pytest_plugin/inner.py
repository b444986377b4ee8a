"""The pytest under valgrind: collects what its host tells it to, then forks a child per test.

Started by `launcher.argv` with the argument FOLDER, in which SESSION says what to do. PYTEST_DONT_REWRITE.

Files are opened by plain calls rather than through pathlib, as in the other workers: what a test's process
does before it measures takes valgrind's time.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from json import dumps, load  # their own names: a test may replace the module's
from typing import Any

import pytest

import iaipy
from iaipy import workers
from iaipy.pytest_plugin import INNER, SESSION, forks, guests, region, rehearsals, specialised, versions
from iaipy.pytest_plugin import fixture as fixtures
from iaipy.pytest_plugin.marks import WARMUP, body_is_measured
from iaipy.workers import heap, machine, nursery, subject

_CRASHES = nursery.ANSWERS + 1
"""Where faulthandler writes: a number that no test comes near."""

CALIBRATIONS = {workers.CALIBRATE_FUNCTION: False, workers.CALIBRATE_COROUTINE: True}
_COMPLAINT = 10
"""Lines of what pytest printed before it gave up."""

_WORKER_INPUT = {
    "workerid": "gw0",
    "workercount": 1,
    "testrunuid": "iaipy",
    "mainargv": [],
    "randomly_seed": 0,
}


class Inner:
    """The plugin that makes a pytest serve.

    Parameters:
        folder: for all files of this pytest.
        wanted: as in SESSION.
    """

    def __init__(self, folder: str, wanted: dict[str, Any]) -> None:
        self._folder = folder
        self._wanted = wanted
        self._files = {nodeid.partition("::")[0] for nodeid in wanted["items"]}
        self._failed: list[str] = []
        self.errors: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Look like a worker of pytest-xdist: such a pytest leaves reports and caches to its controller."""
        config.workerinput = dict(_WORKER_INPUT)  # type: ignore[attr-defined]
        config.workeroutput = {}  # type: ignore[attr-defined]
        config.option.usepdb = config.option.trace = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Take out the plugins that are of no use here."""
        guests.quieten(session.config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> None:
        """Import a file of benchmarks from one and the same state.

        Else what options, plugins, other files and the folder's entries have left behind would decide where
        it lies in memory.
        """
        if isinstance(collector, pytest.Module) and collector.nodeid in self._files:
            _settle()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what can't be collected."""
        if report.failed:
            self.errors.append(report.longreprtext)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> object:
        """Serve, and never return."""
        found = {item.nodeid: item for item in session.items}
        items = {number: found.get(nodeid) for number, nodeid in enumerate(self._wanted["items"])}
        works: dict[int, Any] = {**items, **CALIBRATIONS}
        # The collection itself isn't captured, so that the log has what is said before a crash.
        capture = session.config.pluginmanager.getplugin("capturemanager")
        capture.stop_global_capturing()
        capture._method = self._wanted["capture"]
        if faulthandler.is_enabled():
            os.dup2(2, _CRASHES, False)
            faulthandler.enable(_CRASHES, all_threads=False)
        fixtures.fixture_class()
        self._hello(items)
        specialised.forget()
        _settle()
        if self._wanted["late"]:
            machine.start_instrumentation()
        self._rehearse(session)
        _settle()  # what a first time leaves behind is settled with the rest
        nursery.serve(works, self._folder, self._perform, gc.collect)
        machine.end()
        return True

    def _hello(self, items: dict[int, pytest.Item | None]) -> None:
        nursery.hello(self._folder, len(items))
        missing = [str(number) for number, item in items.items() if item is None]
        with open(f"{self._folder}/{workers.HELLO}", "a") as file:  # noqa: PTH123  # no pathlib here
            file.write(f"missing {','.join(missing)}\n")

    def _rehearse(self, session: pytest.Session) -> None:
        """Go through a test's whole protocol here, so that valgrind has translated it before it is forked."""
        log = os.dup(2)
        for is_coroutine in CALIBRATIONS.values():
            gc.freeze()  # or each of the collections in it looks at all that pytest has loaded
            region.rehearse(region.calibration(is_coroutine))
        forks.rehearse()
        rehearsals.import_module()
        rehearsal = rehearsals.item(session)
        capture = session.config.pluginmanager.getplugin("capturemanager")
        recorder = rehearsal.stash[fixtures.RECORDER] = region.Recorder(1, WARMUP)
        gc.freeze()
        capture.start_global_capturing()
        with suppress(Exception):  # a conftest's hook may stumble over a test that isn't there
            session.config.hook.pytest_runtest_protocol(item=rehearsal, nextitem=None)
        capture.stop_global_capturing()
        self._answer(recorder)
        session.testsfailed = 0
        self._failed.clear()
        for output in (1, 2):  # which regions have turned to nowhere
            os.dup2(log, output)
        os.close(log)

    def _perform(self, work: Any, ticket: int, repeats: int, warmup: int, folder: str) -> None:
        process = machine.C.getpid()
        nursery.open_channels(ticket, folder)
        os.dup2(2, _CRASHES, False)  # the test's own output; 2 will have turned to something else
        recorder = region.Recorder(repeats, warmup)
        try:
            if isinstance(work, bool):
                recorder.measure(region.calibration(work))
            else:
                self._run(work, recorder)
        except region.Measured:
            pass
        except BaseException as error:  # of pytest itself, a hook, or what ends a session
            self._failed += forks.described(error)
        if machine.C.getpid() == process:
            nursery.tell(self._answer(recorder), ticket, folder)
        machine.end()

    def _answer(self, recorder: region.Recorder) -> str:
        trouble = recorder.trouble
        if self._failed and not recorder.readings and not trouble:
            trouble = ("failed under valgrind before it was measured", "\n".join(self._failed))
        answer = {
            "readings": recorder.readings,
            "in_place": recorder.in_place,
            "again": recorder.again,
            "kind": recorder.kind,
            "warmup": recorder.warmup,
            "iterations": recorder.iterations,
            "notes": recorder.notes,
            "trouble": trouble,
        }
        return dumps(answer)

    def _run(self, item: pytest.Item, recorder: region.Recorder) -> None:
        """Run one test's protocol in this process, a child of its own."""
        item.stash[fixtures.RECORDER] = recorder
        item.config.pluginmanager.getplugin("capturemanager").start_global_capturing()
        _temporary(item.config, f"{self._folder}/{self._wanted['items'][item.nodeid]}")
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Have a marked test's body measured; end a test that has been."""
        recorder = item.stash.get(fixtures.RECORDER, None)
        if recorder and isinstance(item, pytest.Function) and body_is_measured(item):
            call = region.Call(item.obj, lambda: ((), {}), None, recorder.warmup)
            item.obj = region.body(call, recorder)
        with suppress(region.Measured):
            yield

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what failed."""
        if report.failed:
            self._failed.append(report.longreprtext)


def _settle() -> None:
    nursery.seed()  # what a file makes of random numbers as it is imported is then the same every time
    versions.level()
    heap.settle()


def _look_through(folders: list[str]) -> None:
    """Look through what will be on the search path."""
    path = sys.path[:]
    sys.path[:] = folders
    subject.look_through()
    sys.path[:] = path


def _temporary(config: pytest.Config, path: str) -> None:
    """Give the test temporary folders of its own, whose paths are as long for every test."""
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is not None:
        os.mkdir(path, 0o700)  # noqa: PTH102  # no pathlib here
        factory._basetemp = type(config.rootpath)(path)


def main(folder: str) -> None:
    """Be a pytest that serves; where it ends before, say why."""
    nursery.take_channels()
    with open(f"{folder}/{SESSION}") as file:  # noqa: PTH123  # no pathlib here
        wanted = load(file)
    sys.path[:0] = wanted["path"]
    _look_through(wanted["searched"])
    iaipy.__doc__ = f"{iaipy.__doc__} PYTEST_DONT_REWRITE"  # or pytest warns that it comes too late for that
    inner = Inner(folder, wanted)
    versions.give_all()
    workers.take_variables()
    nursery.seed()
    heap.settle()
    status = pytest.main(wanted["args"], plugins=[_named(inner)])
    sys.stdout.flush()
    path = f"{folder}/{workers.IMPORT_ERROR}"
    with open(path, "w", errors="backslashreplace") as file:  # noqa: PTH123  # no pathlib here
        told = inner.errors or _printed(folder)
        file.write("\n".join([f"it ended with exit status {int(status)}", *told]))
    os.write(
        nursery.REPLIES,
        workers.IMPORT_FAILED.to_bytes(workers.REPLY_INTS * workers.INT_BYTES, sys.byteorder),
    )
    machine.end()


def _printed(folder: str) -> list[str]:
    """What this process printed last, such as what is wrong with the command line."""
    sys.stderr.flush()
    with open(f"{folder}/{workers.LOG}", errors="replace") as file:  # noqa: PTH123  # no pathlib here
        return [line for line in file.read().splitlines() if line][-_COMPLAINT:]


def _named(inner: Inner) -> Any:
    """A plugin that registers the real one by its name, as pytest.main can't."""

    class Registers:
        @pytest.hookimpl(tryfirst=True)
        def pytest_cmdline_main(self, config: pytest.Config) -> None:
            config.pluginmanager.register(inner, INNER)

    return Registers()
