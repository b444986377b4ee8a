"""A small data tool: converts tables and configurations to JSON, looks values up in them, sums columns.

It is what bench_cli.yaml measures: the start-up, help and error paths that any command-line program has.
What only one subcommand needs is imported there, so that `--help` stays fast.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

VERSION = "1.4.2"
FORMATS = ("csv", "json", "yaml")


class InputError(Exception):
    """The input can't be read as what it is said to be."""


def read_input(text: str, form: str) -> Any:
    """The document in `text`: a list of rows for CSV.

    Raises:
        InputError: it is not in that format.
    """
    if form == "csv":
        import csv
        from io import StringIO

        return [
            {name: typed(cell) for name, cell in row.items()}
            for row in csv.DictReader(StringIO(text), strict=True)
        ]
    if form == "json":
        import json

        try:
            return json.loads(text)
        except ValueError as error:
            raise InputError(str(error)) from error
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(str(error)) from error


def typed(cell: str) -> bool | int | float | str | None:
    """A CSV cell as the value it looks like; None when it is empty."""
    if cell in ("true", "false"):
        return cell == "true"
    for number in (int, float):
        try:
            return number(cell)
        except ValueError:
            pass
    return cell or None


def write_json(document: Any, indent: int | None) -> None:
    """Print a document; dates, which YAML has and JSON has not, become ISO 8601."""
    import json

    json.dump(document, sys.stdout, indent=indent, ensure_ascii=False, default=str)
    print()


def convert(options: argparse.Namespace) -> int:
    """Any of the formats to JSON."""
    write_json(read_input(options.input.read(), options.form), options.indent)
    return 0


def get(options: argparse.Namespace) -> int:
    """One value of a document, by a dotted path."""
    value = read_input(options.input.read(), options.form)
    for step in options.path.split("."):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, TypeError, ValueError):
            print(f"tool: nothing at {options.path!r}: {step!r} is missing", file=sys.stderr)
            return 1
    write_json(value, None)
    return 0


def total(options: argparse.Namespace) -> int:
    """Count, sum and mean of a numeric column."""
    rows = read_input(options.input.read(), options.form)
    values = [row[options.column] for row in rows if isinstance(row.get(options.column), (int, float))]
    if not values:
        print(f"tool: no numbers in the column {options.column!r}", file=sys.stderr)
        return 1
    write_json(
        {"count": len(values), "sum": round(sum(values), 6), "mean": round(sum(values) / len(values), 6)},
        None,
    )
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="tool", description="Convert, look up and sum structured data.")
    top.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--from", dest="form", choices=FORMATS, default="json", help="format of the input (default: json)"
    )
    common.add_argument(
        "--input",
        type=argparse.FileType(encoding="utf-8"),
        default="-",
        metavar="FILE",
        help="default: standard input",
    )
    sub = commands.add_parser("convert", parents=[common], help="write the input as JSON")
    sub.add_argument("--indent", type=int, metavar="N", help="spaces per level (default: all on one line)")
    sub.set_defaults(run=convert)
    sub = commands.add_parser("get", parents=[common], help="print one value of the input")
    sub.add_argument("path", help="keys and positions, joined by dots: http.routes.0.path")
    sub.set_defaults(run=get)
    sub = commands.add_parser("total", parents=[common], help="sum a column of the input")
    sub.add_argument("column")
    sub.set_defaults(run=total)
    return top


def main(arguments: Sequence[str]) -> int:
    """Run a subcommand; its exit status: 0 fine, 1 nothing found or unreadable input, 2 wrong usage."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except InputError as error:
        print(f"tool: the input is not {options.form}: {error}", file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
