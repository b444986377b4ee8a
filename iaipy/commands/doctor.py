"""`iaipy doctor`: whether this machine counts exactly, shown by counting."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click

from iaipy import __version__, pipeline
from iaipy.commands.options import config_from, settings_options
from iaipy.commands.output import show_failure
from iaipy.errors import ExitCode
from iaipy.measuring import Watcher

_SETTINGS = ("cpu_profile", "cache", "env", "pass_env", "valgrind", "python", "fork", "timeout")
_PROBE = """
import json
from iaipy import benchmark, keep

TEXT = json.dumps([{"id": number, "name": str(number)} for number in range(100)])


@benchmark(repeats=5)
def parse():
    keep(json.loads(TEXT))


@benchmark(repeats=5)
async def wait():
    keep(sorted(range(100)))
"""


@click.command()
@settings_options(*_SETTINGS)
def doctor(**options: object) -> ExitCode:
    """Check valgrind, Python and the environment by measuring a small benchmark five times."""
    config = config_from(options)
    click.echo(f"iaipy:         {__version__}")
    click.echo(f"project:       {config.root}")
    click.echo(f"interpreter:   {config.python or sys.executable}")
    with tempfile.TemporaryDirectory(prefix="iaipy-doctor-") as folder:
        root = Path(folder)
        (root / "bench_doctor.py").write_text(_PROBE)
        trial = replace(
            config,
            root=root,
            storage=root / ".iaipy",
            benchmarks=("bench_doctor.py",),
            keyword="",
            tag=(),
            shard=None,
            mode="instructions",
            baseline=None,
            save_baseline=None,
        )
        warnings: list[str] = []
        outcome = pipeline.run(trial, (), root, Watcher(warned=warnings.append))
    if outcome.exit_code is ExitCode.INTERRUPTED:
        return outcome.exit_code
    run = outcome.run
    for key, value in run.environment.fingerprint.items():
        click.echo(f"{key + ':':<14} {value}")
    for warning in warnings:
        click.echo(f"warning:       {warning}")
    for failure in run.failures:
        show_failure(failure)
    for result in run.benchmarks:
        counted = f"{result.counters['instructions']:,} instructions"
        verdict = "exact" if result.exact else f"NOT exact: off by up to {max(result.spread.values()):,}"
        click.echo(f"{result.id}: {counted}, {result.repeats} times, {verdict}")
    if run.failures or not all(result.exact for result in run.benchmarks):
        click.echo("This machine does not count exactly.", err=True)
        return ExitCode.ENVIRONMENT
    click.echo("This machine counts exactly.")
    return ExitCode.OK
