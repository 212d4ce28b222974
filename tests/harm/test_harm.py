"""The bench itself finds what differs, and a part of its programs. All: python -m tests.harm."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gradtui.inject import RUN
from tests.harm import bench
from tests.harm.bench import (
    MORE_BYTES,
    Outcome,
    Program,
    differences,
    judge,
    programs,
    read_program,
)

SAME = Outcome(0, b"one\ntwo\n", b"", {"file": "aa"}, 100 << 20)

HERE = ("descriptors_closed", "hostile_objects", "names_of_standard_modules")
"""One or two of a kind, for every run of the tests."""
LONG = (
    "locals_as_settings",
    "metrics_logged",
    "stacks_printed",
    "threads_train",
    "timer_interrupts",
)
"""Their kin are in tests/inject, tests/instrument and tests/lab."""


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"code": 1}, "exit code 1 in place of 0"),
        ({"code": None}, "exit code None"),
        ({"out": b"one\nthree\n"}, "standard output: line 2 is 'three\\n' in place of 'two\\n'"),
        ({"out": b"one\n"}, "line 2 is '(nothing)'"),
        ({"err": b"oh"}, "standard error: line 1"),
        ({"files": {"file": "bb"}}, "file 'file' differs"),
        ({"files": {}}, "file 'file' is missing"),
        ({"files": {"file": "aa", "more": "cc"}}, "file 'more' is new"),
        ({"peak": (110 << 20) + MORE_BYTES + 1}, "peak memory"),
    ],
)
def test_whatever_differs_is_told(changed: dict[str, object], word: str) -> None:
    (line,) = differences(SAME, replace(SAME, **changed))  # type: ignore[arg-type]

    assert word in line


def test_what_is_the_same_is_not_told() -> None:
    assert differences(SAME, replace(SAME, peak=(110 << 20) + MORE_BYTES)) == []


@pytest.mark.parametrize(("times", "told"), [(1, False), (9, True)])
def test_memory_counts_where_it_is_more_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, told: bool
) -> None:
    script = tmp_path / "script.py"
    script.write_text("pass\n")
    runs = 0

    def run(program: Program, folder: Path, variables: Mapping[str, str]) -> Outcome:
        nonlocal runs
        watched = RUN in variables
        runs += watched
        return replace(SAME, peak=(200 if watched and runs <= times else 100) << 20)

    monkeypatch.setattr(bench, "run_program", run)
    found = judge(read_program(script), tmp_path / "scratch").differences

    assert any(line.startswith("peak memory") for line in found) == told


def test_harm_that_is_done_is_found(tmp_path: Path) -> None:
    """A program whose environment changes its output, its files and its exit code."""
    script = tmp_path / "script.py"
    script.write_text(
        "# Writes a file.\n"
        "# @ stdin: 3\\n4\n"
        "import sys\n"
        "from pathlib import Path\n"
        "Path('kept').write_text('all is well')\n"
        "print(sys.stdin.read().split(), Path.cwd().name)\n"
    )

    def harmful(run: Path, base: Mapping[str, str]) -> dict[str, str]:
        path = tmp_path / "path"
        path.mkdir()
        (path / "sitecustomize.py").write_text(
            "import atexit, os, pathlib\n"
            "def late():\n"
            "    pathlib.Path('kept').write_text('spoilt')\n"
            "    print('and more', flush=True)\n"
            "    os._exit(3)\n"
            "atexit.register(late)\n"
        )
        return dict(base) | {"PYTHONPATH": str(path)}

    bare = judge(read_program(script), tmp_path / "bare", lambda run, base: dict(base))
    spoilt = judge(read_program(script), tmp_path / "spoilt", harmful)

    assert bare.differences == []
    assert bare.bare is not None
    assert bare.bare.out == b"['3', '4'] work\n"
    assert [line.partition(":")[0] for line in spoilt.differences] == [
        "exit code 3 in place of 0",
        "standard output",
        "file 'kept' differs",
    ]


def test_there_are_as_many_as_the_readme_says() -> None:
    assert len(programs()) >= 80
    assert sum(program.steps != "any" for program in programs()) > 3
    assert len([program for program in programs() if program.known]) <= 3
    assert all(program.idiom.endswith((".", "…")) for program in programs())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [*HERE, *(pytest.param(name, marks=pytest.mark.long) for name in LONG)]
)
def test_a_program_does_what_it_does_alone(name: str, tmp_path: Path) -> None:
    (program,) = programs((name,))

    verdict = judge(program, tmp_path)

    assert verdict.differences == []
    assert verdict.log == ""
