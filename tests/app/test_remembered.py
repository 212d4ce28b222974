"""What the list of runs keeps between two sessions, and what damage does to it: nothing."""

import json
from math import nan
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.app.remembered import (
    JUDGEMENTS,
    PREFERENCES,
    THEME,
    Preferences,
    load_judgements,
    load_preferences,
    load_theme,
    save_judgements,
    save_preferences,
    save_theme,
)
from gradtui.app.themes import LIGHT, MONO, THEMES
from tests.app.made_up_runs import judgement


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "gradtui"


def test_preferences_come_back(state: Path) -> None:
    assert load_preferences() == Preferences()
    left = Preferences("size", True)
    save_preferences(left)
    assert load_preferences() == left
    assert (state / PREFERENCES).stat().st_mode & 0o777 == 0o600


def test_the_theme_comes_back_on_every_screen(state: Path) -> None:
    assert load_theme() == ""
    save_theme(MONO.name)
    save_preferences(Preferences("size"))
    assert load_theme() == MONO.name
    assert (state / THEME).stat().st_mode & 0o777 == 0o600
    (state / THEME).unlink()
    (state / PREFERENCES).write_text(json.dumps({"theme": LIGHT.name}))  # of an earlier version
    assert load_theme() == LIGHT.name


def test_judgements_come_back_to_the_same_doctor(state: Path) -> None:
    known = {"/runs/a": judgement("vanishing_gradient"), "/runs/b": judgement(final_loss=None)}
    save_judgements("one", known)
    assert load_judgements("one") == known
    assert load_judgements("another") == {}
    assert (state / JUDGEMENTS).stat().st_mode & 0o777 == 0o600
    save_judgements("one", {"/runs/a": judgement(final_loss=nan)})
    (found,) = load_judgements("one").values()
    assert found.final_loss != found.final_loss


def test_the_newest_are_kept(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradtui.app.remembered.MOST", 2)
    save_judgements("one", {f"/{9 - n}/{n}": judgement() for n in range(4)})
    assert set(load_judgements("one")) == {"/6/3", "/7/2"}


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["sort", "theme", "reverse", "schema", "doctor", "verdicts", "x"]),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=8,
)


@given(st.one_of(st.binary(max_size=40), VALUES.map(lambda v: json.dumps(v).encode())))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damage_is_harmless(state: Path, data: bytes) -> None:
    state.mkdir(exist_ok=True)
    for name in (PREFERENCES, JUDGEMENTS, THEME):
        (state / name).write_bytes(data)
    assert isinstance(load_preferences(), Preferences)
    assert isinstance(load_judgements("one"), dict)
    assert load_theme() in ("", *(theme.name for theme in THEMES))


@pytest.mark.parametrize(
    ("key", "value"),
    [("severity", 7), ("verdict", None), ("final_loss", "x"), ("evidence", "x" * 9999)],
)
def test_a_damaged_judgement_is_left_out(key: str, value: object, state: Path) -> None:
    save_judgements("one", {"/a": judgement(), "/b": judgement()})
    whole = json.loads((state / JUDGEMENTS).read_text())
    whole["verdicts"]["/a"][key] = value
    (state / JUDGEMENTS).write_text(json.dumps(whole))
    assert set(load_judgements("one")) == {"/b"}


def test_without_a_place_nothing_is_kept(state: Path) -> None:
    state.write_text("a file in the folder's place")
    save_preferences(Preferences("size"))
    save_judgements("one", {})
    save_theme(MONO.name)
    assert load_theme() == ""
    assert load_preferences() == Preferences()
    assert load_judgements("one") == {}
