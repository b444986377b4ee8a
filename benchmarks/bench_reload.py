"""Hot reload of a YAML configuration: from the write until the watcher has reported it and it is parsed.

It stands for the daemon that takes over an edited file while it runs. The watcher gathers changes until
nothing more happens for a step; watchfiles' default of 50 ms is far longer than all the rest, so a short step
is measured as well.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml
from watchfiles import awatch

from iaipy import benchmark, keep

SERVICE = (Path(__file__).parent / "data/service.yaml").read_text(encoding="utf-8")
STEPS_MS = [1, 50]
LONGEST_S = 30


class Reloader:
    """Keeps the configuration of a file, and follows its changes.

    Parameters:
        step_ms: how long nothing must happen before changes are taken over.
    """

    def __init__(self, step_ms: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.path = self.folder / "service.yaml"
        self.edition = 0
        self.settings: dict[str, Any] = {}
        self.changed = asyncio.Event()
        self.stop = asyncio.Event()
        self.write()
        self.parse()
        self.following = asyncio.create_task(self.follow(step_ms))

    def write(self) -> None:
        """Write the next edition."""
        self.edition += 1
        self.path.write_text(f"{SERVICE}\nedition: {self.edition}\n", encoding="utf-8")

    def parse(self) -> None:
        """Take over what the file says."""
        self.settings = yaml.safe_load(self.path.read_bytes()) or {}

    async def follow(self, step_ms: int) -> None:
        """Parse the file again whenever it has changed."""
        async for _ in awatch(self.folder, step=step_ms, stop_event=self.stop):
            self.parse()
            self.changed.set()

    async def take_over(self) -> None:
        """Wait until the edition last written is in use."""
        async with asyncio.timeout(LONGEST_S):
            while self.settings.get("edition") != self.edition:
                self.changed.clear()
                await self.changed.wait()


async def watching(step_ms: int) -> Reloader:
    """A reloader that has seen one change already, so its watch is in place."""
    reloader = Reloader(step_ms)
    await asyncio.sleep(0.1)
    reloader.write()
    await reloader.take_over()
    return reloader


async def stopped(reloader: Reloader) -> None:
    """End the watch, and remove the file."""
    reloader.stop.set()
    await reloader.following
    shutil.rmtree(reloader.folder)


@benchmark(mode="walltime", params={"step_ms": STEPS_MS}, setup=watching, teardown=stopped, tags="config")
async def hot_reload(reloader: Reloader) -> None:
    """A configuration of 140 lines is written, reported and parsed."""
    reloader.write()
    await reloader.take_over()
    assert keep(reloader.settings)["edition"] == reloader.edition
