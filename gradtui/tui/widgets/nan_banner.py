"""The alarm that stays: where the first NaN or infinity showed."""

from collections.abc import Sequence

from gradtui.tui.renderables.banner import banner_lines
from gradtui.tui.renderables.line import Line
from gradtui.tui.view import View
from gradtui.tui.widgets.lined import Lined


class NanBanner(Lined):
    """Takes no room until a non-finite value was seen, then one line for good."""

    DEFAULT_CSS = """
    NanBanner { height: 1; overflow-y: hidden; display: none; }
    NanBanner.seen { display: block; }
    """

    def show(self, view: View) -> None:
        seen = view.facts is not None and view.facts.first_nonfinite is not None
        self.set_class(seen, "seen")
        super().show(view)

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return banner_lines(view, width)
