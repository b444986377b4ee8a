"""What the pytest that a person sees is told of measuring; the summary. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest

from iaipy import pipeline
from iaipy.config import Config
from iaipy.errors import MeasurementError
from iaipy.pytest_plugin import OPTIONS
from iaipy.report import reporter

_OPTION = re.compile(rf"(?<![\w-])--({'|'.join(flag for flag, *_ in OPTIONS)})\b")


def fail(item: pytest.Item, error: MeasurementError) -> None:
    """Let this pytest's plugins hear that a test has failed, which isn't run here."""
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    report = pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords=dict.fromkeys(item.keywords, 1),
        outcome="failed",
        longrepr=told(item, error),
        when="call",
    )
    hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def told(item: pytest.Item, error: MeasurementError) -> str:
    """Why a test gave no number."""
    return f"iaipy: {item.nodeid} {error.message}\n{error.details}".rstrip()


def as_options(text: str) -> str:
    """A sentence for users of `iaipy run`, with the options named as pytest has them."""
    return _OPTION.sub(r"--iaipy-\1", text.replace("iaipy run --", "pytest --iaipy --"))


def lines(
    outcome: pipeline.Outcome | None, said: Sequence[str], found: int, config: Config, color: bool
) -> Iterator[str]:
    """The summary: every counter and verdict, or why there is none though so many benchmarks were found."""
    for sentence in said:
        yield f"iaipy: warning: {sentence}"
    if outcome is None:
        yield "iaipy: no benchmark was measured"
        if found:
            yield f"  collected: {found}; a benchmark has to pass to give a number"
        else:
            yield "  benchmarks are tests that use the benchmark fixture, or are marked with it"
        return
    for name in [name for name, path in config.report if path is None] or ["terminal"]:
        yield reporter(name).render(outcome.run, outcome.comparison, color=color).rstrip("\n")
    if outcome.saved is not None:
        yield f"Saved as baseline {config.save_baseline}: {outcome.saved}"
    for trouble in outcome.troubles:
        yield f"iaipy: error: {as_options(trouble.message)}"
        if trouble.remedy:
            yield f"  {as_options(trouble.remedy)}"
