"""The line that is there while something is wrong with a rank."""

from collections.abc import Sequence

from gradtui.app.render.glyph import SEVERITY
from gradtui.app.render.line import Line, sized
from gradtui.app.render.text import to_ascii
from gradtui.app.view import View
from gradtui.app.widgets.lined import Lined


class RankLine(Lined):
    """Takes no room while all ranks do their work."""

    DEFAULT_CSS = """
    RankLine { height: 1; overflow-y: hidden; display: none; background: $surface; }
    RankLine.trouble { display: block; }
    """

    def show(self, view: View) -> None:
        self.set_class(bool(view.outside.ranks), "trouble")
        super().show(view)

    def lines_of(self, view: View, width: int, height: int) -> Sequence[Line]:
        ranks = view.outside.ranks
        if not ranks:
            return ()
        line: list[tuple[str, str]] = [(f" {SEVERITY[1].char(view.ascii_only)} ", "warn")]
        used = 3
        for number, note in enumerate(ranks):
            left = len(ranks) - number
            text = (", " if number else "") + (to_ascii(note) if view.ascii_only else note)
            more = f"  +{left} more"
            if number and used + len(text) + (len(more) if left > 1 else 0) > width:
                line.append((more, "quiet"))
                break
            line.append((text, "warn"))
            used += len(text)
        return (sized(tuple(line), width),)
