"""Flags before environment before config.toml, and what is wrong with any of them."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from gradtui.commands.settings import Settings, add_flags, read_settings
from gradtui.commands.themes import checked_theme
from gradtui.core.errors import UsageError
from gradtui.lab.scenario.values import documented

NAMES = [item.name for item in documented(Settings)]


def flags(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_flags(parser, NAMES)
    return vars(parser.parse_args(words))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_defaults_without_anything(config: Path) -> None:
    assert read_settings(flags(), {}, config) == Settings()


def test_precedence(config: Path) -> None:
    config.write_text('fps = 5\ndevice = "cpu"\nseed = 1\nbell = false\n')
    environment = {"GRADTUI_FPS": "20", "GRADTUI_DEVICE": "cuda"}
    found = read_settings(flags("--fps", "30"), environment, config)
    assert (found.fps, found.device, found.seed, found.bell) == (30, "cuda", 1, False)


def test_the_usual_config_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "gradtui").mkdir()
    (tmp_path / "gradtui" / "config.toml").write_text("ascii = true\n")
    assert read_settings({}, {}).ascii is True


def test_switches_work_both_ways(config: Path) -> None:
    config.write_text("ascii = true\n")
    assert read_settings(flags("--no-ascii"), {}, config).ascii is False
    assert read_settings(flags("--no-color", "--no-bell"), {}, config).color is False


@pytest.mark.parametrize(
    ("environment", "words", "color"),
    [
        ({}, (), True),
        ({"NO_COLOR": ""}, (), True),
        ({"NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": "1", "GRADTUI_COLOR": "yes"}, (), True),
        ({"NO_COLOR": "1"}, ("--color",), True),
        ({"GRADTUI_COLOR": "off"}, (), False),
    ],
)
def test_no_color(
    environment: dict[str, str], words: tuple[str, ...], color: bool, config: Path
) -> None:
    assert read_settings(flags(*words), environment, config).color is color


def test_an_empty_variable_or_file_says_nothing(config: Path) -> None:
    config.write_text("")
    assert read_settings({}, {"GRADTUI_FPS": ""}, config) == Settings()


def test_seed_can_be_unset(config: Path) -> None:
    config.write_text("seed = 4\n")
    assert read_settings(flags("--seed", "none"), {}, config).seed is None


@pytest.mark.parametrize(
    ("words", "environment", "source", "sentence"),
    [
        (("--fps", "x"), {}, "", "--fps must be a whole number from 1 to 60, not 'x'."),
        (("--fps", "0"), {}, "", "--fps must be a whole number from 1 to 60, not 0."),
        (("--device", "cud"), {}, "", "not 'cud': did you mean 'cuda'?"),
        (("--seed", "-1"), {}, "", "--seed must be a whole number from 0 to 4294967295"),
        ((), {"GRADTUI_FPS": "1.5"}, "", "GRADTUI_FPS must be a whole number"),
        (
            (),
            {"GRADTUI_ASCII": "maybe"},
            "",
            "GRADTUI_ASCII must be true or false or \"none\", not 'maybe'.",
        ),
        ((), {}, "fsp = 3", "has no key 'fsp': did you mean 'fps'?"),
        ((), {}, "fps = 'x'", "fps must be a whole number from 1 to 60, not 'x'."),
        ((), {}, "fps = ", "is not valid TOML"),
        ((), {}, "[launch]\nfps = 1", "has no key 'launch'; its keys are device"),
    ],
)
def test_one_sentence_for(
    words: tuple[str, ...], environment: dict[str, str], source: str, sentence: str, config: Path
) -> None:
    config.write_text(source)
    with pytest.raises(UsageError) as caught:
        read_settings(flags(*words), environment, config)
    assert sentence in str(caught.value)
    if source:
        assert str(caught.value).startswith(f"{config}: ")


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("mono", "gradtui-mono"),
        ("colour-blind", "gradtui-colour-blind"),
        ("color-blind", "gradtui-colour-blind"),
        ("gradtui-light", "gradtui-light"),
        ("", None),
    ],
)
def test_themes_go_by_their_short_names(name: str, full: str | None) -> None:
    assert checked_theme(name) == full


def test_a_theme_that_does_not_exist_is_said_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="choose from dark, light, colour-blind, mono"):
        checked_theme("xyzzy")


def test_a_budget_without_a_bound(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('overhead = "off"\nfps = 20\n')
    assert read_settings({}, {}, config).overhead == float("inf")
    assert read_settings({}, {}, config).fps == 20
    assert read_settings({}, {"GRADTUI_OVERHEAD": "OFF"}, tmp_path / "none").overhead == float(
        "inf"
    )
    assert read_settings({"overhead": "off"}, {}, tmp_path / "none").overhead == float("inf")
    assert read_settings({"overhead": "100"}, {}, config).overhead == 100
    with pytest.raises(UsageError, match="overhead"):
        read_settings({"overhead": "inf"}, {}, config)
