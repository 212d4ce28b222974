"""Completion: that shells accept their scripts, and what bash then offers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradtui.cli import VERBS
from gradtui.commands.completion import SHELLS
from gradtui.core.event import Ended
from tests.runstore.recorded import record, snap

BASH = shutil.which("bash")
WITHOUT_TORCH = "import sys; sys.modules['torch'] = sys.modules['textual'] = None\n"


def script(shell: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "gradtui", "completion", shell],
        text=True,
        capture_output=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_accept_their_script(shell: str) -> None:
    told = script(shell)
    assert "gradtui" in told
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([program, "-n"], input=told, text=True, check=True)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `gradtui` on the path that can import neither torch nor Textual."""
    folder = tmp_path_factory.mktemp("bin")
    path = folder / "gradtui"
    main = "from gradtui.cli import main\nsys.exit(main())\n"
    path.write_text(f"#!{sys.executable}\n{WITHOUT_TORCH}{main}")
    path.chmod(0o755)
    return folder


def offered(program: Path, runs: Path, *words: str) -> list[str]:
    """What bash offers after these words, the last of which is being typed."""
    assert BASH is not None
    line = " ".join(("gradtui", *words))
    quoted = " ".join(f"'{word}'" for word in ("gradtui", *words))
    source = (
        f"{script('bash')}\n"
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words)}\n"
        f"COMP_LINE='{line}'; COMP_POINT={len(line)}; COMP_TYPE=9\n"
        "_python_argcomplete gradtui\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    environment = os.environ | {
        "PATH": f"{program}:{os.environ['PATH']}",
        "GRADTUI_RUNS": str(runs),
    }
    done = subprocess.run(
        [BASH, "-c", source], text=True, capture_output=True, check=True, env=environment
    )
    return done.stdout.split()


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["la"], ["launch"]),
        (["check", "deep_sig"], ["deep_sigmoid"]),
        (["check", "--al"], ["--all"]),
        (["check", "--device", "cu"], ["cuda"]),
        (["--device", "cpu", "check", "--jso"], ["--json"]),
        (["completion", "f"], ["fish"]),
        (["attach", "2026"], ["20261121-063337-train-3f9a07"]),
        (["compare", "x", "2026"], ["20261121-063337-train-3f9a07"]),
        (["export", "2026"], ["20261121-063337-train-3f9a07"]),
        (["export", "--format", "js"], ["jsonl"]),
        (["serve", "rep"], ["replay"]),
        (["serve", "attach", "2026"], ["20261121-063337-train-3f9a07"]),
    ],
    ids=" ".join,
)
def test_what_bash_offers(
    words: list[str], expected: list[str], program: Path, tmp_path: Path
) -> None:
    record(tmp_path / "20261121-063337-train-3f9a07", [snap(0), Ended(1, 1, "finished")])
    assert [word.strip() for word in offered(program, tmp_path, *words)] == expected


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
def test_every_command_and_option_is_offered(program: Path, tmp_path: Path) -> None:
    assert {*VERBS} <= {*offered(program, tmp_path, "")}
    assert {"--all", "--json", "--treat", "--device"} <= {
        *offered(program, tmp_path, "check", "--")
    }
