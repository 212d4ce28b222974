"""Getting in, and staying out of the way."""

import json
import os
import sys
from pathlib import Path

import pytest

import gradtui
from gradtui.inject import OVERHEAD, PACKAGE, RUN, environment
from tests.inject.watched import complaints, finish, start

TRAIN = """
import torch
from torch import nn
model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for i in range(5):
    optimizer.zero_grad()
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
"""


def test_without_torch_nothing_is_loaded_and_nothing_left(tmp_path: Path) -> None:
    code = "import sys; print(sorted(m for m in sys.modules if 'gradtui' in m or m == 'typing'))"
    with_us, without = (
        start(tmp_path / "a", "-c", code),
        start(tmp_path / "b", "-c", code, watch=False),
    )
    assert finish(with_us) == finish(without)
    assert list((tmp_path / "a" / "run").iterdir()) == []


def test_torch_without_a_step_leaves_nothing(tmp_path: Path) -> None:
    finish(start(tmp_path, "-c", "import torch; torch.nn.Linear(2, 2)(torch.ones(1, 2))"))
    assert list((tmp_path / "run").iterdir()) == []


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


def test_what_goes_wrong_on_our_side_stays_there(tmp_path: Path) -> None:
    variables = {PACKAGE: str(tmp_path / "nowhere"), RUN: str(tmp_path / "a" / "run")}
    process = start(
        tmp_path / "a", "-c", f"import os; os.environ |= {variables}\n{TRAIN}\nprint(1)"
    )
    out, said = finish(process)
    assert (out, said) == ("1\n", "")
    assert "getting ready" in complaints(tmp_path / "a" / "run")


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    variables = os.environ | environment(tmp_path / "file" / "run")
    process = start(tmp_path / "b", "-c", TRAIN + "print(1)", watch=False, **variables)
    assert finish(process) == ("1\n", "")


@pytest.mark.parametrize("word", ["a lot", "nan", "-1", "0", ""])
def test_a_budget_that_is_none_is_ignored_with_a_line(tmp_path: Path, word: str) -> None:
    finish(start(tmp_path, "-c", TRAIN, **{OVERHEAD: word}))
    assert complaints(tmp_path / "run").count("\n") == 1
    assert f"overhead {word!r} is ignored: 0.03" in complaints(tmp_path / "run")
    assert len(gradtui.open_run(tmp_path / "run").steps) == 5


def test_the_budget_travels(tmp_path: Path) -> None:
    code = "import gc\nfrom gradtui.training.watching.budget import Ledger\n"
    code += "print([o.share for o in gc.get_objects() if type(o) is Ledger])"
    variables = {OVERHEAD: environment("run", overhead=0.25)[OVERHEAD]}
    assert finish(start(tmp_path, "-c", TRAIN + code, **variables))[0] == "[0.25]\n"


def test_environment_is_put_first_once() -> None:
    first = environment("run", base={"PYTHONPATH": f"a{os.pathsep}b"})
    again = environment("run", base=first)
    assert first == again
    ours, *others = first["PYTHONPATH"].split(os.pathsep)
    assert (Path(ours) / "sitecustomize.py").is_file()
    assert others == ["a", "b"]
    assert ours not in sys.path
