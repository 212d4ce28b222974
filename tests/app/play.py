"""A session played without a screen."""

from gradtui.app.session import Session
from gradtui.app.view import View
from tests.app.fake_source import CATALOGUE, FakeSource


class Play:
    """A session and a fake source on a clock that the test moves."""

    def __init__(self, scenario: str = "vanishing_sigmoid", **wishes: object) -> None:
        self.now = 100.0
        self.source = FakeSource(per_poll=1)
        self.session = Session(CATALOGUE, scenario, **wishes)  # type: ignore[arg-type]

    def tick(self, times: int = 1, seconds: float = 0.1) -> None:
        for _ in range(times):
            self.now += seconds
            self.session.receive(self.source.poll(), self.now)
            for control in self.session.outgoing(self.now):
                self.source.send(control)

    def view(self) -> View:
        return self.session.view(self.now)
