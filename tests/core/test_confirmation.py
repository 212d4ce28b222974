"""Which verdicts count."""

from gradtui.core.confirmation import Confirmation


def test_two_looks_with_steps_between_have_to_agree() -> None:
    one = Confirmation()
    looks = [("plateau", 10), ("plateau", 10), ("plateau", 11), ("plateau", 12)]
    assert [one.counts(*look) for look in looks] == [False, False, True, True]


def test_one_that_passes_or_changes_begins_anew() -> None:
    one = Confirmation()
    assert not one.counts("plateau", 10)
    one.passed()
    assert not one.counts("plateau", 20)
    assert not one.counts("oscillating_loss", 30)
    assert one.counts("oscillating_loss", 40)


def test_a_nan_counts_at_once() -> None:
    assert Confirmation().counts("nonfinite", 3)
