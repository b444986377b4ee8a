"""The plugin's options are settings of iaipy's."""

from __future__ import annotations

from iaipy.pytest_plugin import OPTIONS, REPEATABLE
from iaipy.settings import SETTINGS


def test_every_option_stands_for_a_setting() -> None:
    """An option's key is a setting's, and it can be repeated or takes a value as that one's does."""
    settings = {setting.key: setting for setting in SETTINGS}
    for flag, key, metavar, _ in OPTIONS:
        assert flag == key.replace("_", "-")
        assert settings[key].multiple == (key in REPEATABLE)
        assert settings[key].is_flag == (not metavar)
