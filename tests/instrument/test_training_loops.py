"""How long a program means to train, by its source and its variables."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, Dataset, Sampler, Subset, TensorDataset

from gradtui.instrument.frame_variables import variables
from gradtui.instrument.training_loops import Loop, Plan, plan
from gradtui.nan_trace.source_lines import program_frames

DATA = """
from torch.utils.data import Dataset
class Rows(Dataset):
    def __init__(self, n):
        self.rows = list(range(n))
    def __len__(this):
        return len(this.rows)
    def __getitem__(self, i):
        return self.rows[i]
class Fixed(Rows):
    def __len__(self):
        "How many."
        return 100
class Asked(Rows):
    def __len__(self):
        print("asked")
        return 100
"""


def planned(tmp_path: Path, source: str, **given: Any) -> list[Plan | None]:
    """What is planned at each call of `step()` in this program."""
    file = tmp_path / "prog.py"
    file.write_text(source)
    module = ModuleType("prog")
    found: list[Plan | None] = []

    def step() -> None:
        outer: FrameType | None = sys._getframe(1)
        own = [frame for frame in program_frames(outer) if frame.f_code.co_filename == str(file)]
        found.append(plan(own, variables))

    vars(module).update(step=step, torch=torch, DataLoader=DataLoader, **given)
    exec(compile(source, str(file), "exec"), vars(module))
    return found


def lengths(found: Plan | None) -> list[int] | None:
    return None if found is None else [loop.length for loop in found.loops]


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("range(7)", [7]),
        ("range(3, 11, 2)", [4]),
        ("range(args.epochs)", [5]),
        ("range(cfg['steps'])", [6]),
        ("range(args.epochs * len(rows) // 2)", [25]),
        ("range(int(max(3, args.epochs)))", [5]),
        ("range(0, len(rows), 4)", [3]),
        ("enumerate(rows)", [10]),
        ("enumerate(rows, 1)", [10]),
        ("enumerate(rows, start=2)", [10]),
        ("tqdm(rows)", [10]),
        ("enumerate(tqdm(rows, desc='x'))", [10]),
        ("zip(rows, rows[:4])", None),
        ("zip(rows, few)", [3]),
        ("itertools.islice(itertools.count(), 8)", [8]),
        ("few", [3]),
        ("(1, 2, 3, 4)", [4]),
        ("torch.ones(12, 2)", None),
        ("x.split(5)", [3]),
        ("x.chunk(4)", [4]),
        ("x", [12]),
        ("iter(rows)", None),
        ("rows if args else few", None),
        ("range(unknown())", None),
    ],
)
def test_one_loop(tmp_path: Path, head: str, wanted: list[int] | None) -> None:
    source = f"def train():\n    for turn in {head}:\n        step()\n        break\ntrain()\n"
    (found,) = planned(
        tmp_path,
        source,
        args=SimpleNamespace(epochs=5),
        cfg={"steps": 6},
        rows=list(range(10)),
        few=[1, 2, 3],
        x=torch.ones(12, 1),
        tqdm=lambda things, desc="": things,
        itertools=__import__("itertools"),
        unknown=lambda: 4,
    )
    assert lengths(found) == wanted


def test_loops_around_one_another_in_several_functions(tmp_path: Path) -> None:
    source = (
        "def epoch_of(rows):\n"
        "    for i, row in enumerate(rows):\n"
        "        step()\n"
        "def main():\n"
        "    for epoch in range(2, 6):\n"
        "        epoch_of(rows)\n"
        "main()\n"
    )
    found = planned(tmp_path, source, rows=list(range(10)))
    assert len(found) == 40
    assert all(one is not None and one.turns == 40 and one.of_epoch == 10 for one in found)
    assert [one and one.over for one in found] == list(range(40))
    assert found[13] == Plan((Loop(4, 1, "epoch"), Loop(10, 3, "i")))


def test_without_a_count_of_the_inner_turns(tmp_path: Path) -> None:
    source = "for epoch in range(3):\n    for row in rows:\n        step()\n"
    found = planned(tmp_path, source, rows=list(range(4)))
    assert [one and (one.over, one.begun) for one in found][4:9] == [*[(None, 4)] * 4, (None, 8)]
    assert found[0] is not None
    assert found[0].of_epoch == 4  # by its name, however short


@pytest.mark.parametrize(
    "source",
    [
        "def main():\n    while True:\n        for row in rows:\n            step()\n        return\nmain()",
        "[step() for row in rows]",
        "sum((step() or 1) for row in rows)",
        "step()",
        "for row in rows[:1]:\n    step()",
        "def rest():\n    yield 1\nfor row in rest():\n    step()",
    ],
)
def test_what_has_no_end_that_is_known(tmp_path: Path, source: str) -> None:
    assert set(planned(tmp_path, source, rows=[1, 2])) == {None}


def test_a_loop_that_is_over_is_none(tmp_path: Path) -> None:
    source = "for _ in range(9):\n    pass\nfor row in range(4):\n    step()\nelse:\n    step()\n"
    assert [lengths(one) for one in planned(tmp_path, source)] == [*[[4]] * 4, None]


def test_short_loops_are_no_data_to_go_through(tmp_path: Path) -> None:
    source = "for turn in range(30):\n    for net in (1, 2):\n        step()\n"
    found = planned(tmp_path, source)
    assert {one and one.of_epoch for one in found} == {0}
    assert {one and one.turns for one in found} == {60}


class Own(Sampler[int]):
    def __iter__(self) -> Iterator[int]:
        return iter(range(10))


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        ("DataLoader(Rows(100), batch_size=8)", 13),
        ("DataLoader(Rows(100), batch_size=8, drop_last=True, shuffle=True)", 12),
        ("DataLoader(Fixed(100), batch_size=50)", 2),
        ("DataLoader(TensorDataset(torch.ones(64, 2)), batch_size=16)", 4),
        ("DataLoader(Subset(Rows(100), range(30)), batch_size=10)", 3),
        ("DataLoader(list(range(20)), batch_size=None)", 20),
        (
            "DataLoader(Rows(100), sampler=RandomSampler(Rows(100), num_samples=40), batch_size=4)",
            10,
        ),
        ("DataLoader(Asked(100), batch_size=8)", None),
        ("DataLoader(Rows(100), sampler=Own(), batch_size=8)", None),
    ],
)
def test_loaders(
    tmp_path: Path, made: str, wanted: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    train = "def train():\n    for batch in loader:\n        step()\n        return\ntrain()\n"
    source = f"{DATA}\nloader = {made}\n{train}"
    (found,) = planned(
        tmp_path,
        source,
        TensorDataset=TensorDataset,
        Subset=Subset,
        RandomSampler=torch.utils.data.RandomSampler,
        Own=Own,
    )
    assert lengths(found) == (None if wanted is None else [wanted])
    asked = capsys.readouterr().out
    bare = ModuleType("bare")
    vars(bare).update(vars(torch.utils.data), torch=torch, Own=Own, step=lambda: None)
    exec(source, vars(bare))
    assert asked == capsys.readouterr().out


def test_a_data_set_of_another_kind_is_not_asked() -> None:
    class Hostile(Dataset[int]):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

        def __iter__(self) -> Iterator[int]:
            return iter([1, 2])

    hostile = Hostile()
    for _ in range(3):
        for _ in hostile:
            assert plan([sys._getframe()], variables) is None
