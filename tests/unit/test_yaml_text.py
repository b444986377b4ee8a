"""YAML read strictly."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaipy.errors import UsageError
from iaipy.yaml_text import LARGEST_BYTES, MOST_VALUES, load, load_with_lines, read

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{depth}: &a{depth} [{', '.join([f'*a{depth - 1}'] * 8)}]\n" for depth in range(1, 30)
)


def test_plain_documents_are_loaded() -> None:
    """Mappings, lists, scalars, aliases and merges mean what YAML says."""
    text = "base: &base {a: 1, b: off}\nmore: {<<: *base, b: [x, 2.5]}\nagain: *base\n"
    assert load(text, "f.yaml") == {
        "base": {"a": 1, "b": False},
        "more": {"a": 1, "b": ["x", 2.5]},
        "again": {"a": 1, "b": False},
    }
    assert load("", "f.yaml") is None


def test_lines_of_keys_are_told() -> None:
    """Keys of nested mappings have their line, merged ones that of their origin."""
    text = "# first\ncommands:\n  a: &a\n    run: x\n\n  b: {<<: *a, cwd: y}\n"
    _, lines = load_with_lines(text, "f.yaml")
    assert lines == {
        ("commands",): 2,
        ("commands", "a"): 3,
        ("commands", "a", "run"): 4,
        ("commands", "b"): 6,
        ("commands", "b", "run"): 4,
        ("commands", "b", "cwd"): 6,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c", "f.yaml:1: mapping values are not allowed here"),
        ("a: 1\nb: [1,\n", "f.yaml:3: "),
        ("a: 1\nb: *nowhere", "f.yaml:2: found undefined alias"),
        ("a:\n\tb: 1", "f.yaml:2: YAML doesn't allow tabs for indentation"),
        ("a: 1\n\tb: 1", "f.yaml:2: YAML doesn't allow tabs for indentation"),
        ("a: 1\nb: 2\n'a': 3", "f.yaml:3: the key 'a' is already in line 1"),
        ("x:\n  - {a: 1, a: 1}", "f.yaml:2: the key 'a' is already in line 2"),
        ("a: &a [1, *a]", "f.yaml:1: an anchor contains its own alias"),
        ("a: &a {<<: *a}", "f.yaml:1: an anchor contains its own alias"),
        ("a: 1\n---\nb: 2", "f.yaml:2: a second document begins here"),
        ("a: 1\non: 2", "f.yaml:2: the key on is not text; put quotes around it"),
        ("1: 2", "f.yaml:1: the key 1 is not text; put quotes around it"),
        ("? [a]\n: 1", "f.yaml:1: a list or a mapping can't be a key"),
        ("a: 2024-13-45", "f.yaml:1: '2024-13-45' is no valid timestamp"),
        ("a: !!bool maybe", "f.yaml:1: 'maybe' is no valid bool"),
        (f"a: {'9' * 5000}", "f.yaml:1: '999"),
        (f"a: {'9:' * 400}9.5", "f.yaml:1: '9:9"),
        ("a: !!python/object:os.system x", "f.yaml:1: could not determine a constructor"),
        ("a: 1\nb: \x01", "f.yaml:2: the character '\\x01' is not allowed"),
        ("[" * 20_000, "f.yaml:1: this is nested too deep"),
        (BOMB, "f.yaml:5: more than 10,000 values, aliases expanded"),
        ("- a\n" * (MOST_VALUES + 1), "f.yaml:10000: more than 10,000 values"),
        (" " * (LARGEST_BYTES + 1), "f.yaml is larger than 1 MiB"),
        ("é" * (LARGEST_BYTES // 2 + 1), "f.yaml is larger than 1 MiB"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(text: str, message: str) -> None:
    """Each is one sentence, quickly, and never a traceback."""
    with pytest.raises(UsageError) as caught:
        load(text, "f.yaml")
    assert caught.value.message.startswith(message)
    assert "\n" not in caught.value.message


def test_as_many_values_as_allowed_are_loaded() -> None:
    """The list itself is a value too."""
    assert load("- a\n" * (MOST_VALUES - 1), "f.yaml") == ["a"] * (MOST_VALUES - 1)


def test_a_value_used_often_is_no_bomb() -> None:
    """Aliases are fine as long as what they expand to stays small."""
    assert load("a: &a [1, 2]\nb: [*a, *a, *a]", "f.yaml") == {"a": [1, 2], "b": [[1, 2]] * 3}


@given(st.text(alphabet="ab:-*&<>[]{},?!|'\"#%@ \n\t0\\.~\ud800é", max_size=40))
def test_any_text_is_loaded_or_refused(text: str) -> None:
    """No text ends in another exception."""
    try:
        load(text, "f.yaml")
    except UsageError as error:
        assert error.message.startswith("f.yaml")


def test_a_file_is_read_as_utf8(tmp_path: Path) -> None:
    """Whatever the locale."""
    path = tmp_path / "f.yaml"
    path.write_bytes("a: é".encode())
    assert read(path, "f.yaml") == "a: é"


def test_files_that_cannot_be_read_are_usage_errors(tmp_path: Path) -> None:
    """Missing, a folder, too large, or in another encoding: the file is named."""
    folder, large, latin = tmp_path / "folder", tmp_path / "large", tmp_path / "latin"
    folder.mkdir()
    large.write_bytes(b" " * (LARGEST_BYTES + 1))
    latin.write_bytes(b"a: 1\nb: \xe9\n")
    for path, message in (
        (tmp_path / "missing", "f.yaml can't be read: No such file"),
        (folder, "f.yaml can't be read: Is a directory"),
        (large, "f.yaml is larger than 1 MiB"),
        (latin, "f.yaml:2: this is not UTF-8 text"),
    ):
        with pytest.raises(UsageError) as caught:
            read(path, "f.yaml")
        assert caught.value.message.startswith(message)
