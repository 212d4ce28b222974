"""Who only looks needs no torch: an environment of its own that has what gradtui requires, and no more."""

import json
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.app.terminal_emulator import ROOT, Terminal
from tests.factories import MadeUp, healthy, snapshots, vanishing
from tests.runstore.logs.made import summary_writer
from tests.runstore.recorded import record


def required(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """A distribution and all that it requires without extras, by name."""
    if name not in found:
        found[name] = distribution(name)
        for line in found[name].requires or ():
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                required(wanted.name, found)
    return found


def put_in(one: Distribution, packages: Path) -> None:
    """Link everything that a distribution has at the top of site-packages."""
    for name in {file.parts[0] for file in one.files or () if file.parts[0] != ".."}:
        if not (packages / name).exists():
            (packages / name).symlink_to(Path(str(one.locate_file(name))))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(home, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = home / "lib" / version / "site-packages"
    (packages / "gradtui").symlink_to(ROOT / "gradtui")
    (packages / "scenarios").symlink_to(ROOT / "scenarios")
    for name, one in required("gradtui", {}).items():
        if name != "gradtui":
            put_in(one, packages)
    return home / "bin" / "python"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("runs")
    sick: MadeUp = vanishing(8)
    for name, made in (("sick", sick), ("well", healthy(8))):
        record(home / name, snapshots(made), made.layout, made.info)
    return home


def said(python: Path, runs: Path, *words: str, code: int = 0) -> str:
    """What gradtui prints on standard output, or on standard error where it is to fail."""
    done = subprocess.run(
        [str(python), "-I", "-m", "gradtui", *words],
        env={"PATH": "/usr/bin:/bin", "GRADTUI_RUNS": str(runs), "HOME": str(runs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert (done.stdout if code else done.stderr) == ""
    return done.stderr if code else done.stdout


def test_there_is_no_torch_in_it(python: Path) -> None:
    done = subprocess.run(
        [str(python), "-I", "-c", "import torch"], capture_output=True, text=True, check=False
    )
    assert "No module named 'torch'" in done.stderr


def test_what_only_looks_needs_none(python: Path, runs: Path) -> None:
    assert "vanishing_gradient" in said(python, runs, "runs", "--json")
    assert said(python, runs, "export", "sick", "--format", "csv").count("\n") > 10
    assert said(python, runs, "export", "sick").startswith("<svg")
    assert "vanishing gradient" in said(python, runs, "compare", "sick", "well")
    assert "deep_sigmoid" in said(python, runs, "list")


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


@pytest.mark.parametrize("verb", ["attach", "replay"])
def test_so_do_the_screens(verb: str, python: Path, runs: Path, opened: list[Terminal]) -> None:
    terminal = Terminal(str(python), "-I", "-m", "gradtui", verb, str(runs / "sick"))
    opened.append(terminal)
    terminal.see("layers.3")
    terminal.type("q")
    assert terminal.ended() == 0


def test_so_does_the_list_of_runs(python: Path, runs: Path, opened: list[Terminal]) -> None:
    """The process that judges runs has no torch either."""
    terminal = Terminal(
        str(python), "-I", "-m", "gradtui", "runs", "--runs", str(runs), env={"HOME": str(runs)}
    )
    opened.append(terminal)
    terminal.see("vanishing gradient")
    terminal.type("q")
    assert terminal.ended() == 0


@pytest.mark.parametrize("words", [["check", "deep_sigmoid"], ["export", "deep_sigmoid"]])
def test_what_trains_says_what_it_needs(words: list[str], python: Path, runs: Path) -> None:
    sentence = "gradtui: the lab trains, and needs torch: python -m pip install 'gradtui[train]'.\n"
    assert said(python, runs, *words, code=2) == sentence


def test_so_does_the_lab(python: Path, opened: list[Terminal]) -> None:
    terminal = Terminal(str(python), "-I", "-m", "gradtui", "launch")
    opened.append(terminal)
    terminal.see("gradtui[train]")
    assert terminal.ended() == 2


def test_logs_need_none_and_event_files_say_what_they_need(
    python: Path, runs: Path, tmp_path: Path
) -> None:
    entries = [{"step": i, "loss": 2 / (i + 1), "grad_norm": 1.0} for i in range(60)]
    state = tmp_path / "trainer_state.json"
    state.write_text(json.dumps({"log_history": entries}))
    assert said(python, runs, "check", str(state)).startswith("healthy by loss and total gradient")
    with summary_writer(tmp_path / "events") as writer:
        writer.add_scalar("loss", 1.0, 0)
    sentence = "reading event files needs tensorboard: python -m pip install 'gradtui[tensorboard]'"
    assert sentence in said(python, runs, "check", str(tmp_path / "events"), code=2)
