"""Getting in, and staying out of the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import gradtui
from gradtui.inject import CATCH, OVERHEAD, PACKAGE, RUN, environment
from tests.inject.watched import complaints, finish, start

TRAIN = """
import torch
from torch import nn
model = nn.Linear(3, 1)
for i in range(5):
    model(torch.ones(2, 3)).sum().backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.1 * p.grad
    model.zero_grad()
"""
"""By hand: an optimizer has torch import its compiler, which takes longer than all the rest."""


def test_without_torch_nothing_is_loaded_and_nothing_left(tmp_path: Path) -> None:
    code = "import sys; print(sorted(m for m in sys.modules if 'gradtui' in m or m == 'typing'))"
    with_us, without = (
        start(tmp_path / "a", "-c", code),
        start(tmp_path / "b", "-c", code, watch=False),
    )
    assert finish(with_us) == finish(without)
    assert list((tmp_path / "a" / "run").iterdir()) == []


@pytest.mark.slow
def test_torch_without_a_step_leaves_nothing(tmp_path: Path) -> None:
    finish(start(tmp_path, "-c", "import torch; torch.nn.Linear(2, 2)(torch.ones(1, 2))"))
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.slow
def test_a_program_sees_what_it_would_see(tmp_path: Path) -> None:
    script = tmp_path / "sub" / "script.py"
    script.parent.mkdir()
    shown = "sys.argv, sys.path, __name__, sys.flags, torch.__spec__.loader.__class__"
    script.write_text(
        f"import sys, torch\nprint({shown}, vars(torch.__spec__.loader))\nsys.exit(7)"
    )
    with_us = start(tmp_path / "a", str(script), "-x", "y")
    without = start(tmp_path / "b", str(script), "-x", "y", watch=False)
    assert finish(with_us, 7) == finish(without, 7)


def test_the_hidden_sitecustomize_runs(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.theirs = __file__")
    code = "import sys; print(sys.theirs, sys.modules['sitecustomize'].__file__)"
    out, _ = finish(start(tmp_path / "a", "-c", code, PYTHONPATH=str(tmp_path)))
    assert out.split() == [str(tmp_path / "sitecustomize.py")] * 2


@pytest.mark.parametrize("given", [None, "", ":", ":/x", "/x:", "/x::/y", "/x:/x"])
def test_modules_are_found_where_they_are_found_without_us(
    tmp_path: Path, given: str | None
) -> None:
    """Empty entries of PYTHONPATH are the current folder."""
    (tmp_path / "beside.py").write_text("")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "script.py").write_text(
        "import sys\nfrom importlib.util import find_spec\n"
        "print(sys.path, 'sitecustomize' in sys.modules, bool(find_spec('beside')))\n"
        "print([path for path in sys.path_importer_cache if 'inject' in path], sys.meta_path[-3:])"
    )
    bare = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    bare |= {} if given is None else {"PYTHONPATH": given}
    said = []
    for variables in (bare, bare | environment(tmp_path / "run", base=bare)):
        done = subprocess.run(
            [sys.executable, str(tmp_path / "sub" / "script.py")],
            env=variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        said.append((done.stdout, done.stderr))
    assert said[0] == said[1]


@pytest.mark.slow
def test_an_exception_that_cannot_be_put_into_words(tmp_path: Path) -> None:
    """The program's output is its own, whatever its exceptions and its hooks do."""
    source = """
import sys, torch
class Odd(Exception):
    def __str__(self): raise KeyboardInterrupt
    __repr__ = __str__
print(sys.excepthook is sys.__excepthook__)
"""
    hook = "del sys.__excepthook__\nsys.excepthook = lambda *error: print(error[0].__name__)\n"
    for name, more in (("a", ""), ("b", hook)):
        code = f"{source}{more}{TRAIN}raise Odd"
        with_us = finish(start(tmp_path / name, "-c", code), 1)
        assert with_us == finish(start(tmp_path / f"{name}-bare", "-c", code, watch=False), 1)
        assert with_us[0].startswith("True\n")
        lines = (tmp_path / name / "run" / "events.jsonl").read_text().splitlines()
        failed = [e for e in map(json.loads, lines) if e["kind"] == "failed"]
        assert [(e["step"], e["message"]) for e in failed] == [(4, "Odd: <exception str() failed>")]
        assert "<module>" in failed[0]["traceback"]


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["sys.exit('enough')", "raise KeyboardInterrupt"])
def test_other_ends_are_no_failures(tmp_path: Path, ending: str) -> None:
    process = start(tmp_path, "-c", f"import os, sys, time\n{TRAIN}time.sleep(1)\n{ending}")
    process.communicate(timeout=120)
    assert process.returncode == {"s": 1, "r": -2}[ending[0]]
    lines = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    assert not [line for line in lines if '"failed"' in line]


def test_an_import_of_torch_that_fails_looks_as_it_would(tmp_path: Path) -> None:
    fake = tmp_path / "torch"
    fake.mkdir()
    (fake / "__init__.py").write_text(
        "import warnings\nwarnings.warn('old', stacklevel=2)\nraise ImportError('no library')"
    )
    code = (
        "import sys\ntry: import torch\nexcept ImportError: import traceback; traceback.print_exc()"
    )
    code += "\nprint('torch' in sys.modules)"
    extra = {"PYTHONPATH": str(tmp_path), "PYTHONWARNINGS": "always"}
    with_us = finish(start(tmp_path / "a", "-c", code, **extra))
    assert with_us == finish(start(tmp_path / "b", "-c", code, watch=False, **extra))
    assert "sitecustomize" not in with_us[1]


@pytest.mark.slow
def test_the_log_is_for_the_owner_alone_and_follows_no_link(tmp_path: Path) -> None:
    variables = {PACKAGE: str(tmp_path / "nowhere"), OVERHEAD: "x"}
    code = "import os; os.umask(0); " + f"os.environ.update({variables})\n{TRAIN}"
    finish(start(tmp_path / "a", "-c", code))
    log = tmp_path / "a" / "run" / "watch.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert "getting ready" in log.read_text()
    finish(start(tmp_path / "b", "-c", f"import os; os.umask(0)\n{TRAIN}", **{OVERHEAD: "x"}))
    log = tmp_path / "b" / "run" / "watch.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert "is ignored" in log.read_text()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    link = f"os.symlink({str(victim)!r}, os.environ['GRADTUI_WATCH_RUN'] + '/watch.log')\n"
    finish(start(tmp_path / "c", "-c", "import os\n" + link + code))
    assert victim.read_text() == "mine"


def test_an_error_is_the_programs_own_and_is_told(tmp_path: Path) -> None:
    process = start(tmp_path, "-c", TRAIN + "raise ValueError('too bad')")
    _, said = finish(process, 1)
    assert said.endswith("ValueError: too bad\n")
    assert "gradtui" not in said
    lines = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    failed = [e for e in map(json.loads, lines) if e["kind"] == "failed"]
    assert [(e["step"], e["message"]) for e in failed] == [(4, "ValueError: too bad")]
    assert gradtui.open_run(tmp_path / "run").state == "crashed"


def test_grandchildren_are_watched(tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text(TRAIN)
    code = (
        f"import subprocess, sys; subprocess.run([sys.executable, {str(tmp_path / 'inner.py')!r}])"
    )
    finish(start(tmp_path, "-c", code))
    run = gradtui.open_run(tmp_path / "run")
    assert (run.tensors, len(run.steps), run.state) == (("weight", "bias"), 5, "ended")
    assert run.command[-1].endswith("inner.py")


@pytest.mark.slow
def test_what_goes_wrong_on_our_side_stays_there(tmp_path: Path) -> None:
    variables = {PACKAGE: str(tmp_path / "nowhere"), RUN: str(tmp_path / "a" / "run")}
    process = start(
        tmp_path / "a", "-c", f"import os; os.environ |= {variables}\n{TRAIN}\nprint(1)"
    )
    out, said = finish(process)
    assert (out, said) == ("1\n", "")
    assert "getting ready" in complaints(tmp_path / "a" / "run")


@pytest.mark.slow
def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    variables = os.environ | environment(tmp_path / "file" / "run")
    process = start(tmp_path / "b", "-c", TRAIN + "print(1)", watch=False, **variables)
    assert finish(process) == ("1\n", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "word",
    ["a lot", *(pytest.param(word, marks=pytest.mark.long) for word in ("nan", "-1", "0", ""))],
)
def test_a_budget_that_is_none_is_ignored_with_a_line(tmp_path: Path, word: str) -> None:
    finish(start(tmp_path, "-c", TRAIN, **{OVERHEAD: word}))
    assert complaints(tmp_path / "run").count("\n") == 1
    assert f"overhead {word!r} is ignored: 0.03" in complaints(tmp_path / "run")
    assert len(gradtui.open_run(tmp_path / "run").steps) == 5


def test_the_budget_travels(tmp_path: Path) -> None:
    code = "import gc\nfrom gradtui.instrument.budget import Ledger\n"
    code += "print([(o.share, o.every_step) for o in gc.get_objects() if type(o) is Ledger])"
    made = environment("run", overhead=0.25, catch_nan=True)
    variables = {name: made[name] for name in (OVERHEAD, CATCH)}
    assert finish(start(tmp_path, "-c", TRAIN + code, **variables))[0] == "[(0.25, True)]\n"


def test_environment_is_put_first_once() -> None:
    first = environment("run", base={"PYTHONPATH": f"a{os.pathsep}b"})
    again = environment("run", base=first)
    assert first == again
    ours, *others = first["PYTHONPATH"].split(os.pathsep)
    assert (Path(ours) / "sitecustomize.py").is_file()
    assert others == ["a", "b"]
    assert ours not in sys.path
