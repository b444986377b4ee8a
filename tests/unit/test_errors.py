"""Errors and exit codes."""

import pytest

from iaipy.errors import (
    BenchmarkError,
    ExitCode,
    HostError,
    IaipyError,
    MeasurementError,
    NothingToDoError,
    UsageError,
)


def test_exit_codes() -> None:
    """The exit codes are what the documentation promises."""
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "REGRESSION": 1,
        "USAGE": 2,
        "BENCHMARK_FAILED": 3,
        "ENVIRONMENT": 4,
        "NOTHING_TO_DO": 5,
        "INTERNAL": 70,
        "INTERRUPTED": 130,
        "OUTPUT_CLOSED": 141,
    }


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (IaipyError, 2),
        (UsageError, 2),
        (BenchmarkError, 3),
        (HostError, 4),
        (NothingToDoError, 5),
    ],
)
def test_error_has_its_code_and_remedy(kind: type[IaipyError], code: int) -> None:
    """Every kind of error ends the command with its code, and carries what to do."""
    error = kind("it is wrong", "mend it")
    assert error.exit_code == code
    assert (str(error), error.message, error.remedy) == ("it is wrong", "it is wrong", "mend it")
    assert kind("it is wrong").remedy == ""


def test_measurement_error_has_details() -> None:
    """A failed measurement carries what the benchmark printed."""
    error = MeasurementError("it raised", "Traceback ...")
    assert (error.exit_code, error.message, error.details, error.remedy) == (
        3,
        "it raised",
        "Traceback ...",
        "",
    )
