"""How a command has ended, in sentences."""

import pytest

from gradtui.core.coverage import Coverage, covered
from gradtui.core.ending import Ending, ending_sentences, ending_word, one_line, signal_name


@pytest.mark.parametrize(
    ("code", "word", "name"),
    [
        (0, "exited 0", None),
        (7, "exited with 7", None),
        (137, "killed by SIGKILL", "SIGKILL"),
        (139, "killed by SIGSEGV", "SIGSEGV"),
        (255, "exited with 255", None),
    ],
)
def test_signals_are_known_by_name(code: int, word: str, name: str | None) -> None:
    assert ending_word(code) == word
    assert signal_name(code) == name


@pytest.mark.parametrize(
    ("measured", "taken", "words"),
    [
        (0, 0, ""),
        (0, 9, "no step"),
        (9, 9, "every step"),
        (10, 9, "every step"),
        (999, 1000, "nearly every step"),
        (90, 100, "9 steps in 10"),
        (80, 100, "8 steps in 10"),
        (66, 100, "1 step in 2"),
        (50, 100, "1 step in 2"),
        (30, 100, "1 step in 3"),
        (1, 4096, "1 step in 4,096"),
    ],
)
def test_how_often_steps_are_measured_in_words(measured: int, taken: int, words: str) -> None:
    assert Coverage(taken, measured).pace == words


def test_a_good_end_needs_no_words() -> None:
    assert ending_sentences(Ending(code=0)) == ()
    assert ending_sentences(Ending()) == ()


def test_the_end_the_exception_and_what_the_record_lacks_in_this_order() -> None:
    end = Ending(
        code=1,
        exception="ValueError: no such file\nsecond line",
        step=1412,
        dropped=1200,
        bare=1,
        why="No space left on device",
    )
    assert ending_sentences(end) == (
        "exited with 1",
        "ValueError: no such file (at step 1,412)",
        "1,200 steps are in no file: No space left on device",
        "1 step has no gradients on disk: No space left on device",
    )


def test_counts_that_could_not_be_told_to_the_end_are_the_least() -> None:
    cut = Ending(code=0, dropped=1, why="No space left on device", whole=False)
    assert ending_sentences(cut) == ("at least 1 step is in no file: No space left on device",)


def test_a_record_that_breaks_off_after_a_good_exit_is_said() -> None:
    (words,) = ending_sentences(Ending(code=0, whole=False))
    assert words.startswith("the record breaks off")
    (words,) = ending_sentences(Ending(code=0, whole=False, why="No space left on device"))
    assert words == "the record could not be written to its end: No space left on device"


def test_what_may_have_come_after_the_last_record_is_counted() -> None:
    (words,) = ending_sentences(Ending(code=137, whole=False, late=40))
    assert words.startswith("killed by SIGKILL")
    assert words.partition("; ")[2].startswith("up to some 40 steps after the last one on disk")
    (words,) = ending_sentences(Ending(code=0, whole=False, late=1))
    assert words.startswith("the record breaks off")
    assert "up to some 1 step after" in words
    assert "up to" not in " ".join(ending_sentences(Ending(code=137, late=40)))  # it has an end


def test_a_message_stays_one_safe_line() -> None:
    assert one_line("\n  first\x1b[2J\nsecond") == "first\\x1b[2J"
    assert len(one_line("x" * 5000)) == 300
    assert one_line("") == ""


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        (Coverage(60, 60, 4), "healthy"),
        (Coverage(60, 60, 12, unseen=28), "healthy in the 12 of 40 tensors seen"),
        (Coverage(250, 85, 4), "healthy, 85 of 250 steps measured"),
        (Coverage(413, 413, 4, until=412), "healthy until step 412"),
        (
            Coverage(2000, 85, 12, unseen=28, until=1999),
            "healthy until step 1,999 in the 12 of 40 tensors seen, 85 of 2,000 steps measured",
        ),
    ],
)
def test_a_verdict_says_what_it_covers(coverage: Coverage, words: str) -> None:
    assert covered("healthy", coverage) == words
    assert coverage.whole is (words == "healthy")
