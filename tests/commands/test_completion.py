"""Completion scripts: that shells accept them, and what bash then offers."""

import shutil
import subprocess

import pytest

from gradtui.cli import VERBS, build_parser
from gradtui.commands.completion import SCRIPTS, verbs

FOUND = list(verbs(build_parser()))
BASH = shutil.which("bash")


@pytest.mark.parametrize("shell", SCRIPTS)
def test_every_verb_and_option_is_in_every_script(shell: str) -> None:
    script = SCRIPTS[shell](FOUND)
    for verb in VERBS:
        assert verb in script
    for option in (option for verb in FOUND for option in verb.options):
        for flag in option.flags:
            assert flag.lstrip("-") in script


@pytest.mark.parametrize("shell", SCRIPTS)
def test_shells_accept_their_script(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([program, "-n"], input=SCRIPTS[shell](FOUND), text=True, check=True)


def offered(*words: str) -> list[str]:
    """What bash offers after these words, the last of which is being typed."""
    assert BASH is not None
    quoted = " ".join(f"'{word}'" for word in ("gradtui", *words))
    script = (
        f"{SCRIPTS['bash'](FOUND)}\n"
        "gradtui() { echo deep_sigmoid; echo relu; }\n"
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _gradtui\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run([BASH, "-c", script], text=True, capture_output=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["la"], ["launch"]),
        (["check", "de"], ["deep_sigmoid"]),
        (["check", "--al"], ["--all"]),
        (["list", "de"], []),
        (["check", "--device", "cu"], ["cuda"]),
        (["--device", "cpu", "check", "--jso"], ["--json"]),
        (["completion", ""], ["bash", "zsh", "fish", "-h", "--help"]),
        (["export", "x", "-o", ""], []),
    ],
)
def test_what_bash_offers(words: list[str], expected: list[str]) -> None:
    assert offered(*words) == expected
