"""What is found out of a program's wiring: in the files of a run, told anew, missing in old ones."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.core.errors import GradtuiError
from gradtui.core.event import Ended, Started
from gradtui.runstore.format.file_names import header_name
from gradtui.runstore.format.run_header import Generation, here
from gradtui.runstore.format.run_json import read_header, write_header
from gradtui.runstore.reader.load import load
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import mlp_layout, run_info, snapshot

FAULTS = (("softmax_twice", "softmax goes into it"), ("never_zeroed", "at 3 steps"))
LAYOUT = mlp_layout(3)


def header_with(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    header = here()
    header.generations.append(Generation(LAYOUT, replace(run_info(), wiring=FAULTS)))
    write_header(tmp_path, header)
    path = tmp_path / header_name(header.label)
    assert read_header(path).generations == header.generations
    return path, json.loads(path.read_text())


def test_a_file_keeps_it_and_an_old_one_has_none(tmp_path: Path) -> None:
    path, data = header_with(tmp_path)
    del data["generations"][0]["info"]["wiring"]
    path.write_text(json.dumps(data))
    assert read_header(path).generations[0].info.wiring == ()


def test_what_a_terminal_could_obey_is_spelt_out(tmp_path: Path) -> None:
    path, data = header_with(tmp_path)
    data["generations"][0]["info"]["wiring"] = [["kind", "\x1b[2J"]]
    path.write_text(json.dumps(data))
    assert read_header(path).generations[0].info.wiring == (("kind", "\\x1b[2J"),)


@pytest.mark.parametrize("odd", [3, ["x"], None, [["a", "b", "c"]], [1]])
def test_a_damaged_one_is_told(tmp_path: Path, odd: Any) -> None:
    path, data = header_with(tmp_path)
    data["generations"][0]["info"]["wiring"] = odd
    path.write_text(json.dumps(data))
    with pytest.raises(GradtuiError, match="damaged"):
        read_header(path)


def test_it_may_be_told_when_the_run_has_begun(tmp_path: Path) -> None:
    info = run_info()
    writer = RunWriter(tmp_path, LAYOUT, info, flush=0.01)
    for step in range(6):
        if step == 3:
            writer.tell(Started(0, LAYOUT, replace(info, wiring=FAULTS)))
        writer.put(snapshot(LAYOUT, step, np.full(3, 0.5)))
    writer.tell(Ended(0, 6, "finished"))
    assert writer.close()
    assert load(tmp_path).info.wiring == FAULTS
    assert load(tmp_path).block.steps.tolist() == list(range(6))


def test_a_reader_hears_of_it_with_the_past(tmp_path: Path) -> None:
    header = here()
    header.generations.append(Generation(LAYOUT, run_info()))
    write_header(tmp_path, header)
    reader = RunReader(tmp_path, look=0.0)
    (begun,) = reader.poll().events
    assert isinstance(begun, Started)
    assert begun.info.wiring == ()
    header.generations.append(Generation(LAYOUT, replace(run_info(), wiring=FAULTS)))
    write_header(tmp_path, header)
    (again,) = reader.poll().events
    assert isinstance(again, Started)
    assert again.info.wiring == FAULTS
    assert reader.poll().events == ()
