"""Deterministic performance tests for Python.

The public names are resolved on first use (PEP 562), because this module is also imported inside the
measured process, where every import costs instructions: `import iaipy` loads nothing but itself.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iaipy.declare import benchmark as benchmark
    from iaipy.declare import keep as keep
    from iaipy.performance import BenchmarkHarness as BenchmarkHarness
    from iaipy.performance import PerformanceMetrics as PerformanceMetrics
    from iaipy.timing import measure_time as measure_time

__version__ = "0.1.0"

_HOMES = {
    "BenchmarkHarness": "iaipy.performance",
    "PerformanceMetrics": "iaipy.performance",
    "benchmark": "iaipy.declare",
    "keep": "iaipy.declare",
    "measure_time": "iaipy.timing",
}
__all__ = ["BenchmarkHarness", "PerformanceMetrics", "__version__", "benchmark", "keep", "measure_time"]


def __getattr__(name: str) -> object:
    """Import a public name from the module it lives in."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'iaipy' has no attribute {name!r}")
    value = getattr(__import__(home, fromlist=(name,)), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
