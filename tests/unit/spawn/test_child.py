"""What a process prints, with a pipe but without a process."""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iaipy.spawn.child import Output


@contextmanager
def reading(ready: str | None) -> Iterator[Output]:
    """An output whose other end is open."""
    output = Output(None if ready is None else re.compile(ready))
    try:
        yield output
    finally:
        output.close()
        os.close(output.write_end)


def has_matched(ready: str, *writes: bytes, at_the_end: bool = False) -> bool:
    """Whether output that comes in these pieces matches."""

    async def check() -> bool:
        with reading(ready) as output:
            for data in writes:
                os.write(output.write_end, data)
                await asyncio.sleep(0.001)
            if at_the_end:
                output.drain()
            await asyncio.wait({output.matched}, timeout=0.05)
            return output.matched.done()

    return asyncio.run(check())


@pytest.mark.parametrize(
    ("ready", "writes"),
    [
        ("^ready$", (b"starting\nready\nmore",)),
        ("^ready$", (b"rea", b"dy", b"\n")),
        ("^ready$", (b"ready\r\n",)),
        (r"port (\d+)", (b"listening on port 80\n",)),
        ("^r\ufffddy$", (b"r\xffdy\n",)),
        ("^ready", (b"ready" + b"." * 30_000, b"." * 30_000, b"." * 30_000, b"\n")),
    ],
)
def test_matching_lines(ready: str, writes: tuple[bytes, ...]) -> None:
    """A line matches however it comes, whatever its end, and if it isn't text."""
    assert has_matched(ready, *writes)


@pytest.mark.parametrize("writes", [(b"al", b"ready\n"), (b"ready",), (b"read\ny\n",), (b"",)])
def test_lines_that_do_not_match(writes: tuple[bytes, ...]) -> None:
    """Another line doesn't match, nor one that isn't over yet."""
    assert not has_matched("^ready$", *writes)


def test_last_line_without_an_end() -> None:
    """When a process has ended, its last line is whole."""
    assert has_matched("^ready$", b"starting\nready", at_the_end=True)


def test_the_end_is_kept() -> None:
    """Of a lot of output the last 64 KiB are kept."""

    async def read() -> str:
        with reading(None) as output:
            for number in range(40):
                os.write(output.write_end, b"%4d" % number * 1024)
                await asyncio.sleep(0.001)
            output.drain()
            return output.text

    text = asyncio.run(read())
    assert text == "".join(f"{number:4d}" * 1024 for number in range(24, 40))


def descriptors() -> list[str]:
    """The open descriptors."""
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def test_closing_leaves_no_descriptor() -> None:
    """Output that was closed, by us or from its other end, holds no descriptor."""

    async def read_and_close() -> None:
        for _ in range(2):
            with reading("x") as output:
                output.close()
        other = Output(None)
        os.close(other.write_end)
        await asyncio.sleep(0.01)
        other.close()

    async def compared() -> None:
        before = descriptors()
        await read_and_close()
        assert descriptors() == before

    asyncio.run(compared())
