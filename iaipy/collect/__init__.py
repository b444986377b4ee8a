"""Find benchmarks: Python files and YAML suites in, `Benchmark` records out; nothing is measured here."""
