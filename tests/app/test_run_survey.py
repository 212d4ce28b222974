"""What is read next, and what is made of it."""

from dataclasses import replace
from pathlib import Path

from gradtui.app.run_requests import Judge, ListRuns, Look, LookAt
from gradtui.app.run_survey import AGAIN, BATCH, LEAST, LISTED, RunSurvey
from tests.app.made_up_runs import judgement, summary

HOME = Path("/runs")


def listed(*names: str, known: dict[str, object] | None = None) -> RunSurvey:
    survey = RunSurvey(HOME, known)  # type: ignore[arg-type]
    survey.list_names([(name, 1) for name in sorted(names, reverse=True)], 0.0)
    return survey


def looked(survey: RunSurvey, now: float = 0.0, stamp: str = "s", **changes: object) -> LookAt:
    """Answer the next request, which is to look at runs."""
    request = survey.next_request(now)
    assert isinstance(request, LookAt)
    looks = [Look(summary(path.name, **changes), 7, stamp) for path in request.paths]
    survey.take_looks(request, looks, now)
    return request


def test_names_come_first_then_states_then_verdicts_the_newest_first() -> None:
    survey = RunSurvey(HOME)
    assert survey.next_request(0.0) == ListRuns(HOME)
    survey.list_names([("b", 1), ("a", 1)], 0.0)
    assert list(survey.rows) == ["b", "a"]
    assert [path.name for path in looked(survey).paths] == ["b", "a"]
    for name in ("b", "a"):
        request = survey.next_request(0.0)
        assert request == Judge(HOME / name)
        assert isinstance(request, Judge)
        survey.take_judgement(request, judgement(), 0.1)
    assert survey.next_request(LISTED / 2) is None
    assert all(row.judged for row in survey.rows.values())
    assert survey.next_request(LISTED) == ListRuns(HOME)


def test_many_are_looked_at_together_but_not_too_many() -> None:
    survey = listed(*(f"{n:03}" for n in range(BATCH + 3)))
    assert len(looked(survey).paths) == BATCH
    assert len(looked(survey).paths) == 3


def test_a_running_run_is_looked_at_and_judged_again() -> None:
    survey = listed("a")
    looked(survey, state="running", stamp="s1")
    request = survey.next_request(0.0)
    assert isinstance(request, Judge)
    survey.take_judgement(request, replace(judgement(), stamp="s1"), 1.0)
    assert survey.next_request(AGAIN["running"] / 2) is None
    looked(survey, AGAIN["running"], state="running", stamp="s2")
    assert survey.rows["a"].judgement is not None  # the old one stays in sight
    assert survey.next_request(AGAIN["running"] + 0.1) is None  # judging took a second
    survey.list_names([("a", 1)], 20.0)
    looked(survey, 20.0, state="running", stamp="s3")
    assert survey.next_request(20.9) is None
    survey.list_names([("a", 1)], 22.5)
    looked(survey, 22.5, state="running", stamp="s4")
    assert isinstance(survey.next_request(22.5), Judge)
    assert LEAST < 20.0


def test_what_was_judged_before_is_not_judged_again_until_it_changes() -> None:
    known = {"/runs/a": judgement(), "/runs/b": replace(judgement(), stamp="older")}
    survey = listed("a", "b", known=known)  # type: ignore[arg-type]
    looked(survey)
    assert survey.next_request(0.0) == Judge(HOME / "b")
    assert survey.rows["a"].judged
    assert set(survey.judgements) == {"/runs/a"}


def test_trouble_is_not_remembered() -> None:
    survey = listed("a")
    looked(survey)
    request = survey.next_request(0.0)
    assert isinstance(request, Judge)
    survey.take_judgement(request, replace(judgement(""), trouble="its process ended"), 0.1)
    assert survey.rows["a"].judged
    assert survey.judgements == {}


def test_a_run_that_changed_while_it_was_judged_is_looked_at_again() -> None:
    survey = listed("a")
    looked(survey)
    request = survey.next_request(0.0)
    assert isinstance(request, Judge)
    survey.take_judgement(request, replace(judgement(), stamp="later"), 0.1)
    looked(survey, 0.2, stamp="later")
    assert survey.rows["a"].judged


def test_a_directory_that_has_changed_is_looked_at_again() -> None:
    survey = listed("a")
    looked(survey, last_step=-1)
    assert survey.next_request(1.0) is None
    survey.list_names([("a", 2)], 1.0)
    assert isinstance(survey.next_request(1.0), LookAt)


def test_nothing_to_judge_where_there_are_no_steps_and_what_is_gone_is_gone() -> None:
    survey = listed("a", "b")
    request = looked(survey, last_step=-1)
    assert survey.next_request(0.0) is None
    survey.seen()
    survey.list_names([("a", 1)], 1.0)
    assert survey.seen()
    assert set(survey.rows) == {"a"}
    survey.take_looks(request, [Look(summary(p.name), 1, "s") for p in request.paths], 1.0)
    survey.take_judgement(Judge(HOME / "b"), judgement(), 1.0)
    assert set(survey.rows) == {"a"}
