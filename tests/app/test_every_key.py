"""Every key and mouse action that help names is driven by a test; a new one without a test fails here."""

import ast
import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from gradtui.app import key_bindings, overlay_keys, run_list_keys
from gradtui.app.key_bindings import Key
from gradtui.app.screens.detail import DetailScreen
from gradtui.app.screens.full_charts import FullChartsScreen
from tests.app.made_up_runs import listing
from tests.app.overlaying import overlaying, recorded
from tests.app.playing import playing, until

HERE = Path(__file__).parent
APP = Path(key_bindings.__file__).parent

DRIVEN: dict[str, tuple[Sequence[Key], tuple[str, ...]]] = {
    "main": (
        key_bindings.KEYS,
        (
            "test_app.py",
            "test_watched.py",
            "test_folding.py",
            "test_twin.py",
            "test_playback.py",
            "test_prescriptions.py",
            "test_full_charts.py",
            "test_metrics.py",
        ),
    ),
    "layer": (key_bindings.LAYER_KEYS, ("test_app.py",)),
    "charts": (key_bindings.CHART_KEYS, ("test_full_charts.py",)),
    "overlay": (overlay_keys.KEYS, ("test_overlay_app.py",)),
    "runs": (run_list_keys.KEYS, ("test_runs_app.py",)),
}
"""Tables of keys, and the tests that press them for what they do."""
ON_A_TERMINAL = ("suspend_process",)
"""Of a real one: test_terminal.py."""

CLICKED = {
    "failure_line.py": {"on_click": "test_app.py"},
    "key_bar.py": {"on_click": "test_app.py"},
    "tab_strip.py": {"on_click": "widgets/test_tab_strip.py"},
    "screens/prescriptions.py": {"on_click": "test_prescriptions.py"},
    "widgets/chart.py": {"on_click": "test_full_charts.py"},
    "widgets/chart_stack.py": {
        "on_mouse_scroll_up": "test_full_charts.py",
        "on_mouse_scroll_down": "test_full_charts.py",
        "on_mouse_scroll_left": "test_full_charts.py",
        "on_mouse_scroll_right": "test_full_charts.py",
        "on_mouse_down": "test_full_charts.py",
        "on_mouse_move": "test_full_charts.py",
        "on_mouse_up": "test_full_charts.py",
    },
    "widgets/depth_view.py": {"on_click": "test_app.py"},
    "widgets/heat_beside.py": {
        "on_mouse_scroll_up": "widgets/test_widgets.py",
        "on_mouse_scroll_down": "widgets/test_widgets.py",
        "on_click": "widgets/test_widgets.py",
    },
    "widgets/heat_map.py": {"on_click": "widgets/test_widgets.py"},
    "widgets/overlay_charts.py": {
        "on_mouse_scroll_up": "test_overlay_app.py",
        "on_mouse_scroll_down": "test_overlay_app.py",
        "on_mouse_down": "test_overlay_app.py",
        "on_mouse_move": "test_overlay_app.py",
        "on_mouse_up": "test_overlay_app.py",
        "on_click": "test_overlay_app.py",
    },
    "widgets/remedy_clicks.py": {"on_click": "widgets/test_widgets.py"},
    "widgets/run_table.py": {"on_click": "test_runs_app.py"},
}
"""What takes the mouse, and the test that clicks, turns or drags there."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def pressed(path: Path) -> set[str]:
    """Words in functions that press keys."""
    out: set[str] = set()
    for function in ast.walk(tree(path)):
        if isinstance(function, ast.AsyncFunctionDef) and "press" in calls(function):
            out |= {
                node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    return out


def calls(function: ast.AST) -> set[str]:
    """Names of what is called in it."""
    found = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in found}


@pytest.mark.parametrize("name", DRIVEN)
def test_every_action_is_driven_by_its_key_somewhere(name: str) -> None:
    keys, files = DRIVEN[name]
    words = set[str]().union(*(pressed(HERE / file) for file in files))
    driven = {key.action for key in keys if words & set(key.keys.split(","))}
    lacking = {key.action for key in keys} - driven - {*ON_A_TERMINAL}
    assert not lacking, f"no test presses a key for {sorted(lacking)}: see DRIVEN"


def handlers(path: Path) -> set[str]:
    """Methods that take the mouse."""
    return {
        node.name
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and re.fullmatch(r"on_click|on_mouse_\w+", node.name)
    }


def test_everything_that_takes_the_mouse_is_clicked_in_a_test() -> None:
    found = {str(path.relative_to(APP)): handlers(path) for path in APP.rglob("*.py")}
    assert {name: names for name, names in found.items() if names} == {
        name: {*tests} for name, tests in CLICKED.items()
    }
    for name, tests in CLICKED.items():
        (widget,) = [
            node.name
            for node in tree(APP / name).body
            if isinstance(node, ast.ClassDef) and handlers_in(node)
        ]
        for handler, file in tests.items():
            words = (HERE / file).read_text(encoding="utf-8")
            event = "".join(part.title() for part in handler.removeprefix("on_").split("_"))
            how = "click(" if handler == "on_click" else event
            assert how in words, f"{file} does not drive {handler} of {widget}"
            assert widget in words or handler in words, f"{file} knows no {widget}"


def handlers_in(node: ast.ClassDef) -> bool:
    return any(getattr(part, "name", "").startswith(("on_click", "on_mouse")) for part in node.body)


# Each key by itself, on the screen that it is for: it comes to the action that the table says.


async def reach(pilot: Pilot[None], keys: Sequence[Key], monkeypatch: pytest.MonkeyPatch) -> None:
    """Press every name of each key: its action is called with what stands in the table, and nothing else."""
    app: App[Any] = pilot.app
    seen: list[Called] = []
    wanted: list[Called] = []
    for key in keys:
        where, action, _ = called = parsed(key.action)
        owner = type(app.screen if where == "screen" else app)
        monkeypatch.setattr(owner, f"action_{action}", told(seen, where, action), raising=False)
        wanted += [called] * len(key.keys.split(","))
    for count, name in enumerate((n for key in keys for n in key.keys.split(",")), start=1):
        app.simulate_key(name)  # a press would wait for a frame after each
        patience = time.monotonic() + 10
        while len(seen) < count:
            assert time.monotonic() < patience, f"{name} does nothing"
            await asyncio.sleep(0)
    assert seen == wanted


Called = tuple[str, str, tuple[Any, ...]]
"""Of the app or its screen, which action, with what."""


def told(seen: list[Called], where: str, action: str) -> Callable[..., None]:
    return lambda self, *given: seen.append((where, action, given))


def parsed(action: str) -> Called:
    """ "screen.zoom(-1)" -> ("screen", "zoom", (-1,))"""
    found = re.fullmatch(r"(?:(app|screen)\.)?(\w+)(?:\((.*)\))?", action)
    assert found is not None, action
    given = found[3]
    return found[1] or "app", found[2], (ast.literal_eval(given),) if given else ()


def numbers(action: str, count: int) -> Iterator[Key]:
    for number in range(count):
        yield Key(str(number + 1), f"{action}({number})", "", "", "", "")


async def test_keys_of_the_main_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing() as (_, pilot):
        await reach(pilot, (*key_bindings.KEYS, *numbers("remedy", 9)), monkeypatch)


async def test_keys_of_the_layer_view(monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing() as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        await reach(pilot, key_bindings.LAYER_KEYS, monkeypatch)


async def test_keys_of_the_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing() as (app, pilot):
        await pilot.press("C")
        await until(pilot, lambda: isinstance(app.screen, FullChartsScreen))
        await reach(pilot, key_bindings.CHART_KEYS, monkeypatch)


async def test_keys_of_overlaid_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [recorded(tmp_path / name, 5) for name in ("one", "two")]
    async with overlaying(paths) as (_, pilot):
        await reach(pilot, (*overlay_keys.KEYS, *numbers("choose", 8)), monkeypatch)


async def test_keys_of_the_list_of_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    async with listing(tmp_path / "runs") as (_, pilot):
        await reach(pilot, run_list_keys.KEYS, monkeypatch)
