"""`gradtui export`."""

import argparse
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gradtui.cli import main
from gradtui.commands.export import size
from gradtui.commands.output_file import write
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.event import Failed
from gradtui.runstore.reader.open_run import open_run
from tests.runstore.recorded import record, snap

TINY = 'title = "t"\nexpect = "healthy"\nsteps = 3\n[model]\ndepth = 2\nwidth = 8\n'


@pytest.fixture
def scenario(tmp_path: Path) -> str:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return str(path)


@pytest.mark.slow
def test_a_picture(scenario: str, tmp_path: Path) -> None:
    target = tmp_path / "out.svg"
    code = main(["export", scenario, "--size", "100x30", "-o", str(target), "--device", "cpu"])
    assert code == 0
    assert ElementTree.fromstring(target.read_text()).tag.endswith("svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.svg", "tiny.toml"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--format", "png"], "there is no --format 'png'"),
        (["--size", "10x5"], "must be 40x12 to 500x200, not '10x5'"),
        (["-o", "/nowhere/at/all.svg"], "there is no folder /nowhere/at: make it first."),
        (["-o", "/"], "/ is a folder: name a file in it."),
        (["--theme", "gradtui-drak", "-o", "x.svg"], "did you mean 'gradtui-dark'?"),
    ],
)
def test_usage(
    words: list[str], sentence: str, scenario: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", scenario, *words]) == 2
    assert sentence in capfd.readouterr().err


@pytest.mark.parametrize("word", ["x" * 5000, "a/" + "x" * 5000, "a\0b", "\x1b[2J", "/dev/zero"])
def test_names_that_no_file_can_have(
    word: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for flags in (["--format", "csv"], ["-o", str(tmp_path / "x.svg")]):
        assert main(["export", word, *flags, "--runs", str(tmp_path)]) == 2
        said = capfd.readouterr().err
        assert "there " in said
        assert said.removesuffix("\n").isprintable()
    with pytest.raises(UsageError):
        open_run(word, tmp_path)


def test_size() -> None:
    assert size("140x45") == (140, 45)
    for word in ("", "140", "x", "140x", "14000x45", "140X45", "-1x2", "١٤٠x٤٥"):
        with pytest.raises(argparse.ArgumentTypeError, match="must be 40x12"):
            size(word)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "x.svg"
    target.write_text("old")
    write("new", target)
    assert target.read_text() == "new"
    with pytest.raises(GradtuiError, match="could not be written"):
        write("new", tmp_path / ("n" * 300))
    assert [path.name for path in tmp_path.iterdir()] == ["x.svg"]


def test_what_is_no_regular_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    device = Path("/dev/null")
    write("new", device)
    assert device.is_char_device()
    assert not list(tmp_path.iterdir())


def test_a_link_is_never_written_through(tmp_path: Path) -> None:
    """Somebody else may have laid it where the picture was to be."""
    real = tmp_path / "real.svg"
    real.write_text("old")
    for name, target in (("link.svg", real), ("new.svg", tmp_path / "made"), ("x.svg", "x.svg")):
        link = tmp_path / name
        link.symlink_to(target)
        with pytest.raises(GradtuiError, match="is a link: remove it"):
            write("new", link)
    assert real.read_text() == "old"
    assert not (tmp_path / "made").exists()


def test_what_is_written_into_a_private_place_is_private(tmp_path: Path) -> None:
    for folder, mode in ((tmp_path / "own", 0o700), (tmp_path / "all", 0o755)):
        folder.mkdir()
        folder.chmod(mode)
        write("new", folder / "x.svg")
    assert (tmp_path / "own" / "x.svg").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "all" / "x.svg").stat().st_mode & 0o077
    (tmp_path / "all" / "x.svg").chmod(0o640)
    write("newer", tmp_path / "all" / "x.svg")
    assert (tmp_path / "all" / "x.svg").stat().st_mode & 0o777 == 0o640


@pytest.mark.slow
def test_a_picture_of_a_run_that_failed(tmp_path: Path) -> None:
    """That it failed is what there is to see."""
    failed = Failed(0, 12, "ValueError: no such batch", "Traceback")
    record(tmp_path / "r", [*(snap(i) for i in range(12)), failed])
    assert main(["export", str(tmp_path / "r"), "-o", str(tmp_path / "x.svg")]) == 0
    assert "batch" in (tmp_path / "x.svg").read_text()
    for charts, dotted in (("auto", True), ("blocks", False)):
        target = tmp_path / f"{charts}.svg"
        assert main(["export", str(tmp_path / "r"), "--charts", charts, "-o", str(target)]) == 0
        assert any("\u2801" <= char <= "\u28ff" for char in target.read_text()) == dotted
