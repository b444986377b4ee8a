"""What can be spawned, and what is said when it can't."""

import functools
import inspect
import math
import os
import re
import shlex
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

CoroutineFunction = Callable[[], Coroutine[Any, Any, Any]]
Command = Sequence[str | os.PathLike[str]]

_LONGEST_NAME = 60


class SpawnError(RuntimeError):
    """An agent ended before it was initialised.

    Parameters:
        message: one sentence that names the agent and says how it ended.
        status: a process's exit status, −N when signal N ended it; None for a coroutine.
        output: the end of what a process printed, which a traceback shows as a note.
    """

    def __init__(self, message: str, status: int | None = None, output: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.output = output
        note_output(self, output)


def note_output(error: BaseException, output: str) -> None:
    """Let a traceback show what the agent printed."""
    if output.strip():
        error.add_note(f"it printed:\n{output.rstrip()}")


@dataclass(frozen=True)
class Agent:
    """What to spawn, with more said about it than a bare command or function can say.

    Parameters:
        run: a command as a list or tuple of words, or a coroutine function without arguments.
        name: what metrics and messages call it; by default the command, or the function's name.
        ready: a regular expression, for a command. The agent is initialised as soon as it occurs in a line
            of its output, standard error included, and goes on running until its batch is closed. Without
            one, an agent is initialised when it has ended with exit status 0.
        timeout: seconds that it may take to be initialised; by default the batch's.

    Raises:
        TypeError: `run` is neither, or another parameter is of the wrong type.
        ValueError: the command is empty, `ready` is malformed, or `timeout` is not above 0.
    """

    run: Command | CoroutineFunction
    name: str = ""
    ready: str | re.Pattern[str] | None = None
    timeout: float | None = None

    def __post_init__(self) -> None:
        if callable(self.run):
            _check_function(self.run)
            if self.ready is not None:
                raise ValueError("ready= is for commands: a coroutine is initialised when it returns")
            name = _function_name(self.run)
        else:
            words = _words(self.run)
            object.__setattr__(self, "run", words)  # the way to set a field of a frozen record
            name = shlex.join(words)
        _check_pattern(self.ready)
        if self.timeout is not None:
            check_seconds("timeout", self.timeout)
        if not isinstance(self.name, str):
            raise TypeError(f"name={self.name!r}: a text is wanted")
        if not self.name:
            short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
            object.__setattr__(self, "name", short)

    @property
    def words(self) -> tuple[str, ...] | None:
        """The command; None for a coroutine function."""
        return None if callable(self.run) else tuple(os.fspath(word) for word in self.run)

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """What a line of the output says when it is ready; None if nothing is to be waited for."""
        return None if self.ready is None else re.compile(self.ready)


Spawnable = Agent | Command | CoroutineFunction
"""What `spawn_all` takes a list of."""


def as_agents(given: Iterable[Spawnable]) -> list[Agent]:
    """The agents that a caller named.

    Raises:
        TypeError: what was given is no list, or holds something that can't be spawned.
        ValueError: it is empty, or holds an empty command.
    """
    if isinstance(given, str | bytes | Agent) or not isinstance(given, Iterable):
        raise TypeError(f"agents={given!r}: a list of agents is wanted, even of one")
    agents = [each if isinstance(each, Agent) else Agent(each) for each in given]
    if not agents:
        raise ValueError("agents is empty: there is nothing to spawn")
    return agents


def check_seconds(option: str, given: object, *, least: float | None = None) -> None:
    """Hold a number of seconds to its range: above 0, or from `least` on.

    Raises:
        TypeError: it is no number.
        ValueError: it is out of range, or not finite.
    """
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TypeError(f"{option}={given!r}: a number of seconds is wanted")
    wanted = "a number of seconds above 0" if least is None else f"at least {least:g} seconds"
    if not math.isfinite(given) or (given <= 0 if least is None else given < least):
        raise ValueError(f"{option}={given!r}: {wanted} is wanted")


def _words(command: object) -> tuple[str, ...]:
    if isinstance(command, str | bytes):
        raise TypeError(
            f"a command is a list of words, not the text {command!r}: shlex.split makes one of it"
        )
    if inspect.iscoroutine(command):
        command.close()  # otherwise it would also be reported as never awaited
        raise TypeError(f"{command.__qualname__}() was called: give the coroutine function itself")
    if not isinstance(command, list | tuple):
        raise TypeError(f"an agent is a list of words, a coroutine function or an Agent, not {command!r}")
    words = [os.fspath(word) if isinstance(word, os.PathLike) else word for word in command]
    if wrong := [word for word in words if not isinstance(word, str)]:
        raise TypeError(f"the command {command!r} holds {wrong[0]!r}: every word must be a text or a path")
    if not words or not words[0]:
        raise ValueError(f"the command {command!r} names no program")
    if nul := [word for word in words if "\0" in word]:
        raise ValueError(f"the command {command!r} holds {nul[0]!r}: no program can be given a NUL character")
    return tuple(words)


def _check_function(function: Callable[..., Any]) -> None:
    if not (inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)):
        raise TypeError(
            f"{function!r} is no coroutine function: write an async def; functools.partial gives it arguments"
        )
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        raise TypeError(
            f"{_function_name(function)} can't be called without arguments ({error}): "
            "give them with functools.partial"
        ) from None


def _function_name(function: Callable[..., Any]) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__qualname__", None) or type(function).__qualname__


def _check_pattern(ready: object) -> None:
    if ready is None or (isinstance(ready, re.Pattern) and isinstance(ready.pattern, str)):
        return
    if not isinstance(ready, str):
        raise TypeError(f"ready={ready!r}: a regular expression as a text is wanted")
    try:
        re.compile(ready)
    except re.error as error:
        raise ValueError(f"ready={ready!r} is no regular expression: {error}") from None
