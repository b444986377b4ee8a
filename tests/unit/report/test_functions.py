"""Profiles in the terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from iaipy.model.profile import Accounting
from iaipy.profile.difference import difference
from iaipy.report.functions import render, sentence, sentences

if TYPE_CHECKING:
    from tests.conftest import Golden
    from tests.unit.conftest import MakeProfile

BEFORE = {
    "bench_x.parse": (1000, 1),
    "bench_x.parse;json.decoder.JSONDecoder.raw_decode": (9_790_000, 200),
    "bench_x.parse;app.old": (50, 1),
}
NOW = {
    "bench_x.parse": (1000, 1),
    "bench_x.parse;json.decoder.JSONDecoder.raw_decode": (10_994_113, 400),
    "bench_x.parse;app.new\x1b[31m": (37_000, 3),
}


def test_the_table_of_functions(make_profile: MakeProfile, golden: Golden) -> None:
    """Functions by their own instructions, then how the total came about, then notes."""
    profile = replace(
        make_profile(NOW),
        accounting=Accounting(12_000_000, 900_000, 1000, 11_032_113),
        notes=("a note",),
    )
    golden("report/profile.txt", render(profile, None))


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        (11_000_000, "Calls from Python to Python take more with them, 32,113 instructions (0.3%)"),
        (11_500_000, "Memory lay otherwise with them, and the functions above took 467,887"),
        (5_000_000, "took 6,032,113 instructions (120.6%) more, which trampolines don't explain"),
        (20_000_000, "took 8,967,887 instructions (44.8%) less, which trampolines don't explain"),
    ],
)
def test_what_trampolines_do_not_explain_is_said(make_profile: MakeProfile, counted: int, said: str) -> None:
    """Up to a bound the difference to what is counted has its known reasons, and beyond it none."""
    told = replace(make_profile(NOW), accounting=Accounting(11_032_113, 0, 0, counted))
    assert said in render(told, None)


def test_what_many_calls_take_is_explained(make_profile: MakeProfile) -> None:
    """Short functions may take more than twice as much with trampolines, if they are called that often."""
    told = replace(make_profile({"f": (500_000, 600)}), accounting=Accounting(500_000, 0, 0, 200_000))
    assert "Calls from Python to Python take more with them, 300,000 instructions" in render(told, None)


def test_the_table_of_changes(make_profile: MakeProfile, golden: Golden) -> None:
    """What changed in sentences, then as a table."""
    before, now = make_profile(BEFORE), make_profile(NOW)
    golden("report/profile_difference.txt", render(now, difference(before, now)))


def test_a_cause_is_told_in_a_sentence(make_profile: MakeProfile) -> None:
    """It says by how much, in which proportion, what part of the change it is, and how calls changed."""
    found = difference(make_profile(BEFORE), make_profile(NOW))
    assert [sentence(cause, found) for cause in found.causes] == [
        "json.decoder.JSONDecoder.raw_decode +1,204,113 instructions (+12.3%), 97% of the change; "
        "called 200 → 400 times by bench_x.parse",
        "app.new\\x1b[31m +37,000 instructions (new), 3% of the change; called 0 → 3 times by bench_x.parse",
        "app.old -50 instructions (gone); called 1 → 0 times by bench_x.parse",
    ]


def test_a_sentence_says_where_below_a_function_it_happened(make_profile: MakeProfile) -> None:
    """A caller that is named for what it calls, and one of several callers, are told as such."""
    before = make_profile({"a": (0, 1), "a;f": (10, 1), "a;g": (0, 1), "a;g;f": (10, 1)})
    now = make_profile({"a": (0, 1), "a;f": (10, 1), "a;g": (0, 1), "a;g;f": (20, 2)})
    found = difference(before, now)
    assert sentence(found.causes[0], found) == (
        "f +10 instructions (+50.0%), 100% of the change; called 2 → 3 times; by g 1 → 2 times"
    )
    found = difference(before, make_profile({"a": (0, 1), "a;f": (10, 1), "a;g": (0, 1), "a;g;f": (20, 1)}))
    assert sentence(found.causes[0], found) == "g +10 instructions (+100.0%), 100% of the change; in f"


def test_a_function_that_others_called_before_is_not_new(make_profile: MakeProfile) -> None:
    """Called from one place more, or one less, it is told by its proportion."""
    before = make_profile({"a": (0, 1), "a;f": (10, 1), "a;g": (10, 1)})
    more = make_profile({"a": (0, 1), "a;f": (10, 1), "a;g": (10, 1), "a;g;f": (20, 2)})
    found = difference(before, more)
    assert sentence(found.causes[0], found) == (
        "f +20 instructions (+200.0%), 100% of the change; called 1 → 3 times; by g 0 → 2 times"
    )
    found = difference(more, before)
    assert sentence(found.causes[0], found).startswith("f -20 instructions (-66.7%), 100% of the change")


def test_sentences_are_about_what_matters(make_profile: MakeProfile) -> None:
    """Causes that are next to nothing of the change have no sentence."""
    before = make_profile({"a": (1000, 1), "a;b": (1000, 1)})
    assert len(sentences(difference(before, make_profile({"a": (1001, 1), "a;b": (9000, 1)})), 9)) == 1
    assert len(sentences(difference(before, make_profile({"a": (1005, 1), "a;b": (995, 1)})), 9)) == 2


def test_nothing_changed(make_profile: MakeProfile) -> None:
    """Equal profiles are said to be."""
    before = make_profile(BEFORE)
    assert "No function changed." in render(before, difference(before, before))


def test_many_functions_are_summed_up(make_profile: MakeProfile) -> None:
    """Of fifty thousand functions the costliest are shown, and how many more there are."""
    profile = make_profile({f"module.f{number:05d}": (number, 1) for number in range(50_000)})
    lines = render(profile, None).splitlines()
    assert "module.f49999" in lines[3]
    assert any(line.startswith("and 49,975 more") for line in lines)


@pytest.mark.parametrize(
    ("executed", "said"),
    [
        (90, "the functions above took 10 instructions (10.0%) less."),
        (110, "more with them, 10 instructions (10.0%) in all, which the functions above have."),
    ],
)
def test_how_the_total_compares_with_what_is_counted(
    make_profile: MakeProfile, executed: int, said: str
) -> None:
    """What cachegrind counts is said, and how far the tree's total is from it."""
    profile = replace(make_profile({"f": (executed, 1)}), accounting=Accounting(executed + 9, 5, 4, 100))
    told = render(profile, None)
    assert "cachegrind counts 100 instructions" in told
    assert "own 5 (5.0%)" in told
    assert said in told
