"""Command-line options made from the table of settings."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from iaipy.config import Config, load_config
from iaipy.settings import SETTINGS, Setting

F = TypeVar("F", bound=Callable[..., Any])


def settings_options(*keys: str) -> Callable[[F], F]:
    """A decorator that adds the options of these settings to a command; of all settings without keys."""
    chosen = [setting for setting in SETTINGS if setting.flags and (not keys or setting.key in keys)]

    def decorate(function: F) -> F:
        for setting in reversed(chosen):
            function = _option(setting)(function)
        return function

    return decorate


def config_from(options: Mapping[str, object]) -> Config:
    """The configuration that holds here, under the options that were given.

    Raises:
        UsageError: an option or the configuration file is wrong.
    """
    return load_config(Path.cwd(), options)


def _option(setting: Setting) -> Callable[[F], F]:
    if setting.is_flag:
        return click.option(*setting.flags, setting.key, is_flag=True, default=None, help=setting.help)
    return click.option(
        *setting.flags,
        setting.key,
        metavar=setting.metavar or None,
        multiple=setting.multiple,
        default=() if setting.multiple else None,
        help=setting.help,
    )
