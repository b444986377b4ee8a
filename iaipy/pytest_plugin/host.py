"""The pytest that a person starts: has another one measure, runs the tests, reports. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from iaipy import measuring, pipeline
from iaipy.commands.output import check_reports, write
from iaipy.compare import gate
from iaipy.config import Config, load_config
from iaipy.errors import ExitCode, IaipyError, MeasurementError
from iaipy.measure import environment
from iaipy.measure.pool import Pool
from iaipy.measure.valgrind.engine import CachegrindEngine
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Failure, Run
from iaipy.pytest_plugin import OPTIONS, guests, marks, reports
from iaipy.pytest_plugin.fixture import PLAYED, Played, group_of
from iaipy.pytest_plugin.link import InnerPytest, Ran, search_path
from iaipy.report import reporter
from iaipy.store import baselines

_PASSED = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
"""Variables that the inner pytest must see as this one does."""

EXIT_STATUS = {
    ExitCode.OK: pytest.ExitCode.OK,
    ExitCode.REGRESSION: pytest.ExitCode.TESTS_FAILED,
    ExitCode.BENCHMARK_FAILED: pytest.ExitCode.TESTS_FAILED,
    ExitCode.USAGE: pytest.ExitCode.USAGE_ERROR,
    ExitCode.ENVIRONMENT: pytest.ExitCode.USAGE_ERROR,
    ExitCode.NOTHING_TO_DO: pytest.ExitCode.NO_TESTS_COLLECTED,
    ExitCode.INTERRUPTED: pytest.ExitCode.INTERRUPTED,
}
"""What pytest ends with, by what `iaipy run` would end with."""


def usage_error(error: IaipyError) -> pytest.UsageError:
    """An error of iaipy's as pytest shows one: a message, no traceback, exit status 4."""
    details = getattr(error, "details", "")
    told = (f"iaipy: {error.message}", error.remedy, details)
    return pytest.UsageError(reports.as_options("\n".join(filter(None, told))))


class Host:
    """The plugin behind --iaipy.

    Parameters:
        config: pytest's.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._pytest = config
        self._jobs = guests.take_over_jobs(config)
        self._owners: list[str] = []
        self._config: Config | None = None
        self._base: Run | None = None
        self._deselected = 0
        self._found = 0
        self._outcome: pipeline.Outcome | None = None
        self._said: list[str] = []
        self._now: Played | None = None

    @property
    def _passive(self) -> bool:
        """Whether nothing is to be run."""
        option = self._pytest.option
        return bool(option.collectonly or getattr(option, "setuponly", 0) or getattr(option, "setupplan", 0))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Find out before anything is collected what can't work."""
        self._owners = guests.replace_benchmark(session.config)
        if self._passive:
            return
        try:
            self._config = self._configured()
            check_reports(self._config)
            with CachegrindEngine(self._config):
                pass
            if self._config.save_baseline:
                baselines.check_name(self._config.save_baseline)
            self._base = pipeline.baseline(self._config, measuring.Watcher(warned=self._said.append))
        except IaipyError as error:
            raise usage_error(error) from None

    def _configured(self) -> Config:
        options = {key: self._pytest.getoption(f"iaipy_{key}") for _, key, _, _ in OPTIONS}
        if self._jobs is not None and options["jobs"] is None:
            options["jobs"] = str(self._jobs)
        given_jobs = options["jobs"]
        start = self._pytest.invocation_params.dir
        if options["report"]:
            formats = [report.partition(":") for report in options["report"]]
            options["report"] = [f"{name}{colon}{path and start / path}" for name, colon, path in formats]
        config = load_config(self._pytest.rootpath, options)
        return replace(
            config,
            python="",
            jobs=config.jobs if given_jobs else 1,
            pass_env=(*config.pass_env, *_PASSED),
            report=config.report if options["report"] else (),
        )

    def pytest_report_header(self) -> list[str]:
        """What iaipy does in this run."""
        lines = []
        if self._owners:
            lines.append(f"the benchmark fixture of {' and '.join(self._owners)} is iaipy's for this run")
        accepted = self._pytest.stash.get(guests.ACCEPTED, [])
        if accepted:
            lines.append(
                f"{' and '.join(accepted)}: accepted without effect, since their plugin is not installed"
            )
        return [f"iaipy: {line}" for line in lines]

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """--benchmark-only and --benchmark-skip, as in pytest-benchmark."""
        only, skip = (getattr(config.option, name, False) for name in (guests.ONLY, guests.SKIP))
        if only or skip:
            wanted = [item for item in items if marks.is_benchmark(item) == bool(only)]
            config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
            items[:] = wanted

    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Count them: of a part of the suite, no benchmark can be missing."""
        self._deselected += len(list(items))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> object:
        """Run the tests: ordinary ones first, each benchmark once a pytest under valgrind has measured it."""
        broken = session.testsfailed and not session.config.option.continue_on_collection_errors
        if self._config is None or broken:
            return None
        measured = [item for item in session.items if marks.is_benchmark(item)]
        self._found = len(measured)
        others = [item for item in session.items if not marks.is_benchmark(item)]
        for item, following in zip_longest(others, others[1:]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            _stop_if_asked(session)
        try:
            self._measure(session, self._config, measured)
        except IaipyError as error:
            raise usage_error(error) from None
        return True

    def _measure(self, session: pytest.Session, config: Config, items: list[pytest.Item]) -> None:
        head = Run(
            created_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            commit=environment.commit(config.root),
        )
        baselines.prepare(config.storage)
        asked, stopped = self._asked_for(session), True
        try:
            for measured in self._measured(session, config, items, head) if items else ():
                head = measured
            stopped = False
        finally:
            baselines.save_last(config.storage, head)
            if head.benchmarks:
                asked = (lambda id_: False) if stopped else asked
                self._outcome = pipeline.concluded(config, head, self._base, asked, interrupted=stopped)
                self._write_reports(config, self._outcome)

    def _measured(
        self, session: pytest.Session, config: Config, items: list[pytest.Item], head: Run
    ) -> Iterator[Run]:
        """The run with one test more each time, in the order of collection."""
        by_id = {item.nodeid: item for item in items}
        order = {id_: number for number, id_ in enumerate(by_id)}
        benchmarks = {id_: marks.benchmark_of(item) for id_, item in by_id.items()}
        with CachegrindEngine(config) as engine:
            launch, folder = engine.prepare()
            args = self._arguments(folder)
            path = search_path(session.config.invocation_params.dir)
            capture = session.config.getoption("capture")
            start = replace(launch, root=session.config.invocation_params.dir)
            server = InnerPytest(
                start, folder, args, sorted(by_id), path, capture, config.repeats, config.timeout_s
            )
            engine.accept(server.hello)
            head = replace(head, environment=engine.environment())
            base = self._base
            if base is not None and base.benchmarks and not config.allow_environment_change:
                gate.require_same_environment(head, base, config.baseline or "")
            self._said += engine.warnings()
            server.calibrate()
            for id_, ran in _measurements(server, tuple(benchmarks.values()), config):
                head = self._played(by_id[id_], ran, head)
                yield replace(
                    head,
                    benchmarks=tuple(sorted(head.benchmarks, key=lambda result: order[result.id])),
                    failures=tuple(sorted(head.failures, key=lambda failure: order[failure.id])),
                )
                _stop_if_asked(session)

    def _played(self, item: pytest.Item, ran: Ran, head: Run) -> Run:
        """The run with a test that has been measured, and is now run as any other.

        Nothing that it sets up is left when the next is measured, which sets up the same.
        """
        if ran.fatal and ran.error is not None:
            reports.fail(item, ran.error)
            return replace(head, failures=(*head.failures, _failure(item, ran.error)))
        self._now = item.stash[PLAYED] = Played(ran.result, ran.error, group_of(item))
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        finally:
            played, self._now = self._now, None
        if "failed" in played.outcomes:
            return replace(head, failures=(*head.failures, _failure(item, played.error)))
        if "skipped" in played.outcomes:
            return head
        if ran.result is None:
            self._said.append(f"{item.nodeid} passed, and measured nothing")
            return head
        told = json.loads(json.dumps(played.extra_info, default=repr, skipkeys=True))
        result = replace(ran.result, group=played.group or "", extra_info=told)
        return replace(head, benchmarks=(*head.benchmarks, result))

    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> None:
        """Say which test gets the fixture as another: from collection, nobody could tell that it would."""
        test, name = request.node, fixturedef.argname
        if isinstance(test, pytest.Item) and name in marks.FIXTURES and not marks.is_benchmark(test):
            self._said.append(f"{test.nodeid} asked for {name} as it ran: not measured")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Follow how the test goes."""
        if self._now is not None:
            self._now.outcomes.add(report.outcome)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Fail a test that passes and could not be measured."""
        played = item.stash.get(PLAYED, None)
        try:
            yield
        except BaseException:
            if played:
                played.error = None  # the test itself says it better
            raise
        if played and played.error is not None and not played.raised:
            pytest.fail(reports.told(item, played.error), pytrace=False)

    def _arguments(self, folder: Path) -> list[str]:
        words = [os.fspath(word) for word in self._pytest.invocation_params.args]
        end = words.index("--") if "--" in words else len(words)
        extras = ["--capture=no", f"--basetemp={folder}/tmp", *guests.arguments(self._pytest, str(folder))]
        return [*guests.without_hosts_own(words[:end]), *extras, *words[end:]]

    def _asked_for(self, session: pytest.Session) -> Any:
        """Whether a benchmark of the baseline was to be run, also where it is no more."""
        if self._deselected:
            return lambda id_: False
        root = session.config.rootpath
        places = []
        for argument in session.config.args:
            file, _, rest = str(argument).partition("::")
            path = os.path.relpath(session.config.invocation_params.dir / file, root).replace(os.sep, "/")
            places.append("" if path == "." else path + (f"::{rest}" if rest else ""))
        return lambda id_: any(
            not place or id_ == place or (id_.startswith(place) and id_[len(place)] in "/:[")
            for place in places
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """A regression fails the session; so does a run that measured nothing."""
        if self._config is None or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return
        if self._outcome is None:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
        else:
            session.exitstatus = EXIT_STATUS[self._outcome.exit_code]

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        """The numbers; where pytest says itself why there are none, nothing."""
        if self._config is None or (self._outcome is None and exitstatus == pytest.ExitCode.USAGE_ERROR):
            return
        color = terminalreporter.hasmarkup
        terminalreporter.section("iaipy")
        for line in reports.lines(self._outcome, self._said, self._found, self._config, color):
            terminalreporter.write_line(line)

    def _write_reports(self, config: Config, outcome: pipeline.Outcome) -> None:
        for name, path in config.report:
            if path is not None:
                write(path, reporter(name).render(outcome.run, outcome.comparison))


def _measurements(
    server: InnerPytest, benchmarks: Sequence[Benchmark], config: Config
) -> Iterator[tuple[str, Ran]]:
    """What came of measuring each; with one job, the next is measured when it is asked for."""

    def measured(benchmark: Benchmark) -> tuple[str, Ran]:
        repeats, timeout_s = benchmark.repeats or config.repeats, benchmark.timeout_s or config.timeout_s
        return benchmark.id, server.run(benchmark, repeats, timeout_s)

    if config.jobs == 1:
        yield from map(measured, benchmarks)
        return
    pool: Pool[tuple[str, Ran]] = Pool(config.jobs)

    def task(benchmark: Benchmark) -> None:
        pool.report(measured(benchmark))

    pool.push(partial(task, benchmark) for benchmark in benchmarks)
    yield from pool.outcomes()


def _failure(item: pytest.Item, error: MeasurementError | None) -> Failure:
    return (
        Failure(item.nodeid, error.message, error.details)
        if error
        else Failure(item.nodeid, "its test failed")
    )


def _stop_if_asked(session: pytest.Session) -> None:
    """End the run as pytest's own loop does, after -x or when a plugin asks for it."""
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)
