"""Whose a trampoline is."""

from hypothesis import given
from hypothesis import strategies as st

from iaipy.model.profile import Function
from iaipy.profile.names import Trampolines, from_perf_map, from_rows, is_whole

PLACE = {"/tmp/w/project/": ""}


def test_the_workers_table_names_functions() -> None:
    """A row gives module, qualified name, file from the project's root, and line."""
    rows = [
        (16, "app.parser", "Parser.feed", "/tmp/w/project/app/parser.py", 12),
        (32, "", "f", "<string>", 1),
    ]
    assert from_rows(rows, PLACE) == {
        16: Function("app.parser.Parser.feed", "app/parser.py", 12),
        32: Function("f", "<string>", 1),
    }


def test_a_perf_map_names_functions() -> None:
    """An entry gives address, qualified name and file; the module follows from the file."""
    text = "10 b py::Parser.feed:/tmp/w/project/parser.py\n1b b py::f:<string>\n"
    assert from_perf_map(text, {"/tmp/w/project/parser.py": "parser"}, PLACE) == {
        16: Function("parser.Parser.feed", "parser.py"),
        27: Function("f", "<string>"),
    }


def test_an_entry_goes_on_over_line_breaks() -> None:
    """A file's name with a line break in it, and what isn't a Python function, don't hide what follows."""
    text = "10 b py::f:<a\nb>\n1b b py::g:<c>\n"
    assert from_perf_map(text, {}, {}) == {16: Function("f", "<a\nb>"), 27: Function("g", "<c>")}


def test_a_perf_map_may_be_cut_short() -> None:
    """What is there of the last entry is used."""
    assert from_perf_map("10 b py::f:/x.py\n1b b py::lon", {}, {})[27].name == "lon"
    assert from_perf_map("10 b", {}, {}) == {}


ROWS = [(16, "app", "f", "/x.py", 1), (27, "app", "C.g", "/x.py", 2), (38, "app", "odd:name", "/x.py", 3)]


def test_a_map_that_has_what_the_worker_knows_is_whole() -> None:
    """It may have more, and the map's way of writing cuts a name with a colon."""
    text = "10 b py::f:/x.py\n1b b py::C.g:/x.py\n26 b py::odd:name:/x.py\n31 b py::gone:/x.py\n"
    assert is_whole(from_perf_map(text, {"/x.py": "app"}, {}), ROWS)


def test_a_map_that_is_cut_short_or_of_another_process_is_not_whole() -> None:
    """It lacks functions that the worker knows, or has others in their places."""
    cut = "10 b py::f:/x.py\n1b b py::C"
    other = "10 b py::main:/y.py\n1b b py::run:/y.py\n26 b py::stop:/y.py\n"
    assert not is_whole(from_perf_map(cut, {}, {}), ROWS)
    assert not is_whole(from_perf_map(other, {}, {}), ROWS)
    assert not is_whole({}, ROWS)


@given(st.text())
def test_no_perf_map_is_refused(text: str) -> None:
    """Whatever a map holds, it is read."""
    from_perf_map(text, {}, {})


def test_symbols_are_looked_up_by_range() -> None:
    """An address within a trampoline is that trampoline's; another one's, or a name, is nobody's."""
    trampolines = Trampolines([0x5000, 0x500B])
    assert trampolines.address("0x0000000000005000") == 0x5000
    assert trampolines.address("0x0000000000005006") == 0x5000
    assert trampolines.address("0x000000000000500b") == 0x500B
    assert trampolines.address("0x0000000000004fff") is None
    assert trampolines.address("0x0000000000009000") is None
    assert trampolines.address("0x0000000000005000 [PLT]") is None
    assert trampolines.address("0xnonsense") is None
    assert trampolines.address("PyObject_Call") is None


def test_an_unknown_trampoline_is_not_its_neighbours() -> None:
    """Trampolines are as long as their least distance, so that one without a name isn't told as another."""
    trampolines = Trampolines([0x5000, 0x500B, 0x502C])
    assert trampolines.address("0x0000000000005015") == 0x500B
    assert trampolines.address("0x0000000000005016") is None
    assert trampolines.address("0x0000000000005037") is None
    assert Trampolines([0x5000]).address("0x0000000000005006") == 0x5000
