"""Whether a remedy helps, on screen."""

from dataclasses import replace
from math import nan

import pytest

from gradtui.app import remedy_judge
from gradtui.app.remedy_judge import FEW, RemedyJudge
from gradtui.app.render.findings import findings_lines
from gradtui.app.render.judged import judged_lines, pace
from gradtui.app.render.line import plain, width
from gradtui.app.view import Judgement, Reference, View
from gradtui.core.facts import Facts
from gradtui.doctor.remedy_effect import RemedyEffect
from tests import factories
from tests.app.playing import playing, text, until

SICK = factories.history(factories.vanishing(20), 60).facts()


def treated(steps: int) -> Facts:
    return factories.history(factories.healthy(20, 1000), steps).facts()


def test_too_early_then_cured() -> None:
    judge = RemedyJudge()
    early = judge.look(SICK, treated(FEW - 1), 0.0, same_loss=True)
    assert early.treatment is None
    assert not early.short
    late = judge.look(SICK, treated(60), 0.1, same_loss=True)
    assert late.treatment is not None
    assert late.treatment.word == "cured"
    assert late.steps == 60


def test_a_short_untreated_run_is_owned_up_to() -> None:
    judge = RemedyJudge()
    short = judge.look(SICK.until(FEW // 2), treated(200), 0.0, same_loss=True, ended=True)
    assert short.treatment is None
    assert short.short
    assert short.steps == FEW // 2
    judged = judge.look(SICK, treated(60), 0.0, same_loss=True)
    assert not judged.short
    assert not judge.look(SICK, treated(90), 0.0, same_loss=True).short  # it is still to come
    assert judge.look(SICK, treated(90), 0.0, same_loss=True, ended=True).short


def test_asked_seldom_and_never_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = remedy_judge.judge_treatment
    monkeypatch.setattr(
        remedy_judge, "judge_treatment", lambda *a, **k: asked.append(1) or real(*a, **k)
    )
    judge, many = RemedyJudge(), factories.history(factories.vanishing(20, 1000), 300).facts()
    for tick in range(100):  # ten seconds of a run
        judge.look(many, treated(100 + tick), tick / 10, same_loss=True)
    assert len(asked) <= 6
    assert judge.behind
    count = len(asked)
    for tick in range(20):
        judge.look(many, treated(250), 100.0 + tick, same_loss=True)
    assert len(asked) == count + 1
    assert not judge.behind


def test_a_broken_treated_run_is_judged_at_once() -> None:
    broken = factories.history(factories.exploding(20), 60).facts().until(FEW + 3)
    assert broken.first_nonfinite is not None
    found = RemedyJudge().look(SICK, broken, 0.0, same_loss=True)
    assert found.treatment is not None
    assert found.treatment.word == "worse"


def shown(judgement: Judgement | None, cells: int = 60, **changes: object) -> str:
    reference = Reference("sick", SICK, factories.vanishing(20).diagnosis, judgement)
    view: View = factories.view(factories.healthy(20), remedies=(0,), reference=reference)
    lines = findings_lines(replace(view, **changes), cells)  # type: ignore[arg-type]
    assert all(width(line) <= cells for line in lines)
    return " ".join(" ".join(plain(line).split()) for line in lines)


def test_words() -> None:
    good = RemedyEffect("cured", "accuracy 0.11 → 0.97", "vanishing_gradient", "healthy", 1.62)
    assert "● cured so far: accuracy 0.11 → 0.97; a step takes 1.6 times as long" in shown(
        Judgement(good, 100, FEW)
    )
    assert "● cured: accuracy" in shown(Judgement(good, 100, FEW), state="finished")
    assert "in the 100 steps that both took" in shown(Judgement(good, 100, FEW, short=True))
    bad = RemedyEffect("no gain", "loss 2.3 → 2.3", "plateau", "plateau", nan)
    assert "in the 100 steps that both took" in shown(Judgement(bad, 100, FEW, short=True))
    assert "too early to judge: 12 of 40 steps" in shown(Judgement(None, 12, FEW))
    assert "cannot be judged" in shown(Judgement(None, 12, FEW, short=True))
    for cells in (16, 24, 40):
        lines = list(judged_lines(Judgement(bad, 100, FEW, short=True), View(), cells))
        assert all(width(line) <= cells for line in lines)


def test_the_price_in_words() -> None:
    assert pace(nan) == ""
    assert pace(1.02) == "; a step takes as long"
    assert pace(12.3) == "; a step takes 12 times as long"
    assert pace(0.5) == "; a step takes 50% of the time"


async def test_the_panel_says_whether_it_helps() -> None:
    async with playing(size=(140, 45)) as (app, pilot):
        await until(pilot, lambda: app.session.current.live_step > 5)
        await pilot.press("1")
        await until(pilot, lambda: "no gain so far: accuracy" in text(app))
        await pilot.press("R")  # another seed, and the twin with it
        await until(pilot, lambda: "too early to judge" in text(app))
        await until(pilot, lambda: "no gain so far: accuracy" in text(app))


async def test_launched_with_a_remedy_on() -> None:
    async with playing(size=(140, 45), remedies=(1,)) as (app, pilot):
        await until(pilot, lambda: "no gain so far: accuracy" in text(app))
        await pilot.press("2")
        await until(pilot, lambda: "no gain" not in text(app))
        assert app.session.current.live_step > FEW
