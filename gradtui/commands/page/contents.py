"""What a page tells of a run: plain values, from wherever they come."""

from dataclasses import dataclass, field

from gradtui.commands.page.curves import RunCurves
from gradtui.commands.page.heat import HeatMap
from gradtui.commands.page.layers import LayerRow
from gradtui.commands.page.metric_charts import MetricCharts
from gradtui.commands.report import Report
from gradtui.core.autopsy import Autopsy


@dataclass(frozen=True, slots=True)
class RunPlots:
    """What is drawn of a run that has taken steps."""

    last: int
    """The last step."""
    curves: RunCurves
    heat: HeatMap
    layers: tuple[LayerRow, ...]
    """In the order of the rows of `heat`, input side first."""
    left_out: int = 0
    """Layers that are not among them."""
    metrics: MetricCharts = field(default_factory=MetricCharts)
    """What the program has logged."""


@dataclass(frozen=True, slots=True)
class PageContents:
    """Words are as they come; the page makes them safe."""

    title: str
    """The command line, or the scenario's title."""
    report: Report
    made: float
    """When the page was made, seconds since 1970."""
    story: str = ""
    about: tuple[tuple[str, str], ...] = ()
    """What the run was, line by line: (name, value)."""
    running: bool = False
    """Whether it goes on."""
    autopsy: Autopsy | None = None
    plots: RunPlots | None = None
    output: tuple[str, ...] = field(default=())
    """The last lines that the command has printed."""
