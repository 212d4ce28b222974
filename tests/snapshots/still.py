"""The app held still: runs that are made up, a clock and ticks that the test moves."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.strip import Strip

from gradtui.app.app import GradtuiApp
from gradtui.app.themes import DEFAULT
from gradtui.core.control import Start
from gradtui.core.snapshot import Snapshot
from gradtui.lab.scenario.schema import Scenario, ScenarioRemedy
from tests import factories
from tests.app.fake_source import FakeSource, Playing
from tests.app.playing import text, until
from tests.factories import MadeUp

Picture = Callable[..., None]
"""The fixture `picture`."""
LARGEST, LARGE, USUAL, SMALL, SMALLEST = (300, 100), (200, 60), (140, 45), (80, 24), (40, 12)
STEPS = 300


def sizes(*which: tuple[int, int]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("size", which, ids=[f"{w}x{h}" for w, h in which])


STORIES: tuple[Scenario, ...] = (
    factories.scenario("deep_sigmoid", title="Sigmoid, 20 layers deep"),
    factories.scenario(
        "deep_relu",
        title="ReLU with its own initialisation",
        story=(
            "Twenty layers with ReLU. Their weights are drawn so that the signal keeps its size on "
            "the way there and back.\n\nNothing here may ever alarm."
        ),
        expect="healthy",
        remedies=(),
    ),
    factories.scenario(
        "very_deep",
        title="152 layers",
        story="So many layers that they scroll, and the heat map with them.",
        expect="healthy",
        remedies=(),
    ),
    factories.scenario(
        "too_fast",
        title="A learning rate ten times too large",
        story=(
            "Each step is longer than the valley is wide: the next gradient is larger still.\n\n"
            "Watch the total norm until float32 has no number left for it."
        ),
        group="steps",
        expect="nonfinite",
        remedies=(
            ScenarioRemedy("A tenth of the learning rate", "healthy"),
            ScenarioRemedy("Clipping of the gradient norm at 1", "healthy"),
        ),
    ),
)


def made_up(start: Start) -> MadeUp:
    """What a scenario plays; a remedy heals it."""
    if start.remedies:
        return factories.healthy(20, STEPS)
    match start.scenario:
        case "deep_sigmoid":
            return factories.vanishing(20, STEPS)
        case "too_fast":
            return replace(factories.exploding(12, STEPS), accuracy=lambda step: 0.1)
    return factories.healthy(152 if start.scenario == "very_deep" else 20, STEPS)


class HeldSource(FakeSource):
    """Plays the steps that it is told to, and no others."""

    def __init__(self, catalogue: Sequence[Scenario]) -> None:
        super().__init__(made_up, catalogue=catalogue)
        self.due = 0

    def _due(self) -> int:
        if self._main is None:
            return 0
        due, self.due = self.due, 0
        return due

    @property
    def playing(self) -> bool:
        return self._main is not None

    def _snapshot(self, playing: Playing) -> Snapshot:
        """Of a run that learns nothing the accuracy stays as well."""
        seen, accuracy = super()._snapshot(playing), playing.made.accuracy
        return seen if accuracy is None else replace(seen, accuracy=accuracy(playing.step))


class Small:
    """Of an app whose pictures take no more bytes than they must. It is no app itself: Textual looks for
    component classes among the first bases alone."""

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        shot: str = super().export_screenshot(title=title, simplify=simplify)  # type: ignore[misc]
        return smaller(shot)


class StillApp(Small, GradtuiApp):
    """Time passes, and is drawn, only where the test says so."""

    def __init__(
        self,
        scenario: str = "deep_sigmoid",
        source: Any = None,
        catalogue: Sequence[Scenario] = STORIES,
        **wishes: Any,
    ) -> None:
        self.now = 1000.0
        wishes = {"theme": DEFAULT, "bell": False, "fps": 1e-4, "braille": True} | wishes
        source = source or HeldSource(catalogue)
        super().__init__(source, catalogue, scenario=scenario, **wishes)
        self.clock = lambda: self.now

    def notify(self, *words: Any, **wishes: Any) -> None:
        """A toast that goes away by the clock on the wall would be there or not."""
        super().notify(*words, **wishes | {"timeout": 1e6})

    async def play(self, pilot: Pilot[Any], steps: int = 120, rate: float = 80.0) -> None:
        """Let the run take `steps` steps, `rate` a second; with it comes what takes its time."""
        await until(pilot, lambda: self._launched)
        source = self.source
        assert isinstance(source, HeldSource)
        while not source.playing:
            self.tick()
            await pilot.pause()
        for part in (steps // 2, steps - steps // 2):
            source.due = part
            self.now += part / rate
            self.tick()


async def settled(pilot: Pilot[Any], words: str) -> None:
    """Wait until `words` are on the screen and nothing changes any more, however slow the machine."""
    app: Any = pilot.app
    before: list[list[Strip]] = []
    for _ in range(200):
        app.session.changed = True
        app.tick()
        await pilot.pause(0.05)
        now = [screen._compositor.render_strips() for screen in app.screen_stack]
        if now == before and words in text(app):
            return
        before = now
    raise AssertionError(f"it does not come to rest with {words!r}:\n{text(app)}")


def smaller(svg: str) -> str:
    """The same picture in a third of the bytes, one element a line.

    Rich draws a ground behind every word, clips every word to its line and names a font to be had
    from elsewhere.
    """
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.S)
    svg = re.sub(r'\s*<clipPath id="[^"]*-line-\d+">.*?</clipPath>', "", svg, flags=re.S)
    svg = re.sub(r' clip-path="url\(#[^"]*-line-\d+\)"', "", svg)
    svg = re.sub(r"(?:<rect fill=[^>]*/>)+", merged, svg)
    svg = svg.replace("&#160;", "\u00a0").replace("</text><text", "</text>\n<text")
    return re.sub(r"[ \t]+\n", "\n", svg)


GROUND = re.compile(
    r'<rect fill="(?P<fill>[^"]*)" x="(?P<x>[^"]*)" y="(?P<y>[^"]*)"'
    r' width="(?P<width>[^"]*)" height="(?P<height>[^"]*)"(?P<rest>[^>]*)/>'
)


def merged(grounds: re.Match[str]) -> str:
    """Rectangles of one colour that lie side by side as one."""
    out: list[dict[str, str]] = []
    for one in map(re.Match.groupdict, GROUND.finditer(grounds[0])):
        last = out[-1] if out else one
        alike = all(last[key] == one[key] for key in ("fill", "y", "height", "rest"))
        if last is not one and alike and abs(end_of(last) - float(one["x"])) < 0.1:
            last["width"] = f"{end_of(one) - float(last['x']):.1f}"
        else:
            out.append(one)
    as_rect = '<rect fill="{fill}" x="{x}" y="{y}" width="{width}" height="{height}"{rest}/>'
    return "\n".join(map(as_rect.format_map, out))


def end_of(ground: dict[str, str]) -> float:
    return float(ground["x"]) + float(ground["width"])
