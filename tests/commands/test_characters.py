"""Which characters are drawn with: what was asked for, else what locale and terminal tell."""

import pytest

from gradtui.commands.characters import braille, only_ascii
from gradtui.commands.settings import Settings, read_settings


@pytest.mark.parametrize(
    ("environment", "plain"),
    [
        ({}, False),
        ({"LANG": ""}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "de_DE.utf8"}, False),
        ({"LANG": "de_DE.UTF-8@euro"}, False),
        ({"LANG": "de_DE.ISO-8859-15@euro"}, True),
        ({"LANG": "en_US"}, True),
        ({"LANG": "en_US.UTF-8", "LC_CTYPE": "C"}, True),
        ({"LANG": "C", "LC_ALL": "en_GB.UTF-8"}, False),
        ({"LC_ALL": "POSIX", "LANG": "en_GB.UTF-8"}, True),
    ],
)
def test_ascii_where_the_locale_is_of_another_encoding(
    environment: dict[str, str], plain: bool
) -> None:
    assert only_ascii(Settings(), environment) is plain
    assert only_ascii(Settings(ascii=True), environment)
    assert not only_ascii(Settings(ascii=False), environment)
    assert braille(Settings(), environment) is not plain


@pytest.mark.parametrize("term", ["linux", "vt220"])
def test_a_console_has_no_dots(term: str) -> None:
    assert not braille(Settings(), {"TERM": term})
    assert braille(Settings(charts="dots"), {"TERM": term})
    assert braille(Settings(), {"TERM": "xterm-256color"})
    assert not braille(Settings(charts="blocks"), {"TERM": "xterm-256color"})
    assert not braille(Settings(ascii=True), {"TERM": "xterm-256color"})


def test_what_was_not_asked_for_is_left_open() -> None:
    assert read_settings({}, {}).ascii is None
    assert read_settings({}, {"GRADTUI_ASCII": "no"}).ascii is False
    assert read_settings({}, {"GRADTUI_CHARTS": "blocks"}).charts == "blocks"
