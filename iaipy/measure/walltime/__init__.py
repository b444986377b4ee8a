"""The wall-clock engine: every benchmark timed in fresh processes, in turns with all others."""
