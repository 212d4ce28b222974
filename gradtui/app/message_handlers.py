"""What widgets say, passed on to where it is acted upon."""

from textual import events, on
from textual.widgets import Input

from gradtui.app.exit_handling import ExitHandling
from gradtui.app.filter_bar import FilterBar
from gradtui.app.screens.main import MainScreen
from gradtui.app.widgets import DepthView
from gradtui.app.widgets.remedy_clicks import RemedyClicks


class MessageHandlers(ExitHandling):
    """The part of the app that widgets reach, and keys on their way to one."""

    def on_key(self, event: events.Key) -> None:
        """What was typed before a line of text had taken the keyboard belongs to it all the same:
        the words behind a quick "/" must not start remedies."""
        if isinstance(self.focused, Input) and event.is_printable:
            event.prevent_default()
            self.focused.post_message(events.Key(event.key, event.character))

    @on(MainScreen.Laid)
    def _redraw(self) -> None:
        self.session.changed = True
        self.tick()

    @on(DepthView.Selected)
    def _row_clicked(self, event: DepthView.Selected) -> None:
        self.session.select(event.index)
        self.tick()

    @on(DepthView.Activated)
    def _row_opened(self, event: DepthView.Activated) -> None:
        self.session.select(event.index)
        self.action_detail()

    @on(RemedyClicks.RemedyClicked)
    def _remedy_clicked(self, event: RemedyClicks.RemedyClicked) -> None:
        self.action_remedy(event.index)

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self.session.filter_rows(event.text)
        self.tick()
