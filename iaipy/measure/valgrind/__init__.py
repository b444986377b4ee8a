"""Counting instructions and cache misses under valgrind."""
