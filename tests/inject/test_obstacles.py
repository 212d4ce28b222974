"""What is in the way, and what is said of it. What this machine cannot show is made up."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gradtui.inject.obstacles import Surroundings, by_python, obstacle
from gradtui.inject.process_table import ProcessFacts
from gradtui.inject.surroundings import surroundings

HERE = Surroundings(user=1000, namespace="mnt:[1]")
PROCESS = ProcessFacts(
    41, user=1000, state="S", python=(3, 11), torch=True, namespace="mnt:[1]", readable=True
)
NEWEST = (3, 14)


@pytest.mark.parametrize(
    ("process", "here", "words"),
    [
        ({}, {}, ""),
        ({}, {"system": "Darwin"}, "on Linux only, not on Darwin"),
        ({"user": 0}, {}, "another user"),
        ({"user": 7}, {"user": 0}, ""),
        ({"state": "Z"}, {}, "has ended"),
        ({"state": "T"}, {}, "kill -CONT 41"),
        ({"tracer": 9}, {}, "process 9 traces it"),
        ({"readable": False}, {}, "may not be read"),
        ({"python": None}, {}, "no Python"),
        ({"python": (3, 10)}, {}, "Python 3.10, and gradtui needs 3.11"),
        ({"torch": False}, {}, "not loaded torch"),
        ({"namespace": "mnt:[2]"}, {}, "docker exec"),
        ({"root": "/jail"}, {}, "other files"),
        ({}, {"machine": "aarch64"}, "takes Python 3.14"),
        ({"python": NEWEST}, {"machine": "aarch64", "python": NEWEST}, ""),
        ({"shadow_stack": True}, {}, "shadow stack"),
        ({}, {"scope": 1}, "sysctl kernel.yama.ptrace_scope=0"),
        ({}, {"scope": 2}, "administrators alone"),
        ({}, {"scope": 3}, "started again"),
        ({}, {"scope": 2, "may_trace": True}, ""),
    ],
)
def test_each_is_said_in_words(
    process: dict[str, object], here: dict[str, object], words: str
) -> None:
    told = obstacle(replace(PROCESS, **process), replace(HERE, **here))  # type: ignore[arg-type]
    assert words in told
    assert bool(told) == bool(words)
    assert not told.endswith(".")


def test_surroundings_are_read(tmp_path: Path) -> None:
    assert surroundings(tmp_path).scope == 0
    assert not surroundings(tmp_path).may_trace
    (tmp_path / "self" / "ns").mkdir(parents=True)
    (tmp_path / "self" / "status").write_text("CapPrm:\t0000000000080000\nCapEff:\t0\n")
    (tmp_path / "self" / "ns" / "mnt").symlink_to("mnt:[1]")
    (tmp_path / "self" / "root").symlink_to("/")
    (tmp_path / "sys" / "kernel" / "yama").mkdir(parents=True)
    (tmp_path / "sys" / "kernel" / "yama" / "ptrace_scope").write_text("1\n")
    here = surroundings(tmp_path)
    assert (here.may_trace, here.scope) == (True, 1)
    assert (here.namespace, here.root) == ("mnt:[1]", "/")
    assert here.python == sys.version_info[:2]


def test_python_hands_code_to_its_own_version_alone() -> None:
    newest = replace(PROCESS, python=NEWEST)
    assert by_python(newest, replace(HERE, python=NEWEST))
    assert not by_python(newest, HERE)
    assert not by_python(PROCESS, HERE)
    assert not by_python(replace(PROCESS, python=(3, 15)), replace(HERE, python=NEWEST))
