"""Ways to start a training: it is seen, and starts as it would without us."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from gradtui.inject import environment
from gradtui.runstore.reader.open_run import OpenRun
from tests.inject.watched import finish, start

NET = """
import torch
from torch import nn

def train(steps=5):
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    for i in range(steps):
        model(torch.ones(2, 3)).square().sum().backward()
        with torch.no_grad():  # an optimizer has torch import its compiler, which takes seconds
            for p in model.parameters():
                p -= 0.1 * p.grad
        model.zero_grad()
    return float(model.bias.detach())
"""
MODULE = """
import sys
from .net import train

if __name__ == "__main__":
    print(__name__, __package__, __spec__.name, sys.argv, sys.path[0], sys.stdin.read())
    print(train())
    sys.exit(int(sys.argv[1]))
"""
SEEN = (("weight", "bias"), 5, "ended")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a package `pkg` that trains: `python -m pkg.train CODE`."""
    folder = tmp_path / "code"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg" / "__init__.py").write_text("")
    (folder / "pkg" / "net.py").write_text(NET)
    (folder / "pkg" / "train.py").write_text(MODULE)
    (folder / "alone.py").write_text("from pkg.net import train\nprint(train())\n")
    return folder


def seen(place: Path) -> tuple[tuple[str, ...], int, str]:
    run = OpenRun(place)
    return run.tensors, len(run.steps), run.state


def launch(*words: str, stdin: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"OMP_NUM_THREADS": "1"} | extra
    return subprocess.run(
        words, input=stdin, env=variables, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.slow
def test_a_shell_that_changes_folder_and_starts_a_script_that_starts_a_module(
    tmp_path: Path, package: Path
) -> None:
    (package / "train.sh").write_text(f'{sys.executable} -m pkg.train "$@" && echo not reached\n')
    shell = ["bash", "-c", f'cd {package} && sh train.sh 9 "two words"']
    ours = [sys.executable, "-m", "gradtui", "run", "--headless"]
    without = launch(*shell, stdin="from outside")
    with_us = launch(*ours, *shell, stdin="from outside", GRADTUI_RUNS=str(tmp_path / "runs"))
    assert with_us.stdout == without.stdout
    assert "__main__ pkg pkg.train" in with_us.stdout
    assert "'9', 'two words'" in with_us.stdout
    assert "from outside" in with_us.stdout
    assert (with_us.returncode, without.returncode) == (9, 9)
    (place,) = (tmp_path / "runs").iterdir()
    assert seen(place)[:2] == SEEN[:2]
    assert "pkg.train" in OpenRun(place).command


@pytest.mark.slow
def test_a_python_that_starts_another_with_more_on_its_path(tmp_path: Path, package: Path) -> None:
    (tmp_path / "outer.py").write_text(
        f"""
import os, subprocess, sys
path = os.pathsep.join([{str(package)!r}, os.environ["PYTHONPATH"]])
sys.exit(subprocess.call([sys.executable, "-c", "import pkg.net; print(pkg.net.train())"],
                         env=os.environ | {{"PYTHONPATH": path}}))
"""
    )
    out, said = finish(start(tmp_path / "a", str(tmp_path / "outer.py")))
    assert (float(out) != 0, said) == (True, "")
    assert seen(tmp_path / "a" / "run") == SEEN


@pytest.mark.slow
def test_an_environment_made_anew_is_not_followed_and_that_is_said(
    tmp_path: Path, package: Path
) -> None:
    ours = [sys.executable, "-m", "gradtui", "run", "--headless"]
    anew = ["env", "-i", f"PATH={os.environ['PATH']}", sys.executable]
    done = launch(*ours, *anew, str(package / "alone.py"), GRADTUI_RUNS=str(tmp_path / "runs"))
    assert done.returncode == 0, done.stderr
    assert "nothing was seen" in done.stderr


def test_switches_that_shut_the_environment_out(tmp_path: Path) -> None:
    code = "import sys; print([type(finder).__name__ for finder in sys.meta_path])"
    waits = {
        switch: "OnTorch" in finish(start(tmp_path / switch, switch, "-c", code))[0]
        for switch in ("-B", "-P", "-s", "-I", "-S", "-E")
    }
    assert [switch for switch in waits if not waits[switch]] == ["-I", "-S", "-E"]


@pytest.mark.slow
def test_an_interpreter_that_has_torch_but_not_gradtui(tmp_path: Path, package: Path) -> None:
    venv.create(tmp_path / "theirs", symlinks=True, with_pip=False)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    into = tmp_path / "theirs" / "lib" / version / "site-packages"
    for kind in ("purelib", "platlib"):
        for path in Path(sysconfig.get_path(kind)).iterdir():
            ours = path.name.startswith(("gradtui", "_gradtui", "__editable__", "textual", "rich"))
            if not ours and path.suffix != ".pth" and not (into / path.name).exists():
                (into / path.name).symlink_to(path)
    script = package / "theirs.py"
    script.write_text(
        "import importlib.util, sys\n"
        "print(importlib.util.find_spec('gradtui'), importlib.util.find_spec('textual'))\n"
        "from pkg.net import train\ntrain()\nprint(sys.prefix)\n"
    )
    (tmp_path / "run").mkdir()
    python = str(tmp_path / "theirs" / "bin" / "python")
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = launch(
        python, str(script), **{"PYTHONPATH": ""} | environment(tmp_path / "run", base=plain)
    )
    assert done.stdout.split() == ["None", "None", str(tmp_path / "theirs")], done.stderr
    assert seen(tmp_path / "run") == SEEN


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
def test_uv(tmp_path: Path, package: Path) -> None:
    (tmp_path / "run").mkdir()
    words = ["uv", "run", "--no-project", "--offline", "--python", sys.executable]
    done = launch(*words, str(package / "alone.py"), **environment(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    assert seen(tmp_path / "run") == SEEN
