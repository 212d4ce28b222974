"""Exports say what was recorded, in each format's own words for what is missing or not finite."""

import csv
import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.snapshot import Grad, Snapshot
from gradtui.runstore.export.csv_and_parquet import cell, write_csv, write_parquet
from gradtui.runstore.export.jsonl import write_jsonl
from gradtui.runstore.export.tensorboard import write_tensorboard
from tests.runstore.recorded import LAYOUT, record, snap


def awkward() -> list[Snapshot]:
    """NaN, inf, a missing gradient, a closure, a second optimizer."""
    missing = snap(1).grads.copy()
    missing[1] = np.nan
    return [
        snap(0),
        replace(snap(1), grads=missing, clip_coefficient=0.5),
        snap(2, float("nan"), loss=float("inf"), skipped=True),
        replace(snap(3), evaluation=1),
        replace(snap(3), evaluation=2, optimizer=1, stage="unscaled"),
    ]


def lines(run: Path) -> list[dict[str, Any]]:
    out = io.StringIO()
    count = write_jsonl(run, out)
    found = [json.loads(line, parse_constant=pytest.fail) for line in out.getvalue().splitlines()]
    assert len(found) == count
    return found


def test_jsonl(tmp_path: Path) -> None:
    record(tmp_path / "r", awkward())
    found = lines(tmp_path / "r")
    assert list(found[0]) == [
        *("step", "rank", "optimizer", "evaluation", "loss", "lr", "total_norm", "stage"),
        *("clip_coefficient", "skipped", "objective", "clipped_norm", "tensors", "metrics"),
    ]
    assert [(f["step"], f["evaluation"], f["optimizer"]) for f in found[2:]] == [
        (2, 0, 0),
        (3, 1, 0),
        (3, 2, 1),
    ]
    weight = found[0]["tensors"]["layers.0.weight"]
    assert weight == {
        "grad_norm": 1.0,
        "grad_abs_max": 0.25,
        "zeros": 0,
        "nonfinite": 0,
        "numel": 4096,
        "weight_norm": 8.0,
        "update_norm": 0.1,
    }
    gone = found[1]["tensors"]["layers.0.bias"]
    assert (gone["grad_norm"], gone["zeros"], gone["numel"]) == (None, None, 64)
    assert found[1]["clip_coefficient"] == 0.5
    assert found[0]["clip_coefficient"] == "nan"
    assert (found[2]["loss"], found[2]["skipped"], found[2]["total_norm"]) == ("inf", True, "nan")
    assert found[2]["tensors"]["layers.0.weight"]["grad_norm"] == "nan"
    assert found[2]["tensors"]["layers.0.weight"]["nonfinite"] == 1
    assert found[4]["stage"] == "unscaled"


def test_ranks_are_exported_each_for_itself(tmp_path: Path) -> None:
    for rank in range(2):
        record(tmp_path / "r", [snap(0), snap(1)], rank=rank, world_size=2)
    assert [(f["rank"], f["step"]) for f in lines(tmp_path / "r")] == [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
    ]


def test_thinned_steps_keep_their_scalars(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(i, slow=False) for i in range(2000)], budget=1 << 15)
    found = lines(tmp_path / "r")
    assert [f["step"] for f in found] == list(range(2000))
    full = [f["step"] for f in found if f["tensors"]]
    assert 0 < len(full) < 200
    for f in found:
        if f["tensors"]:
            assert f["tensors"]["layers.0.weight"]["grad_norm"] == 1.0 + f["step"]


def test_zeros_that_were_not_counted_are_none(tmp_path: Path) -> None:
    """Where time is short only norms are taken."""
    uncounted = snap(1).grads.copy()
    uncounted[:, Grad.ZEROS] = np.nan
    record(tmp_path / "r", [snap(0), replace(snap(1), grads=uncounted)])
    weight = lines(tmp_path / "r")[1]["tensors"]["layers.0.weight"]
    assert (weight["grad_norm"], weight["zeros"], weight["nonfinite"]) == (2.0, None, 0)


def test_csv(tmp_path: Path) -> None:
    record(tmp_path / "r", awkward())
    out = io.StringIO()
    assert write_csv(tmp_path / "r", out) == 5
    found = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert found[0]["layers.0.weight.grad_norm"] == "1.0"
    assert found[1]["layers.0.bias.grad_norm"] == ""
    assert found[2]["loss"] == "inf"
    assert found[2]["skipped"] == "true"
    assert found[2]["layers.2.weight.grad_norm"] == "nan"


NAMES = ("=cmd()", "+1", "-1", "@x", "\t=1", "a\x1b[2J", "a\u202eb", "a,b", "ok.weight")
"""Of tensors that are not what they seem."""


def strange(run: Path) -> None:
    tensors = zip(LAYOUT.tensors, NAMES, strict=False)
    layout = replace(LAYOUT, tensors=tuple(replace(t, name=name) for t, name in tensors))
    record(run, [snap(0, layout=layout)], layout)


def test_names_in_a_table_are_neither_formulas_nor_escapes(tmp_path: Path) -> None:
    strange(tmp_path / "r")
    out = io.StringIO()
    write_csv(tmp_path / "r", out)
    told = next(csv.reader(io.StringIO(out.getvalue())))
    names = [title.removesuffix(".grad_norm") for title in told if title.endswith(".grad_norm")]
    assert names == ["'=cmd()", "'+1", "'-1", "'@x", "\\t=1", "a\\x1b[2J"]
    assert cell("a\u202eb") == "a\\u202eb"
    assert cell("ok.weight") == "ok.weight"
    assert list(lines(tmp_path / "r")[0]["tensors"]) == list(NAMES[:6]), "as they are"


def test_a_negative_number_is_no_formula(tmp_path: Path) -> None:
    record(tmp_path / "r", [replace(snap(0), loss=-1.5)])
    out = io.StringIO()
    write_csv(tmp_path / "r", out)
    assert next(csv.DictReader(io.StringIO(out.getvalue())))["loss"] == "-1.5"


def test_links_where_an_export_was_to_be(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(0)])
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "rank0").symlink_to(tmp_path / "real")
    for write, place in (
        (write_parquet, tmp_path / "out"),
        (write_tensorboard, tmp_path / "out"),
        (write_tensorboard, tmp_path / "folder"),
    ):
        with pytest.raises(GradtuiError, match="is a link: remove it"):
            write(tmp_path / "r", place)
    assert not list((tmp_path / "real").iterdir())


@pytest.mark.parametrize(
    ("write", "package"), [(write_parquet, "pyarrow"), (write_tensorboard, "tensorboard")]
)
def test_what_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any, package: str
) -> None:
    for name in (package, f"{package}.parquet", f"{package}.summary.writer.event_file_writer"):
        monkeypatch.setitem(sys.modules, name, None)
    record(tmp_path / "r", [snap(0)])
    with pytest.raises(UsageError, match=rf"needs {package}: python -m pip install 'gradtui\["):
        write(tmp_path / "r", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def exported(run: Path, form: str, out: Path) -> None:
    """`gradtui export` in a process of its own, where every warning is an error."""
    words = ["export", str(run), "--format", form, "-o", str(out)]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "gradtui", *words],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def two_ranks(run: Path) -> None:
    for rank in range(2):
        record(run, awkward(), rank=rank, world_size=2)


def test_parquet_as_pyarrow_reads_it(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    two_ranks(tmp_path / "r")
    exported(tmp_path / "r", "parquet", tmp_path / "out.parquet")
    table = parquet.read_table(tmp_path / "out.parquet")
    kinds = {name: str(table.schema.field(name).type) for name in ("step", "stage", "skipped")}
    assert kinds == {"step": "int64", "stage": "string", "skipped": "bool"}
    assert str(table.schema.field("layers.0.weight.zeros").type) == "double"
    told = table.to_pydict()
    assert told["rank"] == [0] * 5 + [1] * 5
    assert told["step"] == [0, 1, 2, 3, 3] * 2
    assert told["skipped"] == [False, False, True, False, False] * 2
    assert told["stage"][:5] == ["raw"] * 4 + ["unscaled"]
    assert told["loss"][0] == 2.3
    assert told["loss"][2] == float("inf")
    assert told["layers.0.bias.grad_norm"][:2] == [0.1, None]
    assert np.isnan(told["layers.2.weight.grad_norm"][2])
    assert told["layers.1.weight.weight_norm"][0] == 8.0
    assert told["layers.1.weight.weight_norm"][1] is None, "not measured at that step"


def test_tensorboard_as_its_own_loader_reads_it(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run, out = tmp_path / "r", tmp_path / "out"
    two_ranks(run)
    exported(run, "tensorboard", out)
    assert {path.name for path in out.iterdir()} == {"rank0", "rank1"}
    for rank in range(2):
        loaded = EventAccumulator(str(out / f"rank{rank}"))
        loaded.Reload()
        tags = loaded.Tags()["scalars"]
        assert {"loss", "lr", "grad/total_norm", "layers.2.bias/update_norm"} <= set(tags)
        losses = loaded.Scalars("loss")
        assert [e.step for e in losses] == [0, 1, 2, 3, 3]
        assert losses[0].value == pytest.approx(2.3)
        assert losses[2].value == float("inf")
        assert abs(losses[0].wall_time - time.time()) < 600
        assert [e.step for e in loaded.Scalars("layers.0.bias/grad_norm")] == [0, 2, 3, 3]
        assert [(e.step, e.value) for e in loaded.Scalars("clip")] == [(1, 0.5)]
        norms = loaded.Scalars("layers.0.weight/grad_norm")
        assert np.isnan(norms[2].value)
        assert norms[1].value == 2.0
    with pytest.raises(UsageError, match="name another folder"):
        write_tensorboard(run, out)


def test_tensorboard_gets_every_step_and_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Any] = []

    class Writer:
        def __init__(self, folder: str) -> None:
            self.folder = folder

        def add_event(self, event: Any) -> None:
            written.append((Path(self.folder).name, event))

        def close(self) -> None:
            written.append("closed")

    class Summary(SimpleNamespace):
        Value = SimpleNamespace

    root = "tensorboard"
    stand_ins = {
        f"{root}.summary.writer.event_file_writer": SimpleNamespace(EventFileWriter=Writer),
        f"{root}.compat.proto.event_pb2": SimpleNamespace(Event=SimpleNamespace),
        f"{root}.compat.proto.summary_pb2": SimpleNamespace(Summary=Summary),
    }
    for name, module in stand_ins.items():
        monkeypatch.setitem(sys.modules, name, module)
    record(tmp_path / "r", awkward())
    assert write_tensorboard(tmp_path / "r", tmp_path / "out") == 5
    assert written[-1] == "closed"
    folder, event = written[0]
    values = {value.tag: value.simple_value for value in event.summary.value}
    assert (folder, event.step) == ("rank0", 0)
    assert values["layers.0.weight/grad_norm"] == 1.0
    assert "layers.0.bias/grad_norm" not in {v.tag for v in written[1][1].summary.value}
