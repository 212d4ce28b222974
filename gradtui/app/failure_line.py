"""What went wrong with the run, in one line that stays."""

from textual.content import Content
from textual.widget import Widget

from gradtui.app.render.text import safe, to_ascii
from gradtui.app.view import View


class FailureLine(Widget):
    """Takes no room while nothing has failed; a click opens the traceback."""

    DEFAULT_CSS = """
    FailureLine { height: 1; display: none; background: $error; color: $background; }
    FailureLine.failed { display: block; }
    """
    ALLOW_SELECT = False
    _text = ""

    def show(self, view: View) -> None:
        failure = view.failure
        text = ""
        if failure is not None:
            keys = "f: traceback" if failure.traceback else "v: output"
            keys += ", n: next, r: again" if view.mode == "lab" else ""
            text = f" ! {safe(failure.message)} ({keys})"
            text = to_ascii(text) if view.ascii_only else text
        if text != self._text:
            self._text = text
            self.set_class(bool(text), "failed")
            self.refresh()

    def render(self) -> Content:
        return Content(self._text)

    async def on_click(self) -> None:
        await self.app.run_action("failure")
