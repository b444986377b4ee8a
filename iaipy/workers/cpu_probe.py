"""Prints what a process sees of the CPU; started by `launcher.argv`."""

from iaipy.workers.machine import cpu


def main() -> None:
    """Print it."""
    print(cpu())
