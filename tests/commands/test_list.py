"""`gradtui list`."""

import json
from pathlib import Path

import pytest

from gradtui.cli import main

SOURCE = 'title = "T\\u001b[31m"\nexpect = "plateau"\norder = 1\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("gradtui.lab.scenario.catalogue.shipped_folder", lambda: tmp_path / "none")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "net.toml").write_text(
        SOURCE + "[[remedy]]\ntitle = 'r'\nset = { model.depth = 3 }\n"
    )
    (tmp_path / "another.toml").write_text(SOURCE.replace("order = 1", "order = 2"))
    return tmp_path


def listed(folder: Path, *words: str) -> int:
    return main(["list", "--scenarios", str(folder), *words])


def test_one_line_each(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert listed(folder) == 0
    first, second = capfd.readouterr().out.splitlines()
    assert first.split() == ["net", "plateau", "1", "remedy", "T\\x1b[31m"]
    assert second.split() == ["another", "plateau", "no", "remedy", "T\\x1b[31m"]


def test_names(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert listed(folder, "--names") == 0
    assert capfd.readouterr().out == "net\nanother\n"


def test_json(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert listed(folder, "--json") == 0
    first, _ = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert first == {
        "schema": 1,
        "name": "net",
        "title": "T\x1b[31m",
        "group": "",
        "order": 1,
        "expected": "plateau",
        "steps": 200,
        "seed": 0,
        "path": str(folder / "net.toml"),
        "remedies": [{"number": 1, "title": "r", "expected": "healthy"}],
    }


def test_a_broken_file_is_reported_once(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.toml").write_text("title = ")
    assert listed(folder, "--names") == 0
    out, err = capfd.readouterr()
    assert out == "net\nanother\n"
    assert err.count("broken.toml") == 1


def test_shipped_scenarios_are_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--names"]) == 0
    assert "deep_sigmoid" in capfd.readouterr().out.splitlines()
