"""What the program logs: each value once, of a bounded number of names."""

from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest

from gradtui.commands.forward import logged_values as module
from gradtui.commands.forward.followed_run import FollowedRun
from gradtui.commands.forward.logged_values import LoggedValues
from gradtui.core.event import Ended
from gradtui.core.metric import Metric
from gradtui.runstore.format.metric_rows import MetricQueue, MetricRow
from tests.runstore.recorded import record, snap

MOMENT = 1.79e9


def metric(*steps: int, first: float = MOMENT) -> Metric:
    """Whose values are ten times its steps, a second apart."""
    at = np.array(steps)
    return Metric(at, first + np.arange(len(at)), 10.0 * at, np.full(len(at), nan))


def given(values: LoggedValues, **metrics: Metric) -> list[tuple[str, int, float]]:
    found = values.fresh(metrics)
    return [(name, one.step, value) for one in found for name, value in one.logged.items()]


def test_each_value_comes_once_however_often_all_are_handed_in() -> None:
    values = LoggedValues()
    assert given(values, a=metric(0, 5)) == [("a", 0, 0.0), ("a", 5, 50.0)]
    assert given(values, a=metric(0, 5)) == []
    assert given(values, a=metric(0, 5, 9), b=metric(9)) == [("a", 9, 90.0), ("b", 9, 90.0)]
    assert (values.names, values.left_out) == (2, 0)


def test_of_a_file_that_was_thinned_and_of_another_attempt_the_later_ones_are_new() -> None:
    values = LoggedValues()
    given(values, a=metric(*range(8)))
    half = metric(*range(0, 10, 2))  # of the steps 0 to 9
    late = Metric(half.step, MOMENT + half.step, half.value, half.given)
    assert given(values, a=late) == [("a", 8, 80.0)]
    assert given(values, a=metric(0, 1, first=MOMENT + 60)) == [("a", 0, 0.0), ("a", 1, 10.0)]
    assert given(values, a=metric(0, 1, 2, first=MOMENT + 60)) == [("a", 2, 20.0)]


def test_before_the_first_step_is_step_0_and_names_are_safe() -> None:
    (one,) = LoggedValues().fresh({"a\x1b[2J": metric(-1)})
    assert (one.step, list(one.logged)) == (0, ["a\\x1b[2J"])


def test_of_too_many_names_the_first_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_METRICS", 2)
    values = LoggedValues()
    assert given(values, a=metric(0)) == [("a", 0, 0.0)]
    assert [name for name, *_ in given(values, a=metric(0), b=metric(0), c=metric(0))] == ["b"]
    assert given(values, b=metric(0), c=metric(0), d=metric(0)) == []
    assert (values.names, values.left_out) == (2, 2)


def test_a_run_brings_what_it_has_logged_from_before_its_first_step_on(tmp_path: Path) -> None:
    queue = MetricQueue()
    for name, step, value in (("early", -1, 3.0), ("acc", 2, nan), ("acc", 4, 0.5)):
        queue.put(MetricRow(name, "own", step, nan, MOMENT + step, value))
    record(tmp_path / "r", [*(snap(i) for i in range(6)), Ended(1, 6, "finished")], metrics=queue)
    run = FollowedRun(tmp_path / "r")
    batches = [run.look(), run.look(), run.look(last=True)]
    found = [one for b in batches for one in b.steps if one.logged]
    assert [(one.step, *one.logged) for one in found] == [(0, "early"), (2, "acc"), (4, "acc")]
    assert isnan(found[1].logged["acc"])
    assert found[2].time == MOMENT + 4
    assert run.limits == ()
