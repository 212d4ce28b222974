"""Thin Textual shells around the pure renderables. Each is shown a frozen `View` and nothing else.

    from gradtui.app.widgets import HeaderBar, DepthView, HeatMap, Chart, FindingsPanel, NanBanner
    from gradtui.app.widgets import StoryPanel, LayerDetail

All take only `name=`, `id=`, `classes=` (Chart also its kind), have `show(view: View) -> None`, which
is cheap when nothing changed, and bind no keys and take no focus: the keys are the app's.

    HeaderBar()            3 lines, docked by the app wherever it likes
    NanBanner()            0 lines until the first non-finite (it hides itself), then 1
    DepthView()            all rows; `DepthView.Selected(index)`: a row was clicked,
                           `DepthView.Activated(index)`: clicked again; index into `view.order`.
                           Keeps `view.selected` in sight. `page` = rows that fit, for page keys
    HeatMap()              layer x time; posts `DepthView.Selected` on a click
    Chart("loss")          loss, log or linear by `view.log_scale`
    Chart("norm")          total gradient norm
    FindingsPanel()        findings, notes, remedies, comparison; `FindingsPanel.RemedyClicked(index)`
    StoryPanel()           the scenario's story
    LogPane()              what the command has printed; follows its end
    WaitingPane()          in the layers' place until a command has taken a step
    RankLine()             0 lines while all ranks do their work, else 1
    LayerDetail()          everything about the selected row

An app must return `themes.VARIABLES` from `get_theme_variable_defaults()` and register
`themes.THEMES` (the default is `themes.DEFAULT`), or the stylesheets here do not parse.
"""

from gradtui.app.widgets.chart import Chart
from gradtui.app.widgets.depth_view import DepthView
from gradtui.app.widgets.findings_panel import FindingsPanel
from gradtui.app.widgets.header_bar import HeaderBar
from gradtui.app.widgets.heat_map import HeatMap
from gradtui.app.widgets.layer_detail import LayerDetail
from gradtui.app.widgets.log_pane import LogPane
from gradtui.app.widgets.nan_banner import NanBanner
from gradtui.app.widgets.rank_line import RankLine
from gradtui.app.widgets.story_panel import StoryPanel
from gradtui.app.widgets.waiting_pane import WaitingPane

__all__ = [
    "Chart",
    "DepthView",
    "FindingsPanel",
    "HeaderBar",
    "HeatMap",
    "LayerDetail",
    "LogPane",
    "NanBanner",
    "RankLine",
    "StoryPanel",
    "WaitingPane",
]
