"""What can be spawned, and what is said when it can't."""

import functools
import re
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from iaipy.spawn.agents import Agent, SpawnError, as_agents


async def initialise(seconds: float = 0.0) -> None:
    """A coroutine agent."""


async def needs(seconds: float) -> None:
    """One that lacks an argument."""


async def stream() -> AsyncIterator[int]:
    """No coroutine function."""
    yield 1


class Service:
    """An object that is called like a coroutine function."""

    async def __call__(self) -> None:
        """Do nothing."""


def test_command() -> None:
    """A command's words may be paths; its name is what a person would type."""
    agent = Agent(["sh", "-c", "echo a", Path("/tmp")])
    assert agent.words == ("sh", "-c", "echo a", "/tmp")
    assert agent.name == "sh -c 'echo a' /tmp"
    assert agent.pattern is None


def test_long_command_has_a_short_name() -> None:
    """The name of a long command is cut."""
    name = Agent(["echo", "x" * 100]).name
    assert len(name) == 60
    assert name.endswith("…")


def test_given_name() -> None:
    """A given name stays."""
    assert Agent(["true"], name="worker 1").name == "worker 1"


def test_later_changes_of_the_list_are_not_seen() -> None:
    """An agent keeps the command it was made of."""
    command = ["echo", "a"]
    agent = Agent(command)
    command.append("b")
    assert agent.words == ("echo", "a")


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (initialise, "initialise"),
        (functools.partial(needs, 1.0), "needs"),
        (Service(), "Service"),
        (Service().__call__, "Service.__call__"),
    ],
)
def test_coroutine_functions(function: Any, name: str) -> None:
    """Whatever gives a coroutine when it is called without arguments is an agent."""
    agent = Agent(function)
    assert agent.words is None
    assert agent.name == name


@pytest.mark.parametrize("ready", ["^ready$", re.compile("^ready$")])
def test_ready(ready: Any) -> None:
    """A pattern may be compiled already."""
    assert Agent(["true"], ready=ready).pattern == re.compile("^ready$")


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ("sleep 1", TypeError, "not the text 'sleep 1': shlex.split"),
        (b"sleep", TypeError, "not the text b'sleep'"),
        ([], ValueError, "names no program"),
        ([""], ValueError, "names no program"),
        (["cat", "a\0b"], ValueError, "holds 'a\\x00b': no program can be given a NUL character"),
        (["sleep", 1], TypeError, "holds 1: every word must be a text or a path"),
        ([b"sleep"], TypeError, "every word must be a text or a path"),
        (7, TypeError, "a list of words, a coroutine function or an Agent, not 7"),
        (None, TypeError, "a list of words, a coroutine function or an Agent"),
        ({"sleep": "1"}, TypeError, "a list of words, a coroutine function or an Agent"),
        (print, TypeError, "print> is no coroutine function: write an async def"),
        (lambda: initialise(), TypeError, "no coroutine function"),
        (stream, TypeError, "no coroutine function"),
        (needs, TypeError, "needs can't be called without arguments"),
    ],
)
def test_what_is_no_agent(given: Any, kind: type[Exception], message: str) -> None:
    """What can't be spawned is refused, with what to write instead."""
    with pytest.raises(kind, match=re.escape(message)):
        Agent(given)


def test_called_coroutine_function() -> None:
    """A coroutine in place of its function is refused, and isn't reported a second time as never awaited."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        given: Any = initialise()
        with pytest.raises(TypeError, match=r"initialise\(\) was called: give the coroutine function itself"):
            Agent(given)
        del given


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"timeout": 0}, ValueError, "timeout=0: a number of seconds above 0 is wanted"),
        ({"timeout": -1.5}, ValueError, "timeout=-1.5"),
        ({"timeout": float("nan")}, ValueError, "timeout=nan"),
        ({"timeout": float("inf")}, ValueError, "timeout=inf"),
        ({"timeout": "5"}, TypeError, "timeout='5': a number of seconds is wanted"),
        ({"timeout": True}, TypeError, "timeout=True"),
        ({"ready": "("}, ValueError, "ready='(' is no regular expression: missing )"),
        ({"ready": b"ready"}, TypeError, "ready=b'ready': a regular expression as a text is wanted"),
        ({"ready": re.compile(b"ready")}, TypeError, "a regular expression as a text is wanted"),
        ({"name": 3}, TypeError, "name=3: a text is wanted"),
    ],
)
def test_wrong_options(options: Any, kind: type[Exception], message: str) -> None:
    """An option that is out of range or of the wrong type is named."""
    with pytest.raises(kind, match=re.escape(message)):
        Agent(["true"], **options)


def test_coroutine_is_never_ready() -> None:
    """Only a command can say that it is ready."""
    with pytest.raises(ValueError, match="ready= is for commands"):
        Agent(initialise, ready="x")


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ([], ValueError, "there is nothing to spawn"),
        ("true", TypeError, "agents='true': a list of agents is wanted"),
        (Agent(["true"]), TypeError, "a list of agents is wanted, even of one"),
        (initialise, TypeError, "a list of agents is wanted, even of one"),
        (None, TypeError, "agents=None: a list of agents is wanted"),
        (["sleep", "1"], TypeError, "not the text 'sleep'"),
    ],
)
def test_what_is_no_list_of_agents(given: Any, kind: type[Exception], message: str) -> None:
    """A list of agents is wanted, not one agent, nor the words of one command."""
    with pytest.raises(kind, match=re.escape(message)):
        as_agents(given)


def test_any_iterable_of_agents() -> None:
    """Agents may come from any iterable, of all kinds mixed."""
    ready_made = Agent(["true"])
    agents = as_agents(iter((ready_made, ("true",), initialise)))
    assert agents[0] is ready_made
    assert [agent.name for agent in agents] == ["true", "true", "initialise"]


def test_error_shows_what_was_printed() -> None:
    """A traceback of the error ends with what the agent printed; an error without output has no note."""
    assert SpawnError("it ended", 3, "a\nb\n").__notes__ == ["it printed:\na\nb"]
    assert not hasattr(SpawnError("it ended", 3, " \n"), "__notes__")
