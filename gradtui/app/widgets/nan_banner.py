"""The alarm that stays: where the first NaN or infinity showed."""

from collections.abc import Sequence

from gradtui.app.render.banner import banner_lines
from gradtui.app.render.line import Line
from gradtui.app.view import View
from gradtui.app.widgets.lined import Lined


class NanBanner(Lined):
    """Takes no room until a non-finite value was seen, then a line for good; two where it is known
    how that came about."""

    DEFAULT_CSS = """
    NanBanner { height: 1; overflow-y: hidden; display: none; }
    NanBanner.seen { display: block; }
    NanBanner.explained { height: 2; }
    """

    def show(self, view: View) -> None:
        seen = view.facts.first_nonfinite if view.facts is not None else None
        self.set_class(seen is not None, "seen")
        self.set_class(seen is not None and seen.autopsy is not None, "explained")
        super().show(view)

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        return banner_lines(view, width)
