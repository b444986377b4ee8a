"""Where sides lie while they are measured: both in the same two folders, one after the other.

Paths are hashed and remembered by whatever runs, so that a program counts otherwise at another place, even
where the path is as long: `thing --version` differed by 667 of 65,527,141 instructions.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from iaipy import interruption

KEY = "key"
"""The file in a virtual environment that holds its name."""


@dataclass
class Places:
    """The folders of a comparison.

    Parameters:
        cache: the folder that all of them are in.
        side: whose turn it is; "" for nobody's.
    """

    cache: Path
    side: str = ""
    _keys: dict[str, str] = field(default_factory=dict)

    @property
    def tree(self) -> Path:
        """The checkout of the side whose turn it is."""
        return self.cache / "tree"

    @property
    def venv(self) -> Path:
        """The virtual environment of the side whose turn it is."""
        return self.cache / "venv"

    @property
    def python(self) -> Path:
        """The interpreter of that environment."""
        return self.venv / "bin" / "python"

    def parked_tree(self, side: str) -> Path:
        """Where a side's checkout is made, and lies while it is the other's turn."""
        return self.cache / "trees" / side

    def parked_venv(self, key: str) -> Path:
        """Where an environment of that name lies while it isn't in use."""
        return self.cache / "venvs" / key

    def recover(self) -> None:
        """Tidy up what an iaipy that was killed has left."""
        shutil.rmtree(self.tree, ignore_errors=True)
        if self.venv.exists():
            name = self.venv / KEY
            self._park_venv(name.read_text(encoding="utf-8") if name.exists() else "")

    def take(self, key: str) -> None:
        """Give the side whose turn it is the environment of that name, if there is one."""
        self._keys[self.side] = key
        if self.parked_venv(key).exists():
            self.parked_venv(key).rename(self.venv)

    def activate(self, side: str) -> None:
        """Let it be a side's turn."""
        if side == self.side:
            return
        with interruption.held():
            self.park()
            self.parked_tree(side).rename(self.tree)
            self.side = side
            if side in self._keys:
                self.take(self._keys[side])

    def park(self) -> None:
        """Let it be nobody's turn."""
        with interruption.held():
            if self.side and self.tree.exists():
                self.tree.rename(self.parked_tree(self.side))
            if self.side in self._keys and self.venv.exists():
                self._park_venv(self._keys[self.side])
            self.side = ""

    def _park_venv(self, key: str) -> None:
        if not key:
            shutil.rmtree(self.venv)
            return
        place = self.parked_venv(key)
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        self.venv.rename(place)
