"""How a run goes on, on a terminal: what is measured, how many are left, the time so far."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from iaipy.measuring import Watcher
from iaipy.model.benchmark import Benchmark
from iaipy.model.run import Outcome


def _warn(sentence: str) -> None:
    click.echo(f"iaipy: warning: {sentence}", err=True)


@contextmanager
def watching() -> Iterator[Watcher]:
    """Show progress on standard error while the block runs; on anything but a terminal, warnings alone."""
    if not sys.stderr.isatty():
        yield Watcher(warned=_warn)
        return
    progress = Progress(
        SpinnerColumn(),
        MofNCompleteColumn(),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[names]}", markup=False),
        console=Console(stderr=True),
        transient=True,
    )
    task = progress.add_task("", total=None, names="collecting")
    lock = threading.Lock()
    running: dict[str, None] = {}

    def show() -> None:
        progress.update(task, names=", ".join(running) or "starting")

    def planned(number: int) -> None:
        progress.update(task, total=number)
        show()

    def started(benchmark: Benchmark) -> None:
        with lock:
            running[benchmark.id] = None
            show()

    def done(outcome: Outcome) -> None:
        with lock:
            running.pop(outcome.id, None)
            progress.advance(task)
            show()

    with progress:
        yield Watcher(
            planned,
            started,
            done,
            lambda sentence: progress.console.print(f"warning: {sentence}", markup=False),
        )
