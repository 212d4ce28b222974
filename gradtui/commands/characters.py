"""Which characters a terminal can show, as far as the environment tells and the person does not."""

import os
from collections.abc import Mapping

from gradtui.commands.settings import Settings

PLAIN = ("linux", "vt100", "vt102", "vt220", "ansi", "cons25")
"""Terminals whose fonts have no braille: consoles, and what calls itself so."""


def only_ascii(settings: Settings, environment: Mapping[str, str] = os.environ) -> bool:
    """As it was asked for; else where the locale names another encoding than UTF-8. Where none is set, as
    in most containers, that tells nothing of the terminal."""
    if settings.ascii is not None:
        return settings.ascii
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((name for name in names if name), "")
    encoding = locale.partition(".")[2].partition("@")[0].lower().replace("-", "")
    return bool(locale) and encoding != "utf8"


def braille(settings: Settings, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether charts are drawn in dots, eight to a cell, in place of blocks of a quarter of one."""
    if settings.charts != "auto":
        return settings.charts == "dots"
    return not only_ascii(settings, environment) and environment.get("TERM", "") not in PLAIN
