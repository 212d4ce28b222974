"""Which row is selected: the one that somebody chose, else the one that a NaN was born in."""

from dataclasses import replace

import pytest

from gradtui.app.layer_groups import row_of
from gradtui.app.layer_order import LayerOrder
from tests import factories
from tests.app.fake_source import FakeSource
from tests.app.playing import playing, text, until

LAYOUT = factories.mlp_layout(4)
NESTED = replace(
    LAYOUT,
    rows=tuple(
        replace(row, name=name)
        for row, name in zip(LAYOUT.rows, ("h.0.attn", "h.0.mlp.up", "h.1", "head"), strict=True)
    ),
)


@pytest.mark.parametrize(
    ("module", "row"),
    [
        ("h.0.mlp.up", 1),
        ("h.0", 0),
        ("h.0.mlp", 1),
        ("h.1.attn.proj", 2),
        ("head", 3),
        ("heads", None),
        ("", None),
    ],
)
def test_the_row_of_a_module(module: str, row: int | None) -> None:
    assert row_of(NESTED, module) == row


def test_a_chosen_row_is_left_alone() -> None:
    rows = LayerOrder(order=(0, 1, 2, 3))
    rows.point_to(2)
    assert rows.selected == 2
    rows.select(1)
    rows.point_to(3)
    assert rows.selected == 1
    rows.reset()
    rows.order = (0, 1, 2, 3)
    rows.point_to(3)
    assert rows.selected == 3


@pytest.mark.parametrize("moved", [False, True])
async def test_after_a_nan_the_cursor_stands_where_it_was_born(moved: bool) -> None:
    source = FakeSource(lambda _: factories.exploding())
    async with playing(source=source) as (app, pilot):
        if moved:
            await pilot.press("G")
        await until(pilot, lambda: "first NaN or infinity" in text(app))
        layout = app.session.current.layout
        assert layout is not None
        chosen = app.session.view(app.clock()).selected
        assert chosen == (len(layout.rows) - 1 if moved else 3)
