"""What the inner pytest reports, told to the one that a person sees; the summary. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from iaipy import pipeline
from iaipy.config import Config
from iaipy.pytest_plugin import OPTIONS
from iaipy.pytest_plugin.link import Ran
from iaipy.report import reporter

_OPTION = re.compile(rf"(?<![\w-])--({'|'.join(flag for flag, *_ in OPTIONS)})\b")


def replay(item: pytest.Item, ran: Ran, *, show_output: bool) -> None:
    """Let this pytest's plugins hear of a test what those of the inner pytest heard."""
    config, hook = item.config, item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    if show_output and ran.output:
        sys.stdout.write(f"{ran.output}\n")
    for told in ran.warnings:
        _rewarn(config, told)
    for data in ran.reports:
        report = config.hook.pytest_report_from_serializable(config=config, data=data)
        hook.pytest_runtest_logreport(report=report)
    if ran.error is not None:
        hook.pytest_runtest_logreport(report=_failed(item, ran))
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _failed(item: pytest.Item, ran: Ran) -> pytest.TestReport:
    assert ran.error is not None
    told = f"iaipy: {item.nodeid} {ran.error.message}\n{ran.error.details}".rstrip()
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords=dict.fromkeys(item.keywords, 1),
        outcome="failed",
        longrepr=told,
        when="call",
    )


def _rewarn(config: pytest.Config, told: Mapping[str, Any]) -> None:
    kind = getattr(sys.modules.get(told["module"]), told["category"], UserWarning)
    try:
        message = kind(told["text"])
    except Exception:  # a warning may want any arguments
        kind, message = UserWarning, UserWarning(told["text"])
    warning = warnings.WarningMessage(message, kind, told["filename"], told["lineno"])
    config.hook.pytest_warning_recorded.call_historic(
        kwargs={"warning_message": warning, "when": "runtest", "nodeid": told["nodeid"], "location": None}
    )


def as_options(text: str) -> str:
    """A sentence for users of `iaipy run`, with the options named as pytest has them."""
    return _OPTION.sub(r"--iaipy-\1", text.replace("iaipy run --", "pytest --iaipy --"))


def lines(
    outcome: pipeline.Outcome | None, said: Sequence[str], config: Config, color: bool
) -> Iterator[str]:
    """The summary: every counter and verdict, or why there is none."""
    for sentence in said:
        yield f"iaipy: warning: {sentence}"
    if outcome is None:
        yield "iaipy: no benchmark was measured"
        yield "  benchmarks are tests that use the benchmark fixture, or are marked with it, and pass"
        return
    for name in [name for name, path in config.report if path is None] or ["terminal"]:
        yield reporter(name).render(outcome.run, outcome.comparison, color=color).rstrip("\n")
    if outcome.saved is not None:
        yield f"Saved as baseline {config.save_baseline}: {outcome.saved}"
    for trouble in outcome.troubles:
        yield f"iaipy: error: {as_options(trouble.message)}"
        if trouble.remedy:
            yield f"  {as_options(trouble.remedy)}"
