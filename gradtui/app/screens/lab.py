"""What the screens with the lab's keys share."""

from collections.abc import Iterable
from typing import ClassVar, Protocol, runtime_checkable

from textual.binding import Binding, BindingType
from textual.screen import Screen

from gradtui.app.key_bindings import bindings
from gradtui.app.view import View


@runtime_checkable
class Shows(Protocol):
    """Anything that draws views: the widgets, and the screens made of them."""

    def show(self, view: View) -> None: ...


class LabScreen(Screen[None]):
    """A screen that draws views. Its keys are actions of the app."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(b.key, f"app.{b.action}", b.description, show=False) for b in bindings()
    ]

    def parts(self) -> Iterable[Shows]:
        """The widgets that are on screen now."""
        raise NotImplementedError

    def show(self, view: View) -> None:
        """Draw another view; what is hidden costs nothing."""
        for part in self.parts():
            part.show(view)

    def move_pane(self, by: int) -> None:
        """Go to another tab, where there are tabs."""

    @property
    def page(self) -> int:
        """Rows that a page key moves by."""
        return 10
