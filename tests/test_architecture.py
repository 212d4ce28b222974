"""The shape of the house: which way imports point, what is deferred, what lies at the top."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

READERS = {"open", "fdopen", "read_text", "read_bytes", "fromfile", "memmap", "mmap", "loadtxt"}
"""What a file's content can be got with."""
OTHERS = {
    "runstore/files/reading.py": "the one place where files of a run are read",
    "runstore/files/disk.py": "writes, and looks at what it has opened to write",
    "runstore/format/run_header.py": "reads /proc",
    "runstore/logs/sqlite_file.py": "writes a copy of its own",
    "runstore/ranks/process_status.py": "reads /proc",
    "commands/page/assets.py": "reads style and script, which are of the package",
    "commands/json_schemas.py": "reads schemas, which are of the package",
    "commands/forward/forwarder.py": "opens its own log to write, or /dev/null in its place",
    "commands/forward/process.py": "the pipe to the command that has started it",
    "commands/step_summary.py": "appends to the file that GitHub names for it",
    "commands/stderr_lines.py": "looks at the end of standard error",
    "app/linux_memory.py": "reads /proc and control groups",
    "app/nvml.py": "reads /proc",
    "app/terminal.py": "the terminal, and a log of its own",
    "app/picture_file.py": "writes a picture",
    "app/filter_bar.py": "a filter, which is opened as well",
    "app/screens/main.py": "the same",
    "app/runs_app.py": "a filter and a note, which are opened as well",
    "runstore/writer/run_removal.py": "opens folders, and no file in them",
    "runstore/writer/rank_output.py": "opens files to write",
    "runstore/writer/recorder.py": "the same",
    "runstore/export/output.py": "opens what is exported, to write",
}
"""Modules of which a call that is named like one that reads is something else."""

TOP = {
    *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"),
    *("gradtui", "scenarios", "tests", "docs", "findings"),
}
BUILT = {"build", "dist", "__pycache__"}
"""What tools leave behind and git ignores."""


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
def test_what_needs_no_screen_and_no_numbers_imports_neither(source: str) -> None:
    assert not modules_after(source) & {"torch", "textual", "plotext", "rich", "numpy"}


def test_the_screen_does_not_wait_for_torch() -> None:
    source = "import gradtui.lab.trainer, gradtui.app.app, gradtui.app.run, gradtui.app.picture"
    assert "torch" not in modules_after(source)


def test_the_list_of_runs_waits_for_neither_torch_nor_the_doctor() -> None:
    loaded = modules_after("import gradtui.app.runs_app, gradtui.commands.run_examiner")
    assert not loaded & {"torch", "plotext", "gradtui.doctor.diagnose", "gradtui.app.app"}


def test_what_sends_a_run_on_needs_neither_torch_nor_a_screen() -> None:
    loaded = modules_after("import gradtui.commands.forward.process")
    assert not loaded & {"torch", "textual", "plotext", "rich", "opentelemetry", "wandb", "mlflow"}


def test_the_trainer_does_not_need_a_screen() -> None:
    loaded = modules_after("import gradtui.lab.headless, gradtui.doctor.diagnose")
    assert not loaded & {"textual", "plotext", "rich"}


def reads(path: Path) -> set[str]:
    """The calls in a module that are named like one that gets at a file's content."""
    out = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            out |= {name} & READERS
    return out


def test_files_of_a_run_are_opened_in_one_place() -> None:
    home = ROOT / "gradtui"
    found = {
        str(path.relative_to(home)): names
        for part in ("runstore", "commands", "app")
        for path in sorted((home / part).rglob("*.py"))
        if (names := reads(path))
    }
    assert {name: calls for name, calls in found.items() if name not in OTHERS} == {}
    assert found["runstore/files/reading.py"] == {"open"}


def test_the_top_level_stays_as_it_is() -> None:
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - TOP - BUILT == set()
