"""The main screen, in six arrangements from 40 x 12 up."""

from collections.abc import Iterable
from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from gradtui.app.failure_line import FailureLine
from gradtui.app.filter_bar import FilterBar
from gradtui.app.geometry import (
    ARRANGEMENTS,
    BROAD,
    STORY_BROAD,
    TALL,
    Arrangement,
    arrangement,
    plea,
)
from gradtui.app.key_bar import KeyBar
from gradtui.app.key_bindings import footer_keys
from gradtui.app.render.curve import MARGIN
from gradtui.app.render.depth import HEAD
from gradtui.app.render.quantities import NORM
from gradtui.app.screens.lab import LabScreen, Shows
from gradtui.app.screens.panes import NONE_ABSENT, absent, in_sight, layers_in_sight
from gradtui.app.spare_lines import SpareLines, lines_for
from gradtui.app.tab_strip import TabStrip
from gradtui.app.view import Axes, View
from gradtui.app.watched_run import Mode
from gradtui.app.widgets.chart import Chart
from gradtui.app.widgets.depth_view import DepthView
from gradtui.app.widgets.findings_panel import FindingsPanel
from gradtui.app.widgets.header_bar import HeaderBar
from gradtui.app.widgets.heat_beside import HeatBeside
from gradtui.app.widgets.heat_map import HeatMap
from gradtui.app.widgets.lined import Lined
from gradtui.app.widgets.log_pane import LogPane
from gradtui.app.widgets.nan_banner import NanBanner
from gradtui.app.widgets.rank_line import RankLine
from gradtui.app.widgets.story_panel import StoryPanel
from gradtui.app.widgets.waiting_pane import WaitingPane

LEAST_BELOW = 13
"""Lines that findings, charts and what is beside them keep in any case."""
LABELLED = 30
"""Cells from which on an axis of steps has labels in common with its neighbours: a shorter one has hardly
more than its ends."""


class MainScreen(LabScreen):
    """Depth as an axis, time beside it, and what the doctor says."""

    class Laid(Message):
        """The arrangement has changed, or a pane: what came into sight wants the view."""

    def __init__(self, mode: Mode = "lab", pane: str = "") -> None:
        """`pane`: the tab in front, where there is one of that name."""
        super().__init__()
        self._mode = mode
        self.arrangement: Arrangement = "tiny"
        self._fitted = False
        self._tallest: int | None = None
        self._spare = SpareLines()
        self._high: int | None = None
        """Lines of the layers, where they have more than their share."""
        self._absent = NONE_ABSENT
        """What there is nothing for."""
        self.header, self.banner, self.failure = HeaderBar(), NanBanner(), FailureLine()
        self.ranks = RankLine()
        self.depth, self.waiting = DepthView(), WaitingPane()
        self.waiting.display = False
        self.history = HeatBeside()
        """Beside the layers where everything is shown at once; elsewhere it is a pane of its own."""
        self.filter = FilterBar()
        self.panes: dict[str, Lined] = {
            "findings": FindingsPanel(),
            "heat": HeatMap(),
            "loss": Chart(),
            "norm": Chart(NORM),
        }
        # A scenario has a story, a command prints.
        if mode == "lab":
            self.panes["story"] = StoryPanel()
        else:
            self.panes["log"] = LogPane()
        for name, part in self.panes.items():
            part.id = name
            part.add_class("pane", update=False)
        self._names = tuple(self.panes)
        self.pane = pane if pane in self.panes else self._names[0]
        self.tabs = TabStrip([str(pane.border_title) for pane in self.panes.values()])

    def compose(self) -> ComposeResult:
        yield Static(id="plea", markup=False)
        yield self.header
        yield self.banner
        yield self.failure
        yield self.ranks
        with Horizontal(id="body"):
            with Horizontal(id="layers"):
                yield self.depth
                yield self.history
                yield self.waiting
            with Vertical(id="panes"):
                yield self.tabs
                yield self.panes["heat"]
                yield self.panes["findings"]
                with Horizontal(id="charts"):
                    yield self.panes["loss"]
                    yield self.panes["norm"]
                yield self.panes[self._names[-1]]
        yield self.filter
        yield KeyBar(footer_keys(self._mode))

    # What is in sight

    def on_resize(self, event: events.Resize) -> None:
        self.fit(event.size.width, event.size.height)

    def fit(self, width: int, height: int) -> None:
        """Lay the screen out for a size."""
        kind = arrangement(width, height, STORY_BROAD if self._mode == "lab" else BROAD)
        if kind == "tiny":
            self.query_one("#plea", Static).update(plea(width, height))
        anew = kind != self.arrangement or not self._fitted
        self.arrangement, self._fitted = kind, True
        # All at once: each change has the styles of every widget found anew.
        self.update_classes(
            {
                **{f"-{name}": name == kind for name in ARRANGEMENTS},
                "-tabbed": self.tabbed,
                "-whole": self.whole,
                # One above the other they are twice as long.
                "-tall": self.whole and height >= TALL,
            }
        )
        if anew:
            self._place_panes()
        self._ask_for_view()

    @property
    def tabbed(self) -> bool:
        return self.arrangement in ("stacked", "side")

    @property
    def whole(self) -> bool:
        """Whether everything is shown at once."""
        return self.arrangement in ("wide", "broad")

    def _place_panes(self) -> None:
        shown = in_sight(self.arrangement, self._names, self.pane, self._absent)
        for name, pane in self.panes.items():
            pane.display = name in shown
        rows = layers_in_sight(self.arrangement, self._absent) and not self.waiting.display
        self.depth.display = rows
        self.history.display = self.whole and rows
        for layers in self.query("#layers"):
            layers.display = rows or self.waiting.display
            self.set_class(not layers.display, "-alone")
        for charts in self.query("#charts"):  # gone already while the app ends
            charts.display = bool(shown & {"loss", "norm"})
        for panes in self.query("#panes"):  # what is waited for has nothing to show there
            panes.display = not self.waiting.display
        self.tabs.current = self._names.index(self.pane)

    def move_pane(self, by: int) -> None:
        if self.tabbed:
            at = self._names.index(self.pane)
            self.to_pane(self._names[(at + by) % len(self._names)])

    def to_pane(self, pane: str) -> None:
        """Bring a tab to the front."""
        self.pane = pane
        self._place_panes()
        self._ask_for_view()

    @on(DepthView.Scrolled)
    def _rows_scrolled(self, event: DepthView.Scrolled) -> None:
        if self.history.display:
            self.history.follow(event.top)

    @on(HeatBeside.Turned)
    def _wheel_turned(self, event: HeatBeside.Turned) -> None:
        self.depth.scroll_relative(y=event.by, animate=False)

    @on(TabStrip.Chosen)
    def _tab_chosen(self, event: TabStrip.Chosen) -> None:
        self.to_pane(self._names[event.index])

    def _ask_for_view(self) -> None:
        self.call_after_refresh(self.post_message, self.Laid())

    def parts(self) -> Iterable[Shows]:
        if self.arrangement == "tiny":
            return
        yield from (self.header, self.banner, self.failure, self.ranks)
        above = (self.waiting, self.depth, self.history)
        yield from (part for part in (*above, *self.panes.values()) if part.display)

    @property
    def page(self) -> int:
        return self.depth.page

    @property
    def lines(self) -> int:
        """Rows that there is room for; 0 where they are not in sight."""
        return self.depth.page if self.depth.display and self.depth.size else 0

    # The filter

    def open_filter(self, text: str) -> None:
        self.filter.open(text)

    def show(self, view: View) -> None:
        self._wait(view)
        self._leave_out(view)
        self._name_charts(view)
        view = replace(view, axes=self._axes())
        super().show(view)
        total = len(view.layout.rows) if view.layout is not None else 0
        # Few layers leave their room to what is below them.
        tallest = total + HEAD if total and self.whole else None
        if tallest != self._tallest:
            self._tallest = tallest
            self.query_one("#layers").styles.max_height = tallest
        self._give_lines(view)
        self.filter.count(view.rows_matched, total)
        story = self.panes.get("story")
        elsewhere = False
        if isinstance(story, StoryPanel):
            story.keys_first = self.whole
            elsewhere = self.whole and story.holds_remedies(view)
        findings = self.query_one(FindingsPanel)
        if elsewhere != findings.remedies_elsewhere:
            findings.remedies_elsewhere = elsewhere
            findings.show(view)

    def _give_lines(self, view: View) -> None:
        """While all is well rows that find no room have the lines of findings that are not there."""
        given = self._spare.see(view) and self.whole and self._mode != "lab"  # which has a story
        if given and view.rows_matched < len(view.layout.rows if view.layout else ()):
            return  # a filter is typed: nothing moves
        body = self.query_one("#body").size.height
        high = lines_for(len(view.order), HEAD, body, LEAST_BELOW) if given else None
        if high != self._high:
            self._high = high
            self.query_one("#layers").styles.height = high
            self._ask_for_view()

    def _axes(self) -> Axes:
        """Those of the steps that are in sight, but for such as have no room for labels."""
        charts = [pane for pane in self.panes.values() if isinstance(pane, Chart) and pane.display]
        cells = [pane.scrollable_content_region.width - MARGIN for pane in charts]
        heat = self.history.scrollable_content_region.width if self.history.display else 0
        return Axes(
            tuple(count for count in cells if count >= LABELLED), heat if heat >= LABELLED else 0
        )

    def _name_charts(self, view: View) -> None:
        """Border and tab of a chart say what was chosen for it."""
        for at, name in enumerate(self._names):
            pane = self.panes[name]
            if isinstance(pane, Chart) and pane.rename(view):
                self.tabs.rename(at, pane.name_of(view))

    def _wait(self, view: View) -> None:
        """Until a command has taken a step, what it does instead is in the layers' place."""
        waiting = self._mode != "lab" and view.layout is None
        if waiting != self.waiting.display:
            self.waiting.display = waiting
            self._place_panes()
            self._ask_for_view()

    def _leave_out(self, view: View) -> None:
        """What there is nothing for leaves its place to the rest."""
        without = absent(view)
        if without != self._absent:
            self._absent = without
            self.set_class("log" in without, "-unkept")
            self._place_panes()
            self._ask_for_view()
        if view.info is not None and view.info.logged is not None:
            self.panes[self._names[-1]].border_title = "what the log holds"

    def clear_filter(self) -> None:
        self.filter.action_clear()
