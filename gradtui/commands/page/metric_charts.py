"""What a program has logged, as the charts of a page."""

from dataclasses import dataclass

import numpy as np

from gradtui.app.render.quantities import SHRINKING
from gradtui.commands.page.curves import Curve, Thinning
from gradtui.commands.page.ticks import loss_is_log
from gradtui.core.metric import Metric, Metrics
from gradtui.core.metric_pairs import has_word, paired, validation_loss

MOST = 24
"""Charts of metrics on a page."""
STRETCHES = 250
"""Of a metric's curve, each with its smallest and largest value."""


@dataclass(frozen=True, slots=True)
class MetricChart:
    """One quantity: of training, of validation, or of both."""

    title: str
    curves: tuple[Curve, ...]
    log: bool
    """Whether it begins on a logarithmic axis."""


@dataclass(frozen=True, slots=True)
class MetricCharts:
    """`validation`: the loss on data that is not trained on, for the chart of the loss."""

    validation: Curve | None = None
    charts: tuple[MetricChart, ...] = ()
    left_out: int = 0
    """Quantities that there is no chart of."""


def metric_charts(metrics: Metrics, last: int) -> MetricCharts:
    """Of all that was logged, in the order in which it came; `last` is the run's last step."""
    beside_loss = validation_loss(metrics)
    pairs = [pair for pair in paired(metrics) if pair.training or pair.validation != beside_loss]
    charts = []
    for pair in pairs[:MOST]:
        curves = tuple(_curve(name, metrics[name], last) for name in pair if name)
        values = [value for curve in curves for value in curve.values]
        log = has_word(pair.name, SHRINKING) and bool(values) and loss_is_log(values)
        charts.append(MetricChart(pair.name, curves, log))
    validation = _curve(beside_loss, metrics[beside_loss], last) if beside_loss else None
    return MetricCharts(validation, tuple(charts), max(len(pairs) - MOST, 0))


def _curve(name: str, metric: Metric, last: int) -> Curve:
    thinned = Thinning(last, STRETCHES)
    thinned.add_measured(np.clip(metric.step, 0, max(last, 0)), metric.value)
    return thinned.curve(name)
