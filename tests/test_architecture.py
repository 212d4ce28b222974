"""The shape of the house: which way imports point, what is deferred, what lies at the top."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

TOP = {
    *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"),
    *("gradtui", "scenarios", "tests", "docs"),
}
BUILT = {"build", "dist", "__pycache__"}
"""What tools leave behind and git ignores."""

THRESHOLDS = ROOT / "gradtui" / "health" / "thresholds.py"
"""A list, and all of it in one place is what it is for."""
LONG = 250
"""Lines from which a file is worth a look."""


def test_import_contracts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as m; m()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def modules_after(source: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running `source`."""
    probe = f"{source}\nimport sys\nsys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env=os.environ | {"COVERAGE_PROCESS_START": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "source",
    [
        "import gradtui",
        "from gradtui.cli import build_parser; build_parser()",
        "from gradtui.cli import main; main(['--version'])",
        "from gradtui.cli import main; main(['list'])",
        "from gradtui.cli import main; main(['list', '--json'])",
        "from gradtui.cli import main; main(['completion', 'bash'])",
    ],
)
def test_what_needs_no_screen_and_no_training_imports_neither(source: str) -> None:
    assert not modules_after(source) & {"torch", "textual", "plotext", "rich"}


def test_the_screen_does_not_wait_for_torch() -> None:
    source = (
        "import gradtui.training.trainer, gradtui.tui.app, gradtui.tui.run, gradtui.tui.picture"
    )
    assert "torch" not in modules_after(source)


def test_the_trainer_does_not_need_a_screen() -> None:
    loaded = modules_after("import gradtui.training.headless, gradtui.health.diagnose")
    assert not loaded & {"textual", "plotext", "rich"}


def test_the_top_level_stays_as_it_is() -> None:
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - TOP - BUILT == set()


def test_long_files_are_noticed() -> None:
    for path in sorted({*(ROOT / "gradtui").rglob("*.py")} - {THRESHOLDS}):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONG:
            # A notice, not a failure: one idea a file matters, its length does not.
            with warnings.catch_warnings():
                warnings.simplefilter("default")
                warnings.warn(f"{path.relative_to(ROOT)} has {lines} lines", stacklevel=1)
