"""Which runs are listed, and in which order: what holds for any of them."""

from dataclasses import replace
from math import inf, isnan, nan

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.app.run_order import SORTS, RunOrder, arranged, matching, words_of
from gradtui.app.run_row import Judgement, RunRow
from gradtui.core.symptom import VERDICTS
from tests.app.made_up_runs import BERT, BROKEN, GAN, LIVE, NOW, TRAIN, judgement, row, usual

SLOW = [HealthCheck.too_slow]
"""A busy machine is no fault of what is tested."""
LOSSES = st.one_of(st.none(), st.floats(-1e3, 1e3), st.sampled_from([nan, inf]))


@st.composite
def rows(draw: st.DrawFn) -> list[RunRow]:
    names = draw(st.lists(st.text("ab19-", min_size=1, max_size=8), unique=True, max_size=12))
    out = []
    for name in names:
        told = None
        if draw(st.booleans()):
            verdict = draw(st.sampled_from(("", *VERDICTS)))
            told = judgement(verdict, final_loss=draw(LOSSES), best_loss=draw(LOSSES))
        one = row(
            name,
            told,
            size=draw(st.integers(-1, 10**12)),
            state=draw(st.sampled_from(["running", "ended", "crashed", "lost", "unreadable"])),
            started=draw(st.floats(0, 2e9)),
            steps=draw(st.integers(0, 10**9)),
            note=draw(st.sampled_from(["", "b", "a 10", "a 9"])),
            last_time=draw(st.sampled_from([None, NOW])),
        )
        out.append(one if draw(st.booleans()) else replace(one, summary=None))
    return out


@given(rows(), st.sampled_from(SORTS), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
def test_sorting_keeps_every_row_and_does_not_hang_on_their_order(
    some: list[RunRow], sort: str, reverse: bool
) -> None:
    found = arranged(some, sort, reverse, NOW)
    assert sorted(one.name for one in found) == sorted(one.name for one in some)
    assert found == arranged(some[::-1], sort, reverse, NOW)
    assert found == arranged(found, sort, reverse, NOW)


@given(rows(), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
def test_what_is_not_known_comes_last(some: list[RunRow], reverse: bool) -> None:
    losses = [
        one.judgement.final_loss if one.judgement is not None else None
        for one in arranged(some, "loss", reverse, NOW)
    ]
    known = [loss for loss in losses if loss is not None]
    assert losses[: len(known)] == known
    numbers = [loss for loss in known if not isnan(loss)]
    assert numbers == sorted(numbers, reverse=reverse)


def usual_rows() -> list[RunRow]:
    return [
        RunRow(name, path, end, 5, "s", told)
        for name, (end, told) in usual().items()
        for path in [row(name).path]
    ]


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("when", LIVE),
        ("name", TRAIN),
        ("duration", BERT),
        ("state", LIVE),
        ("steps", BERT),
        ("loss", TRAIN),
        ("best", LIVE),
        ("verdict", GAN),
        ("note", TRAIN),
        ("command", BERT),
    ],
)
def test_what_comes_first(sort: str, first: str) -> None:
    assert arranged(usual_rows(), sort, False, NOW)[0].name == first


@given(rows(), st.text("ab 19runedl", max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
def test_a_filter_keeps_those_that_have_every_word(some: list[RunRow], text: str) -> None:
    found = matching(some, text)
    kept = {one.name for one in found}
    for one in some:
        assert (one.name in kept) == all(word in words_of(one) for word in text.split())
    assert matching(found, text) == found
    assert matching(some, f"{text} a") == matching(matching(some, text), "a")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GAN.py", {GAN}),
        ("exited with", {GAN}),
        ("vanishing gradient", {BERT}),
        ("vanishing_gradient", {BERT}),
        ("base", {TRAIN}),
        ("running", {LIVE}),
        ("damaged", {BROKEN}),
        ("train lr", {TRAIN, LIVE}),
    ],
)
def test_what_a_filter_looks_at(text: str, found: set[str]) -> None:
    assert {one.name for one in matching(usual_rows(), text)} == found


@given(rows(), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
def test_the_chosen_run_stays_chosen(some: list[RunRow], data: st.DataObject) -> None:
    order = RunOrder()
    order.arrange(some, NOW)
    order.select(data.draw(st.integers(-3, 20)))
    chosen = order.current
    assert (chosen in order.shown) == bool(some)
    order.text = data.draw(st.text("ab1", max_size=2))
    order.sort = data.draw(st.sampled_from(SORTS))
    order.arrange(some, NOW)
    assert order.current in order.shown or (order.current, order.shown) == ("", ())
    order.text = ""
    order.arrange(some, NOW)
    assert order.current == chosen


def test_marks_go_with_their_runs() -> None:
    order, some = RunOrder(), usual_rows()
    order.arrange(some, NOW)
    order.text = "train lr"
    order.arrange(some, NOW)
    order.toggle_all()
    assert order.marks == {TRAIN, LIVE}
    order.toggle(TRAIN)
    order.arrange([one for one in some if one.name != LIVE], NOW)
    assert order.marks == set()


def test_until_somebody_chooses_the_first_is_chosen() -> None:
    order, some = RunOrder(), usual_rows()
    order.arrange(some[:3], NOW)
    order.arrange(some, NOW)
    assert order.current == LIVE


def test_a_judgement_without_a_verdict_is_none() -> None:
    told = replace(row(TRAIN), judgement=Judgement("s", trouble="it is damaged"))
    assert arranged([told], "verdict", True, NOW) == [told]
