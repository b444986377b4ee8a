"""What can go wrong, each with a remedy and the exit code it ends the command with."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of the `iaipy` command; interrupted by SIGTERM or SIGHUP it is 143 or 129."""

    OK = 0
    REGRESSION = 1
    USAGE = 2
    BENCHMARK_FAILED = 3
    ENVIRONMENT = 4
    NOTHING_TO_DO = 5
    INTERNAL = 70
    INTERRUPTED = 130
    OUTPUT_CLOSED = 141


class IaipyError(Exception):
    """A mistake or a circumstance that a person can mend.

    Parameters:
        message: one sentence that says what is wrong, naming the file or benchmark.
        remedy: what to do about it; empty where the message says all.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(IaipyError):
    """A wrong option, configuration or declaration."""


class BenchmarkError(IaipyError):
    """A benchmark file or a benchmark could not be run."""

    exit_code = ExitCode.BENCHMARK_FAILED


class GateError(IaipyError):
    """What follows from the gate's verdict, beside the verdict itself."""

    exit_code = ExitCode.REGRESSION


class MeasurementError(BenchmarkError):
    """A measurement gave no numbers.

    Parameters:
        message: what happened, one sentence.
        details: a traceback, or the last lines that the benchmark printed.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class HostError(IaipyError):
    """The machine can't do it: valgrind is missing, a folder can't be written, environments differ."""

    exit_code = ExitCode.ENVIRONMENT


class OtherEnvironmentError(HostError):
    """Counts can't be compared, because they were made in different environments."""


class NothingToDoError(IaipyError):
    """There is nothing to run, or nothing to compare with."""

    exit_code = ExitCode.NOTHING_TO_DO
