"""Variables of frames are read without a trace, on every Python that there is here."""

import subprocess
import sys
from pathlib import Path

import pytest

from gradtui.instrument import frame_variables
from tests.instrument import frame_idioms

OTHERS = sorted(
    path
    for minor in (11, 12, 13, 14, 15)
    if minor != sys.version_info.minor
    for folder in Path.home().glob(f".pyenv/versions/3.{minor}.*")
    if (path := folder / "bin" / "python3").is_file()
)


def test_idioms_of_this_python() -> None:
    frame_idioms.check(frame_variables.variables)
    assert frame_variables._reader() is not frame_variables._nothing


@pytest.mark.skipif(not OTHERS, reason="no other Python is here")
def test_idioms_of_other_pythons() -> None:
    for python in OTHERS:
        words = [str(python), "-I", "-W", "error", frame_idioms.__file__, frame_variables.__file__]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.strip() != "_nothing"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="only 3.11 is read by place")
@pytest.mark.parametrize(("name", "off"), [("F_FRAME", -8), ("F_CODE", 8), ("FRAME_OBJECT", -8)])
def test_a_frame_that_is_laid_out_otherwise_is_not_read(
    monkeypatch: pytest.MonkeyPatch, name: str, off: int
) -> None:
    assert frame_variables.sound(frame_variables._by_place)
    monkeypatch.setattr(frame_variables, name, getattr(frame_variables, name) + off)
    assert not frame_variables.sound(frame_variables._by_place)
    assert frame_variables._reader() is frame_variables._nothing


def test_a_reader_that_errs_is_not_used() -> None:
    assert not frame_variables.sound(lambda frame: {})
    assert not frame_variables.sound(lambda frame: {"given": 1, "own": 1})
    assert not frame_variables.sound(lambda frame: 1 // 0)
