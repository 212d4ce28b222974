"""The bench itself, shortened, and that it sees what it looks for."""

from pathlib import Path
from random import Random

import pytest

from gradtui.core.errors import GradtuiError
from tests.fuzz.bench import Outcome, bench, failures, table
from tests.fuzz.damage import DAMAGES, files
from tests.fuzz.specimens import SPECIMENS
from tests.fuzz.ways import WrongError, checked, sentence
from tests.fuzz.worker import Order, plan


@pytest.mark.slow
def test_some_hundred_damaged_runs() -> None:
    out = bench(100, 0, 2, dear=0.006, shell=0.002, each=1)
    assert out.clean, f"{table(out)}\n{failures(out)}"
    assert out.runs.total() == 100
    assert set(out.runs) == set(DAMAGES)


def test_every_specimen_is_damaged_in_every_way(tmp_path: Path) -> None:
    specimen = tmp_path / "r"
    for seed, kind in enumerate(DAMAGES):
        made = list(SPECIMENS.values())[seed % len(SPECIMENS)]
        made(specimen / kind)
        before = {p.name: p.lstat().st_mode for p in (specimen / kind).iterdir()}
        contents = {p.name: p.read_bytes() for p in (specimen / kind).iterdir()}
        for turn in range(40):
            going = DAMAGES[kind](Random(turn), specimen / kind)
            if going is not None:
                going()
            after = {p.name: p.lstat().st_mode for p in (specimen / kind).iterdir()}
            small = files(specimen / kind)
            if after != before or len(small) < len(after):
                break
            if any(contents[p.name] != p.read_bytes() for p in small):
                break
        else:
            pytest.fail(f"{kind} does nothing")


def test_an_order_says_by_itself_what_is_done() -> None:
    for seed in range(50):
        one, other = plan(Order(seed, 0, 0)), plan(Order(seed, 0, 0))
        assert one[1:] == other[1:]
        assert one[0].random() == other[0].random()


@pytest.mark.parametrize(
    ("code", "out", "err"),
    [
        (5, "", ""),
        (1, "", ""),
        (0, "\x1b[2J", ""),
        (0, "a\u202eb", ""),
        (0, "", "Traceback (most recent call last):\n"),
        (0, "", "x.py:3: RuntimeWarning: overflow\n"),
        (1, "", "gradtui: unexpected ValueError: please report it\n"),
        (2, "", "gradtui: one\ngradtui: two\n"),
    ],
)
def test_what_no_command_may_do(code: int, out: str, err: str) -> None:
    with pytest.raises(WrongError):
        checked(["runs"], code, out, err)
    checked(["runs"], 2, "a\tb\n", "gradtui: there is no such run\n")


def test_what_is_no_sentence() -> None:
    sentence(GradtuiError("it is a link"))
    for words in ("", "a\nb", "\x1b", "x" * 9999):
        with pytest.raises(WrongError):
            sentence(GradtuiError(words))


def test_the_table_names_the_seed() -> None:
    out = Outcome()
    out.runs["links"] = 3
    out.wrong.append((17, "single: links + bits", "opened", "ValueError: x"))
    assert not out.clean
    assert table(out).splitlines()[1].split() == ["links", "3", "1", "0", "0"]
    assert failures(out).startswith("seed 17 (single: links + bits), opened:")
