"""Start many agents at once or one after the other, keep track of what that took, and leave nothing behind.

An agent is a child process or a coroutine function; docs/spawning.md is the guide.
"""

from iaipy.spawn.agents import Agent, Spawnable, SpawnError
from iaipy.spawn.batch import Batch, Outcome, running, spawn_all
from iaipy.spawn.metrics import BatchRecord, SpawnMetrics, SpawnRecord, Summary

__all__ = [
    "Agent",
    "Batch",
    "BatchRecord",
    "Outcome",
    "SpawnError",
    "SpawnMetrics",
    "SpawnRecord",
    "Spawnable",
    "Summary",
    "running",
    "spawn_all",
]
