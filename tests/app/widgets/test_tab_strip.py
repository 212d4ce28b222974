"""Tabs that leave each other room, and are hit where they stand."""

from textual.app import App, ComposeResult

from gradtui.app.tab_strip import LONGEST, TabStrip


class Bare(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.tabs = TabStrip(["findings", "loss", "output"])
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.tabs

    def on_tab_strip_chosen(self, event: TabStrip.Chosen) -> None:
        self.chosen.append(event.index)


async def test_a_long_title_takes_no_more_than_its_share() -> None:
    app = Bare()
    async with app.run_test(size=(60, 3)) as pilot:
        app.tabs.rename(1, "a very long name of a metric / that somebody logs")
        await pilot.pause()
        shown = app.tabs.render().plain
        assert "[findings]" in shown
        assert " output " in shown
        assert len(shown) <= len("[findings]") + LONGEST + 2 + len(" output ") + len("  (tab)")
        await pilot.click(app.tabs, offset=(shown.index("output") + 1, 0))
        app.tabs.rename(1, "\u6f22\u5b57")
        await pilot.pause()
        # Each of these is two cells wide.
        await pilot.click(app.tabs, offset=(len("[findings]") + 6 + 2, 0))
        assert app.chosen == [2, 2]
