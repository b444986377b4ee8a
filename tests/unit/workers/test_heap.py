"""What CPython tells of its heap."""

from __future__ import annotations

import os
import sys

import pytest

from iaipy.workers import heap

TOLD = b"""Small block threshold = 512, in 32 size classes.

class   size   num pools   blocks in use  avail blocks
-----   ----   ---------   -------------  ------------
    0     16           1              23           998
   31    512         401           12400            31

# arenas allocated total           =                1,230
# arenas reclaimed                 =                  205
# arenas highwater mark            =                1,025
# arenas allocated current         =                1,020
1025 arenas * 1048576 bytes/arena  =        1,074,790,400

# bytes in allocated blocks        =              829,968
54 unused pools * 16384 bytes      =              884,736
"""


def test_free_blocks_pools_and_arenas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are told by size; numbers may have separators; CPython's table of arenas is a power of two."""
    monkeypatch.setattr(sys, "_debugmallocstats", lambda: os.write(2, TOLD))
    assert heap._stats() == ({16: 998, 512: 31}, 54, 2048 - 1020)


def test_another_allocator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where CPython tells of no blocks nothing is settled."""
    monkeypatch.setattr(sys, "_debugmallocstats", lambda: None)
    kept = heap._kept
    assert not heap._make_room()
    assert heap._kept is kept
