"""Python in README and docs does what stands beside it."""

from pathlib import Path

import numpy as np
import pytest
import torch

import gradtui
from gradtui.core.event import Ended
from tests.documents.pages import PAGES, README, page
from tests.runstore.recorded import record, snap

SNIPPETS = [
    (p.name, i, code) for p in PAGES for i, (kind, code) in enumerate(p.blocks) if kind == "python"
]


@pytest.mark.parametrize(("where", "number", "code"), SNIPPETS, ids=lambda x: str(x)[:20])
def test_blocks_of_python_run(where: str, number: int, code: str) -> None:
    exec(compile(code, f"{where}, block {number}", "exec"), {"__name__": "snippet"})


def test_the_lines_that_watch_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the README has as `watch = gradtui.watch(model)` and `watch.close()`, and the way back."""
    begin = next(span for span in README.spans if span.startswith("watch = "))
    end = next(span for span in README.spans if span.startswith("watch.close"))
    reads = [span for span in README.spans if span.startswith("gradtui.open_run(")]
    log = next(span for span in README.spans if span.startswith("gradtui.log("))
    read = next(span for span in reads if span.endswith(".loss"))
    metrics = next(span for span in reads if span.endswith(".metrics"))
    switch = next(s for s in page("docs/nan-rerun.md").spans if s.startswith("gradtui.watch("))
    monkeypatch.setenv("GRADTUI_RUNS", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["train.py"])
    monkeypatch.setattr("sys.orig_argv", ["python", "train.py"])
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    space = {"gradtui": gradtui, "model": model}
    for line in (begin, f"watch = {switch}"):
        exec(line, space)
        for _ in range(5):
            optimizer.zero_grad()
            model(torch.ones(2, 3)).square().mean().backward()
            optimizer.step()
            exec(log, space)
        exec(end, space)
    assert len(list(tmp_path.iterdir())) == 2
    (accuracy,) = eval(metrics, space).values()
    assert accuracy.value.tolist() == [0.93] * 5
    loss = eval(read, space)
    assert isinstance(loss, np.ndarray)
    assert len(loss) == 5
    assert np.isfinite(loss).all()


def test_a_run_goes_by_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, a part that only one name has, part@last, or its path."""
    from gradtui.core.errors import UsageError

    assert "`part@last` is the newest whose name has the part. A path works as well." in README.flat
    monkeypatch.setenv("GRADTUI_RUNS", str(tmp_path))
    names = ("20261121-063337-train-3f9a07", "20261122-063337-train-aaaaaa", "train")
    for name in names:
        record(tmp_path / name, [snap(0), Ended(1, 1, "finished")])

    def found(word: str) -> str:
        return gradtui.open_run(word).path.name

    assert found("train") == "train"  # the exact name, though others have it in theirs
    assert found("3f9a07") == names[0]
    assert found("2026@last") == names[1]
    assert found(str(tmp_path / names[0])) == names[0]
    with pytest.raises(UsageError, match="is in the names of 2 runs"):
        found("2026")
