"""What `--to` may name, and what is said where it names nothing."""

from pathlib import Path

import pytest

from gradtui.cli import build_parser, parsed
from gradtui.commands.forward import address as module
from gradtui.commands.forward.address import (
    Address,
    address,
    refuse_unsendable,
    shown,
    without_user,
)
from gradtui.core.errors import GradtuiError, UsageError


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("tensorboard=logs/a=b", Address("tensorboard", "logs/a=b")),
        ("wandb", Address("wandb")),
        ("wandb=team/project", Address("wandb", "team/project")),
        ("mlflow", Address("mlflow")),
        ("mlflow=file:/tmp/ml", Address("mlflow", "file:/tmp/ml")),
        ("mlflow=sqlite:///ml.db", Address("mlflow", "sqlite:///ml.db")),
        ("mlflow=http://host:5000", Address("mlflow", "http://host:5000")),
        ("otlp=https://host/api/v1/otlp", Address("otlp", "https://host/api/v1/otlp")),
    ],
)
def test_what_it_names(word: str, expected: Address) -> None:
    assert address(word) == expected


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("tensorbord=x", "cannot send to 'tensorbord': did you mean 'tensorboard'?"),
        ("\x1b[2J=x", "cannot send to '\\x1b[2J': choose from tensorboard, wandb, mlflow, otlp."),
        ("tensorboard", "needs to know where: --to tensorboard=logs."),
        ("otlp=", "needs to know where: --to otlp=http://localhost:4318."),
        ("otlp=localhost:4318", "is no address of http: or https:."),
        ("otlp=ftp://host", "is no address of http: or https:."),
        ("otlp=file:///etc/passwd", "is no address of http: or https:."),
        ("otlp=http://", "is no address of http: or https:."),
        ("otlp=http://host:port", "is no address of http: or https:."),
        ("otlp=http://[::1", "is no address of http: or https:."),
        ("otlp=http://ho st", "is no address of http: or https:."),
        ("otlp=gopher://me:hunter22@host", "'gopher://me:***@host' is no address"),
        ("mlflow=gopher://host", "is no address of file:, sqlite:, http: or https:."),
    ],
)
def test_what_is_none_is_said_in_one_sentence(word: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        address(word)
    assert words in str(error.value)
    assert "hunter22" not in str(error.value)


def test_it_may_be_given_several_times() -> None:
    words = ["run", "--to", "wandb", "--to", "otlp=http://h", "python", "a.py", "--to", "x"]
    args = parsed(build_parser(), words)
    assert args.to == [Address("wandb"), Address("otlp", "http://h")]
    assert args.command == ["python", "a.py", "--to", "x"]
    assert parsed(build_parser(), ["check", "--", "python", "--to"]).to == []


def test_passwords_are_not_shown() -> None:
    assert Address("otlp", "http://me:secret@h/x?token=abc&y=1").shown == (
        "http://me:***@h/x?token=***&y=1"
    )
    assert shown("a\x1b[2Jb") == "a\\x1b[2Jb"


def test_a_password_is_taken_out_of_an_address() -> None:
    assert without_user("http://me:p%40ss@h:1/x?y=1") == ("http://h:1/x?y=1", ("me", "p@ss"))
    assert without_user("http://h/x") == ("http://h/x", None)
    assert without_user("") == ("", None)


def test_what_cannot_work_is_refused_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Address("tensorboard", str(tmp_path / "deep" / "logs"))
    monkeypatch.setitem(module.NEEDS, "tensorboard", "json")
    refuse_unsendable([board])
    assert (tmp_path / "deep" / "logs").is_dir()
    with pytest.raises(UsageError, match=r"logs is there twice\.$"):
        refuse_unsendable([board, board])
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        refuse_unsendable([Address("tensorboard", str(tmp_path / "file" / "logs"))])
    used = tmp_path / "deep" / "logs" / "run-a"
    used.mkdir()
    (used / "events.out.tfevents.1").write_text("")
    refuse_unsendable([board], "run-b")
    with pytest.raises(UsageError, match=r"has events of this run already: name another folder\.$"):
        refuse_unsendable([board], "run-a")


@pytest.mark.parametrize("missing", ["nowhere_at_all", "nowhere_at_all.exporter.http"])
def test_a_package_that_is_missing_is_named_with_its_extra(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.NEEDS, "otlp", missing)
    with pytest.raises(GradtuiError) as error:
        refuse_unsendable([Address("otlp", "http://h")])
    assert str(error.value) == (
        "--to otlp needs nowhere_at_all: python -m pip install 'gradtui[otlp]'"
    )
