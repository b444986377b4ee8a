"""Why times can't be trusted."""

import pytest

from iaipy.compare import doubts
from iaipy.model.run import Environment


@pytest.mark.parametrize(
    ("cores", "load", "governor", "said"),
    [
        ("2", "0.10", "performance", []),
        ("2", "0.50", "unknown", []),
        ("2", "1.26", "performance", ["busy before timing began (1.3 of 2 cores)"]),
        ("8", "0.00", "schedutil", ["governed by schedutil"]),
        ("1", "0.90", "powersave", ["busy", "powersave", "one core"]),
        ("2", "nan", "", []),
        ("many", "a lot", "", []),
    ],
)
def test_a_stored_machine(cores: str, load: str, governor: str, said: list[str]) -> None:
    """Each reason is one sentence; what is no number says nothing."""
    found = doubts.of(Environment({"cores": cores}, {"load": load, "governor": governor}))
    assert len(found) == len(said)
    assert all(words in sentence for words, sentence in zip(said, found, strict=True))


def test_a_machine_that_nothing_is_known_of() -> None:
    """A run of counts alone has none."""
    assert doubts.of(Environment()) == []
