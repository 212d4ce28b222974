"""The main screen, in five arrangements from 40 x 12 up."""

from collections.abc import Iterable

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from gradtui.tui.failure_line import FailureLine
from gradtui.tui.filter_bar import FilterBar
from gradtui.tui.geometry import ARRANGEMENTS, Arrangement, arrangement, plea
from gradtui.tui.key_bar import KeyBar
from gradtui.tui.renderables.depth import HEAD
from gradtui.tui.screens.lab import LabScreen, Shows
from gradtui.tui.tab_strip import TabStrip
from gradtui.tui.view import View
from gradtui.tui.widgets import (
    Chart,
    DepthView,
    FindingsPanel,
    HeaderBar,
    HeatMap,
    NanBanner,
    StoryPanel,
)
from gradtui.tui.widgets.lined import Lined

TITLES = {
    "findings": "findings",
    "heat": "heat map",
    "loss": "loss",
    "norm": "total norm",
    "story": "story",
}
PANES = tuple(TITLES)


class MainScreen(LabScreen):
    """Depth as an axis, time beside it, and what the doctor says."""

    class Laid(Message):
        """The arrangement has changed, or a pane: what came into sight wants the view."""

    def __init__(self) -> None:
        super().__init__()
        self.arrangement: Arrangement = "tiny"
        self._fitted = False
        self.pane = PANES[0]
        self._tallest: int | None = None
        self.header, self.banner, self.failure = HeaderBar(), NanBanner(), FailureLine()
        self.depth = DepthView()
        self.tabs = TabStrip(tuple(TITLES.values()))
        self.filter = FilterBar()
        self.panes: dict[str, Lined] = {
            "findings": FindingsPanel(),
            "heat": HeatMap(),
            "loss": Chart("loss"),
            "norm": Chart("norm"),
            "story": StoryPanel(),
        }
        for name, pane in self.panes.items():
            pane.id = name
            pane.border_title = TITLES[name]
            pane.add_class("pane")
        self.story = StoryPanel(id="left-story", classes="pane")
        self.story.border_title = TITLES["story"]

    def compose(self) -> ComposeResult:
        yield Static(id="plea", markup=False)
        yield self.header
        yield self.banner
        yield self.failure
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self.depth
                yield self.story
            with Vertical(id="right"):
                yield self.tabs
                yield self.panes["heat"]
                with Horizontal(id="charts"):
                    yield self.panes["loss"]
                    yield self.panes["norm"]
                yield self.panes["findings"]
                yield self.panes["story"]
        yield self.filter
        yield KeyBar()

    # What is in sight

    def on_resize(self, event: events.Resize) -> None:
        self.fit(event.size.width, event.size.height)

    def fit(self, width: int, height: int) -> None:
        """Lay the screen out for a size."""
        kind = arrangement(width, height)
        if kind == "tiny":
            self.query_one("#plea", Static).update(plea(width, height))
        if kind != self.arrangement or not self._fitted:
            self.arrangement, self._fitted = kind, True
            for name in ARRANGEMENTS:
                self.set_class(name == kind, f"-{name}")
            self.set_class(self.tabbed, "-tabbed")
            self._place_panes()
        self._ask_for_view()

    @property
    def tabbed(self) -> bool:
        return self.arrangement in ("stacked", "side")

    def _place_panes(self) -> None:
        in_sight = {
            "tiny": set[str](),
            "narrow": {"findings"},
            "stacked": {self.pane},
            "side": {self.pane},
            "wide": set(PANES) - {"story"},
        }[self.arrangement]
        for name, pane in self.panes.items():
            pane.display = name in in_sight
        self.story.display = self.arrangement == "wide"
        for charts in self.query("#charts"):  # gone already while the app ends
            charts.display = bool(in_sight & {"loss", "norm"})
        self.tabs.current = PANES.index(self.pane)

    def move_pane(self, by: int) -> None:
        if self.tabbed:
            self.to_pane(PANES[(PANES.index(self.pane) + by) % len(PANES)])

    def to_pane(self, pane: str) -> None:
        """Bring a tab to the front."""
        self.pane = pane
        self._place_panes()
        self._ask_for_view()

    @on(TabStrip.Chosen)
    def _tab_chosen(self, event: TabStrip.Chosen) -> None:
        self.to_pane(PANES[event.index])

    def _ask_for_view(self) -> None:
        self.call_after_refresh(self.post_message, self.Laid())

    def parts(self) -> Iterable[Shows]:
        if self.arrangement == "tiny":
            return
        yield from (self.header, self.banner, self.failure, self.depth)
        yield from (pane for pane in (*self.panes.values(), self.story) if pane.display)

    @property
    def page(self) -> int:
        return self.depth.page

    # The filter

    def open_filter(self, text: str) -> None:
        self.filter.open(text)

    def show(self, view: View) -> None:
        super().show(view)
        total = len(view.layout.rows) if view.layout is not None else 0
        # Few layers leave their room to the story below them.
        tallest = total + HEAD if total and self.arrangement == "wide" else None
        if tallest != self._tallest:
            self._tallest = tallest
            self.depth.styles.max_height = tallest
        self.filter.count(len(view.order), total)
        elsewhere = self.story.display and self.story.holds_remedies(view)
        findings = self.query_one(FindingsPanel)
        if elsewhere != findings.remedies_elsewhere:
            findings.remedies_elsewhere = elsewhere
            findings.show(view)

    def clear_filter(self) -> None:
        self.filter.action_clear()
