"""Which scenarios there are, and which file wins."""

from pathlib import Path

import pytest

from gradtui.core.errors import ScenarioError
from gradtui.lab.scenario.catalogue import collect, read_catalogue, shipped_folder


def write(folder: Path, name: str, title: str = "t", order: int | None = None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    words = f'title = "{title}"\nexpect = "healthy"\n'
    if order is not None:
        words += f"order = {order}\n"
    (folder / f"{name}.toml").write_text(words)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "gradtui" / "scenarios"


def test_every_shipped_scenario_is_usable(home: Path) -> None:
    catalogue = read_catalogue()
    assert catalogue.broken == {}
    assert catalogue.scenarios
    assert {Path(s.path).parent for s in catalogue.scenarios.values()} == {shipped_folder()}


def test_own_files_win_over_shipped_ones_and_extra_ones_over_both(
    home: Path, tmp_path: Path
) -> None:
    write(home, "deep_sigmoid", "mine")
    write(home, "own", "own")
    assert read_catalogue().find("deep_sigmoid").title == "mine"
    write(tmp_path / "extra", "own", "extra")
    catalogue = read_catalogue(tmp_path / "extra")
    assert catalogue.find("own").title == "extra"
    assert catalogue.find("deep_sigmoid").title == "mine"


def test_order_then_name(tmp_path: Path) -> None:
    write(tmp_path, "b")
    write(tmp_path, "a")
    write(tmp_path, "z", order=1)
    write(tmp_path, "y", order=2000)
    assert list(collect([tmp_path]).scenarios) == ["z", "a", "b", "y"]


def test_a_broken_file_hides_no_other_and_says_what_is_wrong_when_named(
    home: Path, tmp_path: Path
) -> None:
    write(home, "fine")
    (home / "broken.toml").write_text("title = ")
    (home / "deep_sigmoid.toml").write_text("title = ")
    (home / "folder.toml").mkdir()
    (home / "Bad Name.toml").write_text("")
    catalogue = read_catalogue()
    assert catalogue.find("fine").title == "t"
    assert sorted(catalogue.broken) == ["Bad Name", "broken", "deep_sigmoid", "folder"]
    for name in ("broken", "deep_sigmoid"):
        with pytest.raises(ScenarioError, match=f"{name}.toml: is not valid TOML"):
            catalogue.find(name)


def test_a_good_file_replaces_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "net.toml").write_text("title = ")
    write(tmp_path / "two", "net")
    catalogue = collect([tmp_path / "one", tmp_path / "two"])
    assert catalogue.broken == {}
    assert catalogue.find("net").title == "t"


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "net")
    (tmp_path / ".hidden.toml").write_text("title = ")
    (tmp_path / "net.toml~").write_text("title = ")
    (tmp_path / "notes.txt").write_text("x")
    catalogue = collect([tmp_path, tmp_path / "missing"])
    assert list(catalogue.scenarios) == ["net"]
    assert catalogue.broken == {}


def test_names_that_are_not_there(tmp_path: Path) -> None:
    write(tmp_path, "deep_sigmoid")
    catalogue = collect([tmp_path])
    with pytest.raises(ScenarioError, match="did you mean 'deep_sigmoid'"):
        catalogue.find("deep_sigmiod")
    with pytest.raises(ScenarioError, match="gradtui list"):
        catalogue.find("qqq")
    with pytest.raises(ScenarioError, match=r"\\x1b\[2J"):
        catalogue.find("\x1b[2J")


def test_a_path_is_a_name_too(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", "net", "from a file")
    assert collect([]).find(str(tmp_path / "elsewhere" / "net.toml")).title == "from a file"


def test_the_folder_of_a_flag_must_be_there(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="is not a folder"):
        read_catalogue(tmp_path / "missing")


def test_a_relative_config_home_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "rel" / "gradtui" / "scenarios", "net")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", "rel")
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    assert "net" not in read_catalogue().scenarios
