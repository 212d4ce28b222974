"""What is done about a verdict on a run that goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gradtui.app.diagnosis_timing import DiagnosisTiming
from gradtui.app.screens.main import MainScreen
from gradtui.app.screens.quit import QuitScreen
from gradtui.app.verdict_alarm import VerdictAlarm
from gradtui.app.watched_run import WatchedRun
from gradtui.core.control import Stop
from gradtui.core.facts import Facts
from gradtui.core.symptom import HEALTHY, Severity
from gradtui.doctor.finding import Diagnosis, Finding
from tests.app.playing import playing, text, until
from tests.app.test_watched import FakeChild

WELL = Diagnosis(HEALTHY, Severity.OK, 5)


def found(symptom: str, severity: Severity) -> Diagnosis:
    finding = Finding(symptom, severity, 3, f"{symptom} [bold]here.", "why", ())
    return Diagnosis(symptom, severity, 5, (finding,))


FLAT = found("plateau", Severity.WARNING)
BLOWN = found("exploding_gradient", Severity.CRITICAL)
NAN = found("nonfinite", Severity.CRITICAL)


@pytest.mark.parametrize(
    ("stop_on", "looks", "critical", "asked"),
    [
        ("", [WELL, BLOWN, BLOWN, NAN], [2], []),
        ("sick", [WELL, FLAT, FLAT, FLAT], [], [2]),
        ("sick", [FLAT, WELL, FLAT, WELL], [], []),
        ("sick", [FLAT, BLOWN, BLOWN, BLOWN], [2], [2]),
        ("nonfinite", [BLOWN, BLOWN, NAN, NAN], [1], [2]),
    ],
)
def test_each_alarm_comes_once_where_it_is_confirmed(
    stop_on: str, looks: list[Diagnosis], critical: list[int], asked: list[int]
) -> None:
    alarm = VerdictAlarm(stop_on)
    given = [alarm.look(diagnosis, 10 * i) for i, diagnosis in enumerate(looks)]
    assert [i for i, (told, _) in enumerate(given) if told] == critical
    assert [i for i, (_, ask) in enumerate(given) if ask] == asked


def test_a_question_waits_until_it_may_be_put() -> None:
    alarm = VerdictAlarm("sick")
    given = [alarm.look(NAN, 10 * i, may_ask=i > 2)[1] for i in range(5)]
    assert given == [False, False, False, True, False]


def judged(diagnosis: Diagnosis) -> DiagnosisTiming:
    ask: Callable[[Facts], Diagnosis] = lambda facts: diagnosis  # noqa: E731
    return DiagnosisTiming(ask)


async def test_the_person_is_asked_once_and_the_training_is_stopped(tmp_path: Path) -> None:
    told: list[tuple[str, int, str]] = []
    watched = WatchedRun(
        "run",
        tmp_path,
        "python train.py",
        child=FakeChild(),
        stop_on="sick",
        alarmed=lambda *given: told.append(given),
    )
    async with playing(watched=watched) as (app, pilot):
        app.session.current.doctor = judged(NAN)
        await until(pilot, lambda: isinstance(app.screen, QuitScreen))
        assert "non-finite: nonfinite [bold]here." in text(app)
        assert "Stop this training?" in text(app)
        assert told == [("nonfinite", 3, "nonfinite [bold]here.")]
        await pilot.press("s")
        await until(pilot, lambda: Stop() in app.source.sent)
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        app.session.changed = True
        await pilot.pause(0.3)
        assert isinstance(app.screen, MainScreen)
    assert len(told) == 1


async def test_without_the_wish_nobody_is_asked(tmp_path: Path) -> None:
    watched = WatchedRun("run", tmp_path, "python train.py", child=FakeChild())
    async with playing(watched=watched) as (app, pilot):
        app.session.current.doctor = judged(NAN)
        await until(pilot, lambda: app._alarm.critical)
        assert isinstance(app.screen, MainScreen)


async def test_the_title_has_the_verdict() -> None:
    sent: list[str] = []
    async with playing() as (app, pilot):
        app.write_to_terminal = sent.append  # type: ignore[method-assign]
        app._title = ""
        app.session.current.doctor = judged(NAN)
        app.session.changed = True
        await until(pilot, lambda: any("non-finite" in one for one in sent))
        titles = [one for one in sent if "\x1b]2;" in one]
        assert titles[0].startswith("\x1b[22;2t")
        assert len(titles) <= 2  # only what has changed is sent
