"""What a picture must not depend on, and how it is compared."""

import os
import tomllib
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from gradtui.app.widgets import depth_view
from gradtui.app.widgets.chart import Chart
from gradtui.app.widgets.heat_beside import HeatBeside
from gradtui.app.widgets.heat_map import HeatMap
from gradtui.app.widgets.layer_detail import LayerDetail
from tests.snapshots.recordings import record_runs
from tests.snapshots.still import Picture

ROOT = Path(__file__).parents[2]
DRAWING = ("textual", "rich", "plotext")
"""What draws; `test` in pyproject.toml holds each at one version."""


@pytest.fixture(scope="session", autouse=True)
def drawn_with() -> None:
    """Another version draws other pictures, and that is no fault of ours."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    pins = dict(line.split("==") for line in extras["test"] if "==" in line)
    for name in DRAWING:
        if version(name) != pins[name]:
            pytest.fail(
                f"The pictures were drawn with {name} {pins[name]}, and here is {version(name)}: "
                "python -m pip install -e '.[test]' brings the former.",
                pytrace=False,
            )


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GRADTUI_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
            monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of three recorded runs."""
    home = tmp_path_factory.mktemp("runs")
    record_runs(home)
    return home


@pytest.fixture
def picture(
    snap_compare: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Picture:
    """picture(app, size, act): the app as it looks after `act` is as it looked before."""
    # No clock on the wall decides when something is judged or drawn anew.
    for module in ("app.diagnosis_timing", "app.remedy_judge", "theory.fitted_line"):
        monkeypatch.setattr(f"gradtui.{module}.perf_counter", lambda: 0.0)
    for widget in (Chart, HeatBeside, HeatMap, LayerDetail):
        monkeypatch.setattr(widget, "PACE", 0.0)
    monkeypatch.setattr(depth_view, "RENEW", 1e-3)

    def compare(
        app: App[Any], size: tuple[int, int], act: Callable[[Pilot[Any]], Awaitable[None]]
    ) -> None:
        if not snap_compare(app, terminal_size=size, run_before=act):
            pytest.fail(
                f"{request.node.name} looks different: build/snapshot_report.html shows before and "
                "after; if it is meant: pytest tests/snapshots --snapshot-update",
                pytrace=False,
            )

    return compare
