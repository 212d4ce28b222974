"""How the app ends: at once where nothing is at stake, after a question where a command still runs."""

import signal

from gradtui.app.actions import Actions
from gradtui.app.screens.quit import QuitScreen, StoppingScreen
from gradtui.app.view import Outside


class ExitHandling(Actions):
    """The part of the app that leaves."""

    exit_code: int

    async def action_quit(self) -> None:
        """q and ctrl+c. While the question is on screen they answer nothing."""
        if isinstance(self.screen, (QuitScreen, StoppingScreen)):
            return
        child = self.watched.child if self.watched is not None else None
        if child is None or child.look() is not None:
            self.exit()
        else:
            assert self.watched is not None
            self.push_screen(QuitScreen(self.watched.command), self._answered)

    def _answered(self, choice: str | None) -> None:
        child = self.watched.child if self.watched is not None else None
        if child is None or choice == "stay":
            return
        if choice == "leave":
            self.exit()
        elif choice == "stop":
            child.stop()
            self.push_screen(StoppingScreen())
            self.tick()

    def heed(self, outside: Outside) -> None:
        """What becomes of the question once the command has ended by itself, and of a stopped one."""
        if outside.code is None:
            return
        if isinstance(self.screen, StoppingScreen):
            self.exit()
        elif isinstance(self.screen, QuitScreen):
            self.screen.dismiss("stay")  # what was asked about is gone: its end wants to be seen

    def end_by_signal(self, number: int) -> None:
        """Leave, giving the terminal back. A command goes on when the terminal is gone; who asks
        this program to end, or interrupts it from elsewhere, asks that of the command."""
        child = self.watched.child if self.watched is not None else None
        if child is not None and number != signal.SIGHUP:
            child.forward(number)
        self.exit_code = 128 + number
        self.exit(return_code=self.exit_code)
