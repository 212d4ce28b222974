"""Programs of tests/programs in this process, which saves importing their frameworks each time."""

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch.optim.optimizer import Optimizer, _global_optimizer_pre_hooks

from gradtui.runstore.reader.open_run import OpenRun
from tests.inject.watched import PROGRAMS


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[OpenRun]]:
    """All runs that were recorded, oldest first."""
    home = tmp_path / "runs"
    monkeypatch.setenv("GRADTUI_RUNS", str(home))

    def found() -> list[OpenRun]:
        places = list(home.iterdir()) if home.is_dir() else []
        started = {at: json.loads((at / "run.json").read_text())["started"] for at in places}
        return [OpenRun(at) for at in sorted(places, key=started.__getitem__)]

    return found


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a program; its truth goes to `truth.0` in the test's folder."""
    monkeypatch.syspath_prepend(str(PROGRAMS))
    monkeypatch.setenv("TRUTH", str(tmp_path / "truth"))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):  # programs set them: put back after
        monkeypatch.setenv(name, "1")
    loaded = ["truth"]

    def importing(name: str) -> ModuleType:
        for known in (name, "truth"):
            sys.modules.pop(known, None)
        loaded.append(name)
        return importlib.import_module(name)

    yield importing
    for name in loaded:
        sys.modules.pop(name, None)


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """Whatever happens in training, every hook is taken off afterwards."""
    before = patched()
    yield
    assert patched() == before


def patched() -> tuple[object, ...]:
    return len(_global_optimizer_pre_hooks), Optimizer.__init__, torch.autograd.backward
