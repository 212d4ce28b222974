"""The lines that a process runs first: what they do, and that they raise nothing."""

import _thread
import builtins
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gradtui.inject import attachment
from gradtui.inject.first_words import Wish, first_words
from gradtui.runstore.format.attach_json import (
    NAME,
    REFUSED,
    AttachAnswer,
    read_answer,
    write_answer,
)
from gradtui.runstore.format.file_names import RUN_FILE

PACKAGE = "/no/such/package"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What would have been run in a thread."""
    calls: list[Callable[[], None]] = []
    monkeypatch.setattr(_thread, "start_new_thread", lambda call, _: calls.append(call))
    return calls


def run(wish: Wish, package: str = PACKAGE) -> dict[str, object]:
    names: dict[str, object] = {"exec": None, "bytes": bytes}
    exec(first_words(wish, package), names)
    return names


def test_they_are_few_plain_lines_and_bind_no_name(tmp_path: Path, started: list[object]) -> None:
    wish = Wish(str(tmp_path / 'a "quoted" ünïcode\n'), deadline=time.time() + 9)
    assert first_words(wish, PACKAGE).isascii()
    assert run(wish).keys() == {"exec", "bytes", "__builtins__"}
    assert len(started) == 1


def test_a_budget_without_a_limit_is_handed_over(
    tmp_path: Path, started: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `--overhead off` has it: an infinity has no literal."""
    given: list[dict[str, object]] = []
    monkeypatch.setattr(attachment, "begin", lambda **wish: given.append(wish))
    run(Wish(str(tmp_path), overhead=math.inf, deadline=time.time() + 9))
    (carry,) = started
    carry()
    assert [wish["overhead"] for wish in given] == [math.inf]


def test_too_late_they_do_nothing(tmp_path: Path, started: list[object]) -> None:
    run(Wish(str(tmp_path), deadline=time.time() - 1))
    assert started == []


def test_what_is_in_the_way_is_answered(
    tmp_path: Path, started: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(Wish(str(tmp_path), deadline=time.time() + 9))
    (carry,) = started

    def told() -> str:
        carry()
        answer = read_answer(tmp_path)
        assert answer is not None
        assert answer.state == REFUSED
        return answer.why

    with monkeypatch.context() as old:
        old.setattr(sys, "version_info", (3, 10, 2))
        assert told() == "it runs Python 3.10, and gradtui needs 3.11 or later"
    with monkeypatch.context() as bare:
        bare.delitem(sys.modules, "torch", raising=False)
        assert told() == "it has not imported torch"
    with monkeypatch.context() as bare:
        bare.setitem(sys.modules, "torch", sys)
        for name in [name for name in sys.modules if name.partition(".")[0] == "gradtui"]:
            bare.delitem(sys.modules, name)
        assert told().startswith("FileNotFoundError:")
        assert "gradtui" not in sys.modules
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert RUN_FILE.fullmatch(NAME)


def test_nothing_is_raised_where_nothing_can_be_written(
    tmp_path: Path, started: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(Wish(str(tmp_path / "gone"), deadline=time.time() + 9))
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    started[0]()


def test_ctrl_c_that_comes_just_then_is_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted: list[int] = []

    def interrupts(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_thread, "start_new_thread", interrupts)
    monkeypatch.setattr(_thread, "interrupt_main", lambda: interrupted.append(1))
    run(Wish(str(tmp_path), deadline=time.time() + 9))
    assert interrupted == [1]
    assert builtins.exec is not None


def test_answers_are_read_with_suspicion(tmp_path: Path) -> None:
    assert read_answer(tmp_path) is None
    answer = AttachAnswer("recording", 7, "", 0.25, 12)
    write_answer(tmp_path, answer)
    assert read_answer(tmp_path) == answer
    for text in ("[]", "{", '{"schema": 1, "state": "x"}', '{"schema": 2, "state": "recording"}'):
        (tmp_path / "attach.json").write_text(text)
        assert read_answer(tmp_path) is None
    (tmp_path / "attach.json").write_text('{"schema": 1, "state": "refused", "why": "a\\u001b[2J"}')
    told = read_answer(tmp_path)
    assert told is not None
    assert told.why == "a\\x1b[2J"
