"""Prints what a process sees of the CPU."""

import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))

from iaipy.workers.machine import cpu  # noqa: E402 (the path comes first)

print(cpu())
