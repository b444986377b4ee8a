"""The stored document."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from iaipy.compare import gate, timings
from iaipy.errors import ExitCode, HostError
from iaipy.model.benchmark import MODES, Kind, Limits
from iaipy.model.metrics import COUNTER_KEYS, EVENTS
from iaipy.model.run import Environment, Failure, Result, Run, Timing
from iaipy.report import REPORTERS
from iaipy.store.document import FORMAT, VERSION, dumps, from_document, loads, to_document

SCHEMA = json.loads((files("iaipy.store") / "run.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)

TEXT = st.text(st.characters())
COUNTS = st.integers(0, 10**18)
WHOLES = st.integers(1, 10**18)
KINDS: list[Kind] = ["function", "coroutine", "command"]
RESULTS = st.builds(
    Result,
    id=TEXT,
    kind=st.sampled_from(KINDS),
    counters=st.fixed_dictionaries(dict.fromkeys(COUNTER_KEYS, COUNTS)),
    events=st.fixed_dictionaries(dict.fromkeys(EVENTS, COUNTS)),
    spread=st.fixed_dictionaries(dict.fromkeys(COUNTER_KEYS, COUNTS)),
    iterations=WHOLES,
    repeats=WHOLES,
    path=TEXT,
    line=WHOLES,
    limits=st.builds(
        Limits,
        st.dictionaries(st.sampled_from(COUNTER_KEYS), st.none() | st.floats(0, 1e18)),
        st.dictionaries(st.sampled_from(COUNTER_KEYS), COUNTS),
    ),
    notes=st.lists(TEXT, max_size=3).map(tuple),
    functions=st.dictionaries(TEXT, st.dictionaries(TEXT, COUNTS, max_size=3), max_size=3),
    group=TEXT,
    extra_info=st.dictionaries(TEXT, st.none() | st.booleans() | WHOLES | TEXT | st.lists(TEXT, max_size=2)),
)
TIMES = st.just(0.0) | st.floats(1e-18, 1e18)
TAKEN = st.tuples(st.lists(TIMES, min_size=1, max_size=4).map(tuple), WHOLES, TIMES, COUNTS)
"""What one process gives: samples, iterations, overhead and peak memory."""


def timing_of(taken: list[tuple[Any, ...]], **fields: Any) -> Timing:
    """A timing of these processes."""
    samples_ns, iterations, overhead_ns, peak_rss_bytes = zip(*taken, strict=True)
    return Timing(
        samples_ns=samples_ns,
        iterations=iterations,
        overhead_ns=overhead_ns,
        peak_rss_bytes=peak_rss_bytes,
        **fields,
    )


TIMINGS = st.builds(
    timing_of,
    st.lists(TAKEN, min_size=1, max_size=3),
    id=TEXT,
    kind=st.sampled_from(KINDS),
    elements=st.none() | st.floats(1e-9, 1e18),
    minus=TEXT,
    path=TEXT,
    line=WHOLES,
    notes=st.lists(TEXT, max_size=3).map(tuple),
)
RUNS = st.builds(
    Run,
    created_utc=st.datetimes().map(
        lambda moment: moment.strftime("%Y").zfill(4) + moment.strftime("-%m-%dT%H:%M:%SZ")
    ),
    commit=TEXT,
    environment=st.builds(Environment, st.dictionaries(TEXT, TEXT), st.dictionaries(TEXT, TEXT)),
    benchmarks=st.lists(RESULTS, max_size=4, unique_by=lambda r: r.id).map(
        lambda results: tuple(sorted(results, key=lambda r: r.id))
    ),
    failures=st.lists(st.builds(Failure, TEXT, TEXT, TEXT, st.sampled_from(MODES)), max_size=3).map(
        lambda failures: tuple(sorted(failures, key=lambda f: (f.id, f.mode)))
    ),
    timings=st.lists(TIMINGS, max_size=3, unique_by=lambda t: t.id).map(
        lambda timings: tuple(sorted(timings, key=lambda t: t.id))
    ),
    machine=st.builds(Environment, st.dictionaries(TEXT, TEXT), st.dictionaries(TEXT, TEXT)),
)

WHEN = "2026-01-02T03:04:05Z"
EXAMPLE = Run(
    WHEN,
    "0123abc",
    Environment({"python": "3.13.1"}, {"kernel": "6.1"}),
    (
        Result(
            id="a.py::b",
            kind="function",
            counters=dict.fromkeys(COUNTER_KEYS, 5),
            events=dict.fromkeys(EVENTS, 1),
            spread=dict.fromkeys(COUNTER_KEYS, 0),
            path="a.py",
            limits=Limits({"instructions": 0.02, "ram_accesses": None}, {"instructions": 10}),
            notes=("a remark",),
            group="sizes",
            extra_info={"size": 3, "of": ["a", None]},
            functions={"libc.so.6": {"malloc": 7}},
        ),
    ),
    (Failure("a.py::c", "it broke", "Traceback"),),
    (
        Timing(
            id="a.py::b",
            kind="function",
            samples_ns=((10.5, 11.0), (10.25,)),
            iterations=(100, 90),
            overhead_ns=(0.5, 0.5),
            peak_rss_bytes=(1 << 20, 2 << 20),
            elements=3,
            minus="a.py::c",
            path="a.py",
            notes=("another remark",),
        ),
    ),
    Environment({"cpu": "abacus"}, {"load": "0.1"}),
)

Edit = Callable[[dict[str, Any]], object]


@given(RUNS)
def test_round_trip(run: Run) -> None:
    """What is written is read back as it was."""
    assert loads(dumps(run), "x.json") == run


@given(RUNS)
def test_documents_fit_the_schema(run: Run) -> None:
    """Every document that is written fits the schema that ships with the package."""
    VALIDATOR.validate(json.loads(dumps(run)))


def test_schema_is_one() -> None:
    """The schema itself is valid and names the format and version that are written."""
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["format"]["const"] == FORMAT
    assert SCHEMA["properties"]["version"]["const"] == VERSION


def test_keys_are_the_documented_ones() -> None:
    """The top level and each benchmark have exactly the keys that others rely on."""
    document = to_document(EXAMPLE)
    assert list(document) == [
        "format",
        "version",
        "created_utc",
        "commit",
        "environment",
        "machine",
        "benchmarks",
        "failures",
    ]
    benchmark, timing = document["benchmarks"]
    assert set(timing) == {"id", "kind", "mode", "path", "line", "walltime", "elements", "minus", "notes"}
    assert set(timing["walltime"]) == {"processes", "iterations", "overhead_ns", "peak_rss_bytes"}
    assert set(benchmark) == {
        *(
            "id",
            "kind",
            "mode",
            "counters",
            "events",
            "spread",
            "iterations",
            "repeats",
            "warmup",
            "path",
            "line",
        ),
        *("limits", "hard_limits", "notes", "functions", "group", "extra_info"),
    }
    assert benchmark["limits"] == {"instructions": 0.02, "ram_accesses": "off"}


def test_empty_extras_are_left_out() -> None:
    """A benchmark without limits and notes doesn't mention them."""
    (result,) = EXAMPLE.benchmarks
    plain = Result(result.id, result.kind, result.counters, result.events, result.spread)
    (benchmark,) = to_document(Run(WHEN, benchmarks=(plain,)))["benchmarks"]
    assert not {"limits", "hard_limits", "notes", "functions", "group", "extra_info"} & set(benchmark)


def test_text_does_not_depend_on_the_order_of_the_run() -> None:
    """The text is sorted by id, one value to a line, and ends with a newline, so that diffs are small."""
    (result,) = EXAMPLE.benchmarks
    other = Result("a.py::a", result.kind, result.counters, result.events, result.spread)
    one = dumps(Run(WHEN, environment=Environment({"a": "1", "b": "2"}), benchmarks=(result, other)))
    two = dumps(Run(WHEN, environment=Environment({"b": "2", "a": "1"}), benchmarks=(other, result)))
    assert one == two
    assert one.endswith("}\n")
    assert '    "instructions": 5,\n' in one


def test_only_differences_may_be_below_nought() -> None:
    """A time less another command's is kept as it is; any other negative time is damage."""
    less = Timing(
        "a.yaml::b", "command", ((-5.0, 2.5),), (1,), (0.0,), (0,), minus="a.yaml::c", path="a.yaml"
    )
    document = to_document(Run("2026-01-01T00:00:00Z", timings=(less,)))
    assert from_document(document, "it").timings == (less,)
    del document["benchmarks"][0]["minus"]
    with pytest.raises(HostError, match=r"processes\[0\]\[0\] is -5\.0, not a number of nanoseconds"):
        from_document(document, "it")


def test_unknown_keys_are_ignored() -> None:
    """A later iaipy may add keys within a version."""
    document = to_document(EXAMPLE)
    document["later"] = 1
    document["benchmarks"][0]["later"] = 1
    document["benchmarks"][0]["counters"]["later"] = 1
    document["benchmarks"][0]["limits"]["later"] = 0.5
    assert from_document(document, "x.json") == EXAMPLE


def timed(key: str, value: object) -> Edit:
    """An edit that gives the example's timing another value."""

    def edit(document: dict[str, Any]) -> None:
        timing = document["benchmarks"][1]
        (timing if key in timing else timing["walltime"])[key] = value

    return edit


BROKEN: list[tuple[Edit, str]] = [
    (lambda d: d.pop("benchmarks"), "benchmarks is missing"),
    (lambda d: d.update(commit=None), "commit is null, not a string"),
    (lambda d: d.update(version="1"), 'version is "1", not a whole number'),
    (lambda d: d.update(version=0), "version is 0, below 1"),
    (lambda d: d.update(format="other"), 'its format is not "iaipy.run"'),
    (lambda d: d.update(benchmarks={}), "benchmarks is an object, not a list"),
    (lambda d: d["environment"].pop("notes"), "environment.notes is missing"),
    (
        lambda d: d["environment"]["fingerprint"].update(python=3),
        "environment.fingerprint.python is 3, not a string",
    ),
    (lambda d: d["benchmarks"].append(7), "benchmarks[2] is 7, not an object"),
    (lambda d: d["benchmarks"][0].pop("id"), "benchmarks[0].id is missing"),
    (
        lambda d: d["benchmarks"][0].update(kind="x"),
        "a.py::b: benchmarks[0].kind is 'x', not one of function, coroutine, command",
    ),
    (
        lambda d: d["benchmarks"][0].update(mode="x"),
        "benchmarks[0].mode is 'x', not one of instructions, walltime",
    ),
    (lambda d: d["benchmarks"][0].update(iterations=0), "a.py::b: benchmarks[0].iterations is 0, below 1"),
    (lambda d: d["benchmarks"][0].update(notes=[1]), "a.py::b: benchmarks[0].notes[0] is 1, not a string"),
    (
        lambda d: d["benchmarks"][0]["counters"].pop("instructions"),
        "a.py::b: benchmarks[0].counters.instructions is missing",
    ),
    (
        lambda d: d["benchmarks"][0]["counters"].update(instructions=1.5),
        "a.py::b: benchmarks[0].counters.instructions is 1.5, not a whole number",
    ),
    (
        lambda d: d["benchmarks"][0]["counters"].update(instructions=True),
        "a.py::b: benchmarks[0].counters.instructions is true, not a whole number",
    ),
    (lambda d: d["benchmarks"][0]["events"].update(Ir=-1), "a.py::b: benchmarks[0].events.Ir is -1, below 0"),
    (
        lambda d: d["benchmarks"][0]["limits"].update(instructions="2%"),
        'a.py::b: benchmarks[0].limits.instructions is "2%", not a number from 0 to 1e+18 or "off"',
    ),
    (
        lambda d: d["benchmarks"][0]["limits"].update(instructions=-0.1),
        'a.py::b: benchmarks[0].limits.instructions is -0.1, not a number from 0 to 1e+18 or "off"',
    ),
    (
        lambda d: d["benchmarks"][0]["hard_limits"].update(instructions="x"),
        'a.py::b: benchmarks[0].hard_limits.instructions is "x", not a whole number',
    ),
    (lambda d: d["failures"][0].pop("reason"), "failures[0].reason is missing"),
    (
        lambda d: d.update(created_utc="../../x"),
        "created_utc is '../../x', not of the form 2026-01-31T12:00:00Z",
    ),
    (
        lambda d: d["benchmarks"][0]["counters"].update(instructions=10**400),
        f"a.py::b: benchmarks[0].counters.instructions is 1{'0' * 39}…, above 1e+18",
    ),
    (
        lambda d: d["benchmarks"][0]["limits"].update(instructions=1e300),
        'a.py::b: benchmarks[0].limits.instructions is 1e+300, not a number from 0 to 1e+18 or "off"',
    ),
    (timed("elements", 0), "a.py::b: benchmarks[1].elements is 0, not a number from 1e-09 to 1e+18"),
    (timed("elements", 1e308), "a.py::b: benchmarks[1].elements is 1e+308, not a number from 1e-09 to 1e+18"),
    (
        timed("peak_rss_bytes", [5, -3]),
        "a.py::b: benchmarks[1].walltime.peak_rss_bytes[1] is -3, below 0",
    ),
    (
        timed("iterations", [0, 1]),
        "a.py::b: benchmarks[1].walltime.iterations[0] is 0, below 1",
    ),
    *(
        (
            timed("processes", [[10.5], [11.0, bad]]),
            f"a.py::b: benchmarks[1].walltime.processes[1][1] is {shown}, not a number of nanoseconds: "
            "0, or from 1e-18 to 1e+18 in size",
        )
        for bad, shown in (
            (10**400, f"1{'0' * 39}…"),
            (1e308, "1e+308"),
            (1e-320, "1e-320"),
            (True, "true"),
            ("1", '"1"'),
            (-1e19, "-1e+19"),
        )
    ),
]


@pytest.mark.parametrize(("edit", "what"), BROKEN, ids=[what for _, what in BROKEN])
def test_broken_documents_are_refused(edit: Edit, what: str) -> None:
    """What is wrong, and where in which file, is said; and the schema refuses the same documents."""
    document = to_document(EXAMPLE)
    edit(document)
    with pytest.raises(HostError) as error:
        loads(json.dumps(document), "dir/x.json")
    assert error.value.message == f"dir/x.json can't be used as a stored run: {what}"
    assert error.value.exit_code == ExitCode.ENVIRONMENT
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("iterations", []),
        ("iterations", [1]),
        ("overhead_ns", [0.5] * 3),
        ("peak_rss_bytes", []),
    ],
)
def test_lists_of_wrong_lengths_are_refused(key: str, value: list[float]) -> None:
    """There is one item per process, which the schema can't say."""
    document = to_document(EXAMPLE)
    timed(key, value)(document)
    with pytest.raises(HostError, match=rf"a.py::b: benchmarks\[1\].walltime.{key} has {len(value)} items"):
        from_document(document, "x.json")


def test_a_time_below_nought_is_a_difference() -> None:
    """Without another command's time subtracted there can be none."""
    document = to_document(EXAMPLE)
    timed("processes", [[10.5], [-1]])(document)
    assert from_document(document, "x.json").timings[0].samples_ns == ((10.5,), (-1.0,))
    del document["benchmarks"][1]["minus"]
    with pytest.raises(HostError, match=r"processes\[1\]\[0\] is -1, not a number of nanoseconds: 0, or"):
        from_document(document, "x.json")


ABSURD: tuple[Any, ...] = (
    *(10**400, -(10**400), 1e308, 1e-320, -1, 0, 1.5, True, None, "", "\0", "off", [], {}, [[]], [[0]]),
    *(float("nan"), float("inf"), 10**18, 10**18 + 1, 1e18, 1e-18),
)


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every place in a document: what holds it, and its key or position there."""
    keys = list(document) if isinstance(document, dict) else range(len(document))
    found = []
    for key in keys:
        found.append((document, key))
        if isinstance(document[key], dict | list):
            found += places(document[key])
    return found


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_stands_in_a_document(data: st.DataObject) -> None:
    """It is refused in a sentence that names the file, or it can be compared and reported without a crash."""
    document = deepcopy(to_document(EXAMPLE))
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places(document)))
        holder[key] = deepcopy(data.draw(st.sampled_from(ABSURD)))
    try:
        run = loads(json.dumps(document), "dir/x.json")
    except HostError as error:
        assert "dir/x.json" in error.message
        return
    for base, head in ((EXAMPLE, run), (run, EXAMPLE)):
        compared = gate.compare(head, base, limits=Limits(), base_name="x")
        compared = replace(compared, timings=timings.compare(head, base, any_machine=True))
        for reporter in REPORTERS.values():
            assert reporter.render(head, compared) or not head.benchmarks
    assert loads(dumps(run), "x.json") == run


def test_repeated_ids_are_refused() -> None:
    """Two results of one id can't be told apart."""
    document = to_document(EXAMPLE)
    document["benchmarks"] *= 2
    with pytest.raises(HostError, match=r"benchmarks\[2\].id repeats a.py::b"):
        from_document(document, "x.json")


def test_newer_versions_are_refused_as_such() -> None:
    """A document of a later iaipy is told apart from a damaged one."""
    with pytest.raises(
        HostError, match=f"x.json is of format version {VERSION + 1}; this iaipy reads up to"
    ) as error:
        from_document(to_document(EXAMPLE) | {"version": VERSION + 1, "benchmarks": "elsewhere"}, "x.json")
    assert "newer" in error.value.remedy


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not readable as JSON"),
        ('{"format": "iaipy.run",', "not readable as JSON"),
        ('{"format": NaN}', "NaN is no JSON number"),
        ('{"format": -Infinity}', "-Infinity is no JSON number"),
        ('{"a": {"b": 1, "b": 2}}', "the key 'b' stands twice in one object"),
        ("[" * 100_000, "not readable as JSON"),
        ("[]", "its format is not"),
        ("null", "its format is not"),
        ('{"benchmarks": []}', "its format is not"),
        (dumps(EXAMPLE).replace("0.02", "1e999"), "limits.instructions is Infinity"),
        (dumps(EXAMPLE).replace('"line": 1', '"line": ' + "1" * 5000), "not readable as JSON"),
    ],
    ids=[
        "empty",
        "cut",
        "nan",
        "infinity",
        "twice",
        "deep",
        "list",
        "null",
        "foreign",
        "huge float",
        "huge int",
    ],
)
def test_damaged_text_is_refused(text: str, what: str) -> None:
    """Whatever the text is, the answer is one sentence that names the file."""
    with pytest.raises(HostError) as error:
        loads(text, "dir/x.json")
    assert error.value.message.startswith("dir/x.json can't be used as a stored run: ")
    assert what in error.value.message


@given(st.integers(0, 10**6))
def test_cut_documents_are_refused(length: int) -> None:
    """A document cut off anywhere is refused, whatever was lost."""
    text = dumps(EXAMPLE)
    with pytest.raises(HostError):
        loads(text[: length % (len(text) - 1)], "x.json")


def test_shard() -> None:
    """A run that is a shard says which, and another one nothing; what is no shard is refused."""
    sharded = Run("2026-01-02T03:04:05Z", shard=(2, 4))
    assert to_document(sharded)["shard"] == "2/4"
    assert loads(dumps(sharded), "x") == sharded
    assert "shard" not in to_document(replace(sharded, shard=None))
    for wrong in ("5/4", "0/4", "2", 2):
        with pytest.raises(HostError, match="shard is"):
            from_document({**to_document(sharded), "shard": wrong}, "x")
