"""From callgrind's contexts to a call tree."""

from iaipy.model.profile import Context, Dump, Function, Profile, Recording
from iaipy.profile.paths import costs_by_path
from iaipy.profile.tree import CUT, FREED, NO_PYTHON, UNKNOWN, build, without_native

RUN, REGION, PARSE, FEED = 0x1000, 0x2000, 0x3000, 0x4000
FUNCTIONS = {
    RUN: Function("iaipy.workers.nursery._run", "…/iaipy/workers/nursery.py", 1),
    REGION: Function("iaipy.workers.nursery.region", "…/iaipy/workers/nursery.py", 2),
    PARSE: Function("bench_x.parse", "bench_x.py", 3),
    FEED: Function("app.feed", "app.py", 4),
}
EVAL, SERVER = "_PyEval_EvalFrameDefault", "py_trampoline_evaluator"


def python(address: int) -> list[str]:
    """The symbols that a call of a Python function adds to a path."""
    return [SERVER, f"{address:#018x}", EVAL]


TO_REGION = [EVAL, *python(RUN), *python(REGION)]
TO_PARSE = [*TO_REGION, "PyObject_Vectorcall", *python(PARSE)]


def recorded(*contexts: tuple[list[str], int, int]) -> Recording:
    """A recording of these paths, each with its instructions and calls."""
    dump = Dump(tuple(Context(tuple(path), own, calls) for path, own, calls in contexts))
    return Recording(dump, FUNCTIONS, frozenset({RUN, REGION}), frozenset({REGION}))


def folded(profile: Profile) -> dict[str, tuple[int, int]]:
    """Costs by path, of Python functions alone."""
    return {";".join(path): costs for path, costs in costs_by_path(without_native(profile)).items()}


def test_a_path_begins_with_the_benchmark_and_c_is_folded() -> None:
    """What leads to the benchmark is cut off, and C functions' costs are those of the Python caller."""
    recording = recorded(
        (TO_PARSE, 100, 1),
        ([*TO_PARSE, "malloc"], 20, 7),
        ([*TO_PARSE, "sorted", *python(FEED)], 3, 2),
        ([*TO_PARSE, "sorted", *python(FEED)[:2]], 4, 2),
    )
    profile = build(recording, 0, "x")
    assert folded(profile) == {"bench_x.parse": (120, 0), "bench_x.parse;app.feed": (3, 2)}
    assert profile.accounting.trampolines == 4
    assert profile.total == profile.accounting.total == 123


def test_native_frames_stand_between() -> None:
    """With C functions told apart, each has its place on the path, and the trampolines' server none."""
    recording = recorded(([*TO_PARSE, "sorted", *python(FEED)], 3, 2))
    paths = [";".join(path) for path in costs_by_path(build(recording, 0, "x"))]
    assert paths[-1] == f"bench_x.parse;{EVAL};sorted;app.feed;{EVAL}"


def test_what_serves_trampolines_is_left_out() -> None:
    """Neither the trampolines' server nor what it calls to make one belongs to the benchmark."""
    recording = recorded(
        (TO_PARSE, 100, 1),
        ([*TO_PARSE, SERVER], 5, 1),
        ([*TO_PARSE, SERVER, "PyUnstable_WritePerfMapEntry", "fprintf"], 1000, 1),
    )
    profile = build(recording, 0, "x")
    assert profile.total == 100
    assert profile.accounting.trampolines == 1005


def test_the_workers_own_costs_are_left_out() -> None:
    """The region's loop isn't the benchmark's, but freeing a result is."""
    recording = recorded(
        (TO_REGION, 70, 0),
        ([*TO_REGION, "PyObject_Vectorcall"], 6, 1),
        (TO_PARSE, 100, 1),
        ([*TO_REGION, "_Py_Dealloc", "list_dealloc"], 30, 1),
    )
    profile = build(recording, 0, "x")
    assert profile.accounting.harness == 76
    assert folded(profile) == {"bench_x.parse": (100, 0), FREED.name: (30, 0)}


def test_the_event_loop_stands_beside_the_benchmark() -> None:
    """What the worker runs besides the region, such as an event loop, has a path of its own."""
    recording = recorded((TO_PARSE, 100, 1), ([EVAL, *python(RUN), *python(FEED)], 9, 1))
    assert folded(build(recording, 0, "x")) == {"bench_x.parse": (100, 0), "app.feed": (9, 0)}


def test_nothing_is_taken_from_what_was_seen() -> None:
    """What calls take more under trampolines stays where callgrind saw it; the accounting says how much."""
    recording = recorded(
        (TO_PARSE, 1000, 0),
        (TO_PARSE[:-1], 0, 1),
        ([*TO_PARSE, *python(FEED)[:2]], 5, 3),
        ([*TO_PARSE, *python(FEED)], 1000, 3),
    )
    for counted, calls in ((1960, 40), (2010, -10)):
        profile = build(recording, counted, "x")
        assert folded(profile) == {"bench_x.parse": (1000, 1), "bench_x.parse;app.feed": (1000, 3)}
        assert profile.accounting.calls == calls
        assert profile.total == profile.accounting.total == 2000


def test_callers_that_are_not_told_apart_are_said_to_be() -> None:
    """A path that callgrind has cut begins at what stands for unknown callers."""
    cut = Context((EVAL, "PyObject_Vectorcall", *python(FEED)), 5, 2, is_cut=True)
    recording = Recording(Dump((cut,)), FUNCTIONS)
    assert folded(build(recording, 0, "x")) == {CUT.name: (0, 0), f"{CUT.name};app.feed": (5, 0)}


def test_a_trampoline_without_a_name_is_a_python_function() -> None:
    """What the trampolines' server calls is a Python function, named or not."""
    recording = recorded(([*TO_PARSE, *python(0x9000)], 5, 2))
    assert folded(build(recording, 0, "x"))[f"bench_x.parse;{UNKNOWN.name}"] == (5, 0)


def test_a_function_without_a_trampoline_keeps_its_costs() -> None:
    """What is run although no trampoline could be made is a Python function without a name."""
    recording = recorded(([*TO_PARSE, SERVER, EVAL], 5, 2), ([*TO_PARSE, SERVER, EVAL, "malloc"], 6, 1))
    assert folded(build(recording, 0, "x"))[f"bench_x.parse;{UNKNOWN.name}"] == (11, 2)


def test_links_between_libraries_belong_to_the_caller() -> None:
    """Code that only leads on to another library's function is no frame, and no call of its caller."""
    link = "0x0000000000003000 [PLT]"
    recording = recorded(
        (TO_PARSE, 100, 0),
        ([*TO_PARSE, link], 3, 3),
        ([*TO_PARSE, link, "malloc"], 20, 3),
        ([*TO_PARSE, SERVER, link], 7, 1),
    )
    profile = build(recording, 0, "x")
    assert profile.accounting.trampolines == 7
    assert costs_by_path(profile) == {
        ("bench_x.parse",): (0, 0),
        ("bench_x.parse", EVAL): (103, 0),
        ("bench_x.parse", EVAL, "malloc"): (20, 3),
    }


def test_threads_have_no_python_caller() -> None:
    """C functions that no Python function has called stand apart."""
    recording = recorded((["clone", "thread_run"], 5, 1), (["clone", "thread_run", *python(FEED)], 7, 1))
    assert folded(build(recording, 0, "x")) == {
        NO_PYTHON.name: (5, 0),
        f"{NO_PYTHON.name};app.feed": (7, 0),
    }


def test_without_python_names_all_is_native() -> None:
    """A recording without names is a tree of C functions."""
    dump = Dump((Context(("main",), 100, 1), Context(("main", "0x12"), 10, 2)), {"main": "/usr/bin/python3"})
    profile = build(Recording(dump, {}), 105, "x")
    assert not profile.python
    assert without_native(profile) is profile
    assert costs_by_path(profile) == {("main",): (100, 1), ("main", "(machine code without a name)"): (10, 2)}
    assert profile.functions[0] == Function("main", "python3", native=True)
