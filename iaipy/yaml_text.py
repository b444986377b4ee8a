"""YAML read strictly: whatever is wrong or doubtful in it is one sentence with the file and line."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from iaipy.errors import UsageError

LARGEST_BYTES = 1 << 20
MOST_VALUES = 10_000

Lines = Mapping[tuple[str, ...], int]
"""Keys from the document's root down → line, from 1, of the last of them."""

_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
# What PyYAML's constructors let through when a value doesn't suit its tag: !!timestamp x, 2024-13-45.
_UNREADABLE = (ValueError, ArithmeticError, AttributeError, LookupError, TypeError)


def read(path: Path, where: str) -> str:
    """The text of a file.

    Raises:
        UsageError: it can't be read, is over 1 MiB, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{where} can't be read: {error.strerror}") from error
    if len(data) > LARGEST_BYTES:
        raise _too_large(where)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{where}:{line}: this is not UTF-8 text", "save the file as UTF-8") from error


def load(text: str, where: str) -> object:
    """The value that a YAML document holds; None where it is empty.

    Parameters:
        text: one document.
        where: names the file in an error.

    Raises:
        UsageError: a syntax error, a duplicate or non-text key, a value that isn't what its tag says, an
            anchor that holds itself, several documents, more than 1 MiB, or more than 10,000 values once
            aliases are expanded.
    """
    return load_with_lines(text, where)[0]


def load_with_lines(text: str, where: str) -> tuple[object, Lines]:
    """As `load`, and the line of every key of a mapping that is reached through mappings alone."""
    if len(text.encode("utf-8", "replace")) > LARGEST_BYTES:
        raise _too_large(where)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return None, {}
        _check(root, {})
        value: object = loader.construct_document(root)
        return value, dict(_lines(root, ()))
    except yaml.reader.ReaderError as error:
        line, character = text.count("\n", 0, error.position) + 1, text[error.position]
        raise UsageError(f"{where}:{line}: the character {character!r} is not allowed in YAML") from error
    except yaml.MarkedYAMLError as error:
        raise _explained(error, where) from error
    except RecursionError:
        raise UsageError(f"{where}:{loader.line + 1}: this is nested too deep") from None


class _Loader(yaml.SafeLoader):
    """PyYAML's own, but it stops at too many values, and names the line of a value it can't construct."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._values = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._values += 1
        if self._values > MOST_VALUES:
            raise _problem(_TOO_MANY, self.peek_event())  # type: ignore[no-untyped-call]
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        try:
            return super().construct_object(node, deep)
        except _UNREADABLE:
            what = f"{str(node.value)[:40]!r} is no valid {node.tag.rpartition(':')[2]}"
            raise _problem(f"{what}; put quotes around text", node) from None


_TOO_MANY = f"more than {MOST_VALUES:,} values, aliases expanded"


def _check(node: yaml.Node, sizes: dict[yaml.Node, int]) -> int:
    """Refuse what YAML allows but no configuration means; the number of values below a node, itself included.

    Parameters:
        sizes: of the nodes already counted, 0 for those still being counted, so that each is visited once
            however many aliases lead to it.
    """
    if node in sizes:
        if not sizes[node]:
            raise _problem("an anchor contains its own alias", node)
        return sizes[node]
    sizes[node] = 0
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
        children = [child for pair in node.value for child in pair]
    else:
        children = node.value if isinstance(node, yaml.SequenceNode) else []
    size = 1 + sum(_check(child, sizes) for child in children)
    if size > MOST_VALUES:
        raise _problem(_TOO_MANY, node)
    sizes[node] = size
    return size


def _check_keys(node: yaml.MappingNode) -> None:
    first: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _problem("a list or a mapping can't be a key", key)
        if key.tag not in (_TEXT, _MERGE):
            raise _problem(f"the key {key.value} is not text; put quotes around it", key)
        if key.value in first:
            raise _problem(f"the key {key.value!r} is already in line {first[key.value]}", key)
        first[key.value] = key.start_mark.line + 1


def _lines(node: yaml.Node, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    """The lines of a checked mapping's keys; merges (<<) are resolved by then."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*above, key.value), key.start_mark.line + 1
            yield from _lines(value, (*above, key.value))


def _problem(what: str, at: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    mark = at.start_mark
    return yaml.MarkedYAMLError(problem=what, problem_mark=mark)  # type: ignore[arg-type]  # stubs: C marks


def _explained(error: yaml.MarkedYAMLError, where: str) -> UsageError:
    mark = error.problem_mark or error.context_mark
    place = f"{where}:{mark.line + 1}" if mark else where
    problem = error.problem or str(error)
    if "'\\t'" in problem:
        return UsageError(f"{place}: YAML doesn't allow tabs for indentation", "use spaces")
    if "another document" in problem:
        return UsageError(f"{place}: a second document begins here", "leave one document in the file")
    return UsageError(f"{place}: {problem}")


def _too_large(where: str) -> UsageError:
    return UsageError(f"{where} is larger than 1 MiB")
