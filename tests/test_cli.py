"""The command as people run it: exit codes, one-line errors, pipes and signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

import gradtui
from gradtui import cli
from gradtui.cli import VERBS, build_parser, main
from gradtui.core.errors import GradtuiError, TrainingError, UsageError


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "gradtui", *words]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"gradtui {gradtui.__version__}\n"


def test_help_has_examples_for_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], *([verb] for verb in VERBS)):
        with pytest.raises(SystemExit) as caught:
            main([*words, "--help"])
        assert caught.value.code == 0
        out = capsys.readouterr().out
        assert "examples:\n  gradtui" in out
        assert max(len(line) for line in out.splitlines()) <= 100


@pytest.mark.parametrize("words", [(), ("launch",), ("--fps", "20"), ("launch", "--ascii")])
def test_without_a_terminal_launch_names_check(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "gradtui check" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["lanch"], "there is no command 'lanch': did you mean 'launch'?"),
        (["deep"], "there is no command 'deep': choose from launch, list, check"),
        (["completion", "tcsh"], "there is no shell 'tcsh'"),
        (["completion"], "the following arguments are required"),
        (["list", "--zzz"], "unrecognized arguments: --zzz"),
        (["list", "--json", "--names"], "not allowed with argument"),
        (["--fps", "0", "list"], "--fps must be a whole number from 1 to 60, not 0."),
        (["--seed"], "argument --seed: expected one argument"),
        (["lis\x1b[2J"], "lis\\x1b[2J"),
    ],
)
def test_usage(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1
    assert ".." not in err
    assert err.strip().endswith((".", "?"))


def test_common_flags_go_before_the_verb_as_well_as_after(tmp_path: Path) -> None:
    parser = build_parser()
    before = parser.parse_args(["--scenarios", "a", "list"])
    after = parser.parse_args(["list", "--scenarios", "a"])
    assert before.scenarios == after.scenarios == "a"
    both = parser.parse_args(["--scenarios", "a", "list", "--scenarios", "b"])
    assert both.scenarios == "b"


class Verb(ModuleType):
    """A verb that raises."""

    SETTINGS = ()

    def __init__(self, error: BaseException) -> None:
        super().__init__("verb", "Raise.")
        self.error = error

    def add_arguments(self, parser: object) -> None:
        pass

    def run(self, args: object, settings: object) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (GradtuiError("what\x1b to do"), 1, "gradtui: what\\x1b to do\n"),
        (TrainingError("x"), 1, "gradtui: x\n"),
        (UsageError("x"), 2, "gradtui: x\n"),
        (KeyboardInterrupt(), 130, ""),
        (OSError(28, "No space left on device"), 1, "the disk is full"),
    ],
)
def test_errors_become_one_line_and_an_exit_code(
    error: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "_discard_output", lambda: None)
    monkeypatch.setitem(VERBS, "list", Verb(error))
    assert main(["list"]) == code
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") <= 1


def test_an_unexpected_error_says_where_its_traceback_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setitem(VERBS, "list", Verb(ZeroDivisionError("one\ntwo")))
    assert main(["list"]) == 1
    err = capsys.readouterr().err
    (written,) = tmp_path.iterdir()
    assert err.count("\n") == 1
    assert "unexpected ZeroDivisionError (one)" in err
    assert str(written) in err
    assert "ZeroDivisionError: one\ntwo" in written.read_text()
    assert written.stat().st_mode & 0o077 == 0


def test_a_closed_pipe_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command("list"), stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("list"), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "gradtui: the disk is full: output could not be written.\n"


def test_no_output_at_all_is_no_error() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m gradtui list >&- 2>&-', sys.executable], check=False, timeout=60
    )
    assert done.returncode == 0


def test_titles_survive_a_terminal_without_their_letters(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_text('title = "4σ(x)"\nexpect = "healthy"\n', encoding="utf-8")
    done = run("list", "--scenarios", str(tmp_path), PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "4\\u03c3(x)" in done.stdout


def wait_for_children(pid: int, count: int) -> None:
    """Until a process has so many of its own; where nobody says how many, for a while."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for _ in range(200):
        if children.exists() and len(children.read_text().split()) >= count:
            return
        time.sleep(0.1 if children.exists() else 0.02)


@pytest.mark.slow
def test_ctrl_c_ends_a_check_and_its_workers(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(
            'title = "t"\nexpect = "healthy"\nsteps = 1000000\n[model]\ndepth = 2\nwidth = 8\n'
        )
    with subprocess.Popen(
        command("check", "one", "two", "--scenarios", str(tmp_path), "--device", "cpu"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        wait_for_children(process.pid, 2)
        time.sleep(2)
        os.killpg(process.pid, signal.SIGINT)
        # Workers inherit both pipes: this returns when the last of them is gone.
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in err
