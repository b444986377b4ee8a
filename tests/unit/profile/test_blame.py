"""What a change is put down to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from iaipy.profile.difference import difference

if TYPE_CHECKING:
    from iaipy.model.difference import Cause
    from tests.unit.conftest import MakeProfile

Costs = Mapping[str, tuple[int, int]]


def causes(make_profile: MakeProfile, before: Costs, now: Costs) -> tuple[Cause, ...]:
    """The causes of the change; functions of the module `re` are a library's."""

    def make(costs: Costs) -> object:
        made = make_profile(costs)
        placed = (
            replace(function, file=f"/lib/{function.file}") if function.name.startswith("re.") else function
            for function in made.functions
        )
        return replace(made, functions=tuple(placed))

    return difference(make(before), make(now)).causes  # type: ignore[arg-type]


def named(found: tuple[Cause, ...]) -> list[tuple[str, int, str]]:
    """Names, amounts and reasons."""
    return [(cause.function.name, cause.amount, cause.reason) for cause in found]


def test_a_function_that_does_more_itself(make_profile: MakeProfile) -> None:
    """Its callers pass the change on and aren't named."""
    before = {"a": (1, 1), "a;b": (10, 1), "a;b;c": (100, 5)}
    assert named(causes(make_profile, before, before | {"a;b;c": (110, 5)})) == [("c", 10, "own")]


def test_a_function_that_is_called_twice_as_often(make_profile: MakeProfile) -> None:
    """It has all that this costs, what it calls included, and the caller that calls it so is told."""
    before = {"a": (1, 1), "a;b": (10, 1), "a;b;c": (100, 5), "a;b;c;d": (50, 50)}
    now = {"a": (1, 1), "a;b": (12, 1), "a;b;c": (201, 10), "a;b;c;d": (99, 100)}
    found = causes(make_profile, before, now)
    assert named(found) == [("c", 150, "calls"), ("b", 2, "own")]
    assert (found[0].caller, found[0].caller_calls, found[0].before) == ("b", (5, 10), 150)


def test_more_calls_and_dearer_ones_are_told_apart(make_profile: MakeProfile) -> None:
    """Where a function below is dearer by call too, that part is its own."""
    before = {"a": (0, 1), "a;b": (100, 1), "a;b;c": (100, 1)}
    now = {"a": (0, 1), "a;b": (200, 2), "a;b;c": (1000, 2)}
    assert named(causes(make_profile, before, now)) == [("c", 800, "own"), ("b", 200, "calls")]


def test_a_new_function_and_one_that_is_gone(make_profile: MakeProfile) -> None:
    """Each has what is below it."""
    before = {"a": (1, 1), "a;old": (10, 3), "a;old;x": (20, 3)}
    now = {"a": (1, 1), "a;new": (100, 1), "a;new;y": (5, 1)}
    assert named(causes(make_profile, before, now)) == [("new", 105, "new"), ("old", -30, "gone")]


def test_a_wrapper_is_answerable_for_itself_alone(make_profile: MakeProfile) -> None:
    """What it wraps is matched with what was called before."""
    before = {"a": (1, 1), "a;f": (1000, 1)}
    now = {"a": (1, 1), "a;w": (30, 1), "a;w;helper": (5, 1), "a;w;f": (1000, 1)}
    assert named(causes(make_profile, before, now)) == [("w", 35, "new")]


def test_a_library_that_does_more_for_one_caller(make_profile: MakeProfile) -> None:
    """The caller is named, with what it called; how deep below that it happened doesn't matter."""
    before = {"a": (1, 1), "a;b": (1, 1), "a;b;re.findall": (10, 1), "a;b;re.findall;re.scan": (10, 10)}
    now = before | {"a;b;re.findall;re.scan": (90, 80)}
    (found,) = causes(make_profile, before, now)
    assert (found.function.name, found.amount, found.reason, found.place) == ("b", 80, "within", "re.findall")


def test_a_library_that_is_called_more_often(make_profile: MakeProfile) -> None:
    """Its function is named: that it is called more often says all."""
    before = {"a": (1, 1), "a;re.findall": (10, 1), "a;re.findall;re.scan": (10, 1)}
    now = {"a": (2, 1), "a;re.findall": (20, 2), "a;re.findall;re.scan": (20, 2)}
    assert named(causes(make_profile, before, now))[0] == ("re.findall", 20, "calls")


def test_a_function_that_others_call_to_no_change(make_profile: MakeProfile) -> None:
    """The one caller is named that gets the change, since the function itself can't have been changed."""
    before = {
        "a": (1, 1),
        "a;b": (1, 1),
        "a;b;f": (10, 1),
        "a;c": (1, 1),
        "a;c;f": (10, 1),
        "a;c;b": (1, 1),
        "a;c;b;f": (10, 1),
    }
    (found,) = causes(make_profile, before, before | {"a;c;f": (50, 1)})
    assert (found.function.name, found.amount, found.place) == ("c", 40, "f")
    everywhere = before | {"a;c;f": (50, 1), "a;b;f": (50, 1), "a;c;b;f": (50, 1)}
    assert named(causes(make_profile, before, everywhere)) == [("f", 120, "own")]


def test_recursion_that_goes_deeper(make_profile: MakeProfile) -> None:
    """The function is called by itself more often."""
    before = {"a": (1, 1), "a;f": (10, 1), "a;f;f": (10, 1)}
    (found,) = causes(make_profile, before, before | {"a;f;f;f": (10, 1)})
    assert (found.function.name, found.caller, found.calls) == ("f", "f", (2, 3))


def test_causes_add_up_to_the_change(make_profile: MakeProfile) -> None:
    """Nothing is left out, and nothing told twice."""
    before = {"a": (7, 1), "a;b": (100, 3), "a;b;c": (50, 9), "a;old": (30, 1), "a;re.x": (5, 1)}
    now = {"a": (9, 1), "a;b": (170, 4), "a;b;c": (90, 20), "a;new": (3, 2), "a;re.x": (6, 1)}
    found = causes(make_profile, before, now)
    assert sum(cause.amount for cause in found) == sum(o for o, _ in now.values()) - sum(
        o for o, _ in before.values()
    )


def test_an_improvement_is_ranked_the_other_way_round(make_profile: MakeProfile) -> None:
    """Where a benchmark became cheaper, what saved most comes first."""
    before = {"a": (1, 1), "a;b": (100, 1), "a;c": (10, 1)}
    assert [
        c for c, _, _ in named(causes(make_profile, before, {"a": (1, 1), "a;b": (9, 1), "a;c": (20, 1)}))
    ] == [
        "b",
        "c",
    ]


def test_ten_thousand_functions(make_profile: MakeProfile) -> None:
    """They are dealt with one by one, without recursion or a product of their number with itself."""
    before = {"a": (1, 1)} | {f"a;f{number}": (10, 1) for number in range(5_000)}
    now = {"a": (1, 1)} | {f"a;g{number}": (11, 1) for number in range(5_000)}
    assert len(causes(make_profile, before, now)) == 10_000
