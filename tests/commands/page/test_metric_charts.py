"""What a program has logged, on its page."""

from types import MappingProxyType

import numpy as np
import pytest

from gradtui.commands.page.contents import PageContents
from gradtui.commands.page.curves import POINTS
from gradtui.commands.page.document import charts_of, page
from gradtui.commands.page.gather import run_plots
from gradtui.commands.page.metric_charts import MOST, metric_charts
from gradtui.commands.page.scalars import curves_of_facts
from gradtui.commands.report import Report
from gradtui.core.metric import Metric
from tests.factories import healthy, history


def logged(steps: list[int], values: list[float]) -> Metric:
    return Metric(
        np.array(steps), np.arange(float(len(steps))), np.array(values), np.full(len(steps), np.nan)
    )


def test_validation_goes_with_training_and_its_loss_into_the_losses_chart() -> None:
    found = metric_charts(
        {
            "val/loss": logged([10, 20], [0.5, 0.25]),
            "train/acc": logged([-1, 20], [0.1, 0.9]),
            "val/acc": logged([20], [0.8]),
            "lr": logged([0, 20, 40], [1.0, 0.1, 0.001]),
        },
        last=30,
    )
    assert found.validation is not None
    assert (found.validation.steps, found.validation.values) == ([10, 20], [0.5, 0.25])
    assert [(c.title, [x.name for x in c.curves], c.log) for c in found.charts] == [
        ("train/acc", ["train/acc", "val/acc"], False),
        ("lr", ["lr"], True),
    ]
    assert found.charts[0].curves[0].steps == [0, 20]  # before the first step
    assert found.charts[1].curves[0].steps == [0, 20, 30]  # and after the last


def test_what_is_not_finite_is_told_and_extremes_are_kept() -> None:
    values = np.ones(20_000)
    values[[777, 1234]] = 50.0, -3.0
    values[4321] = np.nan
    steps = np.arange(20_000)
    one = Metric(steps, steps * 1.0, values, steps * 1.0)
    curve = metric_charts({"x": one}, last=19_999).charts[0].curves[0]
    assert {50.0, -3.0} <= set(curve.values)
    assert len(curve.values) <= POINTS
    assert [(lost.step, lost.word) for lost in curve.lost] == [(4321, "nan")]


def test_many_are_left_out_and_counted() -> None:
    found = metric_charts({f"m{i}": logged([0], [1.0]) for i in range(MOST + 3)}, last=5)
    assert (len(found.charts), found.left_out) == (MOST, 3)


@pytest.mark.parametrize("name", ["__proto__", '<b>"x"</b>', "loss\x1b[31m"])
def test_a_page_with_a_metric_of_any_name(name: str) -> None:
    seen = history(healthy(6, steps=30)).facts()
    report = Report(1, "x", None, "healthy", verdict="healthy", severity="ok", steps=30)
    metrics = MappingProxyType({name: logged([3, 9], [1.0, float("inf")])})
    plots = run_plots(seen, curves_of_facts(seen), report, 29, metrics)
    assert [chart.name for chart in charts_of(plots)][-1] == "metric-1"
    text = page(PageContents("x", report, 0.0, plots=plots))
    assert 'data-chart="metric-1"' in text
    assert "<b>" not in text.split("<script", 1)[0].split('id="charts"')[1].split("</section>")[0]
