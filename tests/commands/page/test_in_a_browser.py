"""The page in Chromium: the same with and without its script, no network, hover, zoom, sort, filter."""

import base64
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gradtui.cli import main
from gradtui.core.event import Ended
from tests.factories import exploding, snapshots
from tests.runstore.recorded import record, snap
from tests.runstore.test_metrics import queued, row

if TYPE_CHECKING or find_spec("aiohttp") is not None:
    from tests.app.browser import PROGRAM, Tab, browser
else:
    PROGRAM = ""

pytestmark = pytest.mark.skipif(not PROGRAM, reason="needs aiohttp and Chromium")

DRAWN = """[...document.querySelectorAll('figure')].map(f => ({
  name: f.dataset.chart,
  ys: [...f.querySelectorAll('.ys text')].map(t => t.textContent),
  xs: [...f.querySelectorAll('.xs text')].map(t => t.textContent + ' ' + t.getAttribute('x')),
  signs: [...f.querySelectorAll('.signs text')].map(
    t => t.textContent + ' ' + t.getAttribute('x') + ' ' + parseFloat(t.getAttribute('y'))),
  marks: [...f.querySelectorAll('path.mark')].map(p => parseFloat(p.getAttribute('d').slice(1))),
  curves: [...f.querySelectorAll('.lines .curve')].map(
    p => p.getAttribute('d').split(/[MLh ]/).filter(Boolean).map(parseFloat)),
  grid: (f.querySelector('.grid') || {getAttribute: () => ''}).getAttribute('d'),
  lost: (f.querySelector('path.lost') || {getAttribute: () => ''}).getAttribute('d').split('M').slice(1).map(
    parseFloat),
}))"""


@pytest.fixture
def address(tmp_path: Path) -> str:
    made = exploding(6, steps=90, nan_from=70)
    things: list[Any] = [*snapshots(made), Ended(1, 90, "finished")]
    record(tmp_path / "run", things, made.layout, made.info, command=("python", "train.py"))
    page = tmp_path / "page.html"
    assert main(["export", str(tmp_path / "run"), "--format", "html", "-o", str(page)]) == 0
    return page.as_uri()


async def middle(tab: "Tab", chart: str) -> tuple[float, float, float, float]:
    """Left, top, width and height of a chart, scrolled into sight."""
    box = await tab.tell(
        f"(() => {{ const p = document.querySelector('[data-chart={chart}] .plot');"
        " p.scrollIntoView({block: 'center'}); const b = p.getBoundingClientRect();"
        " return [b.left, b.top, b.width, b.height]; })()"
    )
    left, top, width, height = box
    return left, top, width, height


async def readout(tab: "Tab", chart: str) -> str:
    said: str = await tab.tell(
        f"document.querySelector('[data-chart={chart}] .readout').textContent"
    )
    return said


async def names(tab: "Tab") -> list[str]:
    """Layers that the table shows, from the top."""
    found: list[str] = await tab.tell(
        "[...document.querySelectorAll('table.layers tbody tr')].filter(r => !r.hidden)"
        ".map(r => r.cells[1].textContent.replace('✗ ', ''))"
    )
    return found


async def test_the_page_in_a_browser(address: str, tmp_path: Path) -> None:
    async with browser(tmp_path) as opened:
        tab = await opened.tab()
        await tab.resize(1200, 900)
        await without_a_script_it_is_the_same(tab, address)
        await values_are_read_out_in_all_charts(tab)
        await it_can_be_zoomed(tab)
        await layers_are_sorted_and_filtered(tab)
        await it_fits(tab, tmp_path)
        assert tab.problems == []
        assert {one for one in tab.asked if not one.startswith("data:")} == {address}


async def without_a_script_it_is_the_same(tab: "Tab", address: str) -> None:
    await tab.without_script()
    await tab.open(address)
    bare = await tab.tell(DRAWN)
    assert [one["name"] for one in bare] == ["loss", "norm", "lr", "heat"]
    assert bare[0]["curves"][0]
    assert bare[3]["signs"]
    assert await tab.tell("document.querySelectorAll('button, input').length") == 0
    await tab.without_script(False)
    await tab.open(address)
    await tab.until("document.body.classList.contains('scripted')")
    for before, after in zip(bare, await tab.tell(DRAWN), strict=True):
        for what, drawn in before.items():
            place = f"{before['name']}: {what}"
            if what not in ("curves", "marks", "lost"):
                assert after[what] == drawn, place
                continue
            one, other = (
                np.hstack([[], *(np.atleast_1d(x) for x in y)]) for y in (drawn, after[what])
            )
            np.testing.assert_allclose(other, one, atol=1, err_msg=place)  # units of a thousand


async def values_are_read_out_in_all_charts(tab: "Tab") -> None:
    left, top, width, height = await middle(tab, "heat")
    await tab.mouse("mouseMoved", left + width * 40 / 89, top + height * 0.9)
    assert (await readout(tab, "loss")).startswith("step 40  ")
    assert (await readout(tab, "heat")).startswith("step 40  layers.5 ")
    await tab.mouse("mouseMoved", left + width * 75 / 89, top + height * 0.1)
    assert await readout(tab, "norm") == "step 75  ✗ nan at 75"
    assert await readout(tab, "heat") == "step 75  layers.0 ✗ NaN"
    await tab.tell("document.querySelector('[data-chart=loss] .plot').focus({preventScroll: true})")
    await tab.key("ArrowLeft", code=37)
    assert (await readout(tab, "loss")).startswith("step 74")


async def it_can_be_zoomed(tab: "Tab") -> None:
    labels = "[...document.querySelectorAll('[data-chart={}] .xs text')].map(t => t.textContent)"
    whole = await tab.tell(labels.format("lr"))
    left, top, width, height = await middle(tab, "loss")
    y = top + height / 2
    press = {"button": "left", "buttons": 1, "clickCount": 1}
    await tab.mouse("mousePressed", left + width * 0.25, y, **press)
    await tab.mouse("mouseMoved", left + width * 0.5, y, buttons=1)
    await tab.mouse("mouseReleased", left + width * 0.5, y, **press)
    zoomed = await tab.tell(labels.format("lr"))
    assert zoomed != whole
    assert all(22 <= int(label) <= 45 for label in zoomed)
    picture = "document.querySelector('.map').getAttribute"
    assert float(await tab.tell(f"{picture}('x')")) < -900
    assert float(await tab.tell(f"{picture}('width')")) > 4000
    for _ in range(2):
        await tab.mouse("mousePressed", left + 9, y, button="left", clickCount=2)
        await tab.mouse("mouseReleased", left + 9, y, button="left", clickCount=2)
    assert await tab.tell(labels.format("lr")) == whole
    await tab.tell("document.querySelector('[data-chart=loss] .plot').focus({preventScroll: true})")
    await tab.key("+", "+", 187)
    assert await tab.tell(labels.format("heat")) != whole
    await tab.key("0", "0", 48)
    assert await tab.tell(labels.format("heat")) == whole
    ys = "document.querySelector('[data-chart=norm] .ys').textContent"
    before = await tab.tell(ys)
    await tab.tell("document.querySelector('[data-chart=norm] figcaption button').click()")
    assert await tab.tell(ys) != before


async def layers_are_sorted_and_filtered(tab: "Tab") -> None:
    assert await names(tab) == [f"layers.{i}" for i in range(6)]
    head = (
        "[...document.querySelectorAll('table.layers th button')]"
        ".find(b => b.textContent.startsWith('{}'))"
    )
    await tab.tell(f"{head.format('#')}.focus()")
    await tab.key("Enter", "\r", 13)
    await tab.key("Enter", "\r", 13)
    assert await names(tab) == [f"layers.{i}" for i in reversed(range(6))]
    await tab.tell(f"{head.format('median')}.click()")
    medians = await tab.tell(
        "[...document.querySelectorAll('table.layers tbody tr')].map(r => +r.cells[5].dataset.v)"
    )
    assert medians == sorted(medians, reverse=True)
    assert await tab.tell("document.querySelectorAll('[aria-sort=descending]').length") == 1
    await tab.tell(
        "(() => { const f = document.querySelector('input'); f.value = 'LINEAR s.3';"
        " f.dispatchEvent(new Event('input')); })()"
    )
    assert await names(tab) == ["layers.3"]
    assert "1 of 6 layers" in await tab.tell("document.querySelector('.tools').textContent")


async def it_fits(tab: "Tab", home: Path) -> None:
    """Nothing is wider than the window, on a screen, a phone or paper, light or dark."""
    for width in (1400, 400):
        await tab.resize(width, 900)
        assert await tab.tell("document.documentElement.scrollWidth") <= width
    grounds = []
    for scheme in ("light", "dark"):
        await tab.prefer(scheme)
        grounds.append(await tab.tell("getComputedStyle(document.body).backgroundColor"))
    assert len(set(grounds)) == 2
    await tab.prefer("dark", "print")
    assert await tab.tell("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert await tab.tell("getComputedStyle(document.querySelector('.tools')).display") == "none"
    paper = base64.b64decode((await tab.send("Page.printToPDF"))["data"])
    assert paper.startswith(b"%PDF")
    await tab.prefer("light")
    await tab.picture(home / "page.png")
    assert struct.unpack(">II", (home / "page.png").read_bytes()[16:24]) == (400, 900)


@pytest.mark.slow
async def test_long_names_of_metrics_fit(tmp_path: Path) -> None:
    name = "validation/" + "accuracy_of_the_third_head_" * 6
    rows = [row(name, step, 1.0 + step) for step in range(0, 30, 5)]
    rows += [row(name.replace("validation", "train"), step, 2.0) for step in range(0, 30, 5)]
    things = [*(snap(step) for step in range(30)), Ended(1, 30, "finished")]
    record(tmp_path / "run", things, metrics=queued(*rows), command=("python", "train.py"))
    page = tmp_path / "page.html"
    assert main(["export", str(tmp_path / "run"), "--format", "html", "-o", str(page)]) == 0
    async with browser(tmp_path) as opened:
        tab = await opened.tab()
        await tab.resize(500, 900)
        await tab.open(page.as_uri())
        assert await tab.tell(f"document.body.textContent.includes('{name}')")
        assert await tab.tell("document.documentElement.scrollWidth") <= 500
